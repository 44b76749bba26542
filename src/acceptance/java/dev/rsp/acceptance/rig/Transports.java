// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.rig;

import java.util.ArrayList;
import java.util.List;

/** The transports that rsp can use on this machine. */
public final class Transports {
  private Transports() {}

  /**
   * The names to give to {@code --transport}. epoll and nio must be there; io_uring may be
   * forbidden, as it is in many containers.
   */
  public static List<String> available() {
    List<String> transports = new ArrayList<>(List.of("epoll", "nio"));
    if (ioUringStarts()) {
      transports.add("io_uring");
    }
    return transports;
  }

  /** Asks for a file that is missing: rsp checks the transport first. */
  private static boolean ioUringStarts() {
    Program probe = Rsp.run("run", "--transport", "io_uring", "/missing.lua");
    return !probe.err().contains("transport: io_uring");
  }
}
