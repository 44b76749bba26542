// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import org.jspecify.annotations.Nullable;

/** Why the system does not give an event loop what it needs, and what an operator can do. */
final class LoopShortage {
  private LoopShortage() {}

  /**
   * One line for the operator; null if the failure has another cause.
   *
   * @param number the loop that was not started, from 1
   * @param count how many the configuration needs
   */
  static @Nullable String problem(Throwable failure, int number, int count) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      String remedy = remedy(at);
      if (remedy != null) {
        return "loops: event loop " + number + " of " + count + " cannot start: " + remedy;
      }
    }
    return null;
  }

  /** By the texts of Netty, of the C library and of HotSpot: these failures have no types. */
  private static @Nullable String remedy(Throwable failure) {
    String text = String.valueOf(failure.getMessage());
    if (text.contains("memlock")) {
      return "too little memory may be locked for io_uring, which needs about 600 KiB for each loop."
          + " Raise the limit (LimitMEMLOCK, ulimit -l), set fewer loops, or use"
          + " --transport epoll";
    }
    if (text.contains("Too many open files")) {
      return "too many open files. Raise the limit (LimitNOFILE, ulimit -n), or set fewer loops";
    }
    if (failure instanceof OutOfMemoryError && text.contains("native thread")) {
      return "no more threads. Raise the limit (TasksMax, ulimit -u), or set fewer loops";
    }
    return null;
  }
}
