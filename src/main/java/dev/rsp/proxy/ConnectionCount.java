// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import java.util.concurrent.atomic.AtomicInteger;

/** How many client connections there are over all loops. Any thread. */
public final class ConnectionCount {
  private final AtomicInteger count = new AtomicInteger();

  /** Counts one more, unless there are as many as may be. */
  boolean enter(int limit) {
    if (count.incrementAndGet() <= limit) {
      return true;
    }
    count.decrementAndGet();
    return false;
  }

  /** Counts one less. */
  void leave() {
    count.decrementAndGet();
  }

  /** How many there are. */
  public int get() {
    return count.get();
  }
}
