// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

/** How much of Java's heap can be used, in bytes. Any thread. */
public final class HeapMemory {
  private HeapMemory() {}

  /** The limit of the heap: {@code -Xmx}. */
  public static long maxBytes() {
    return Runtime.getRuntime().maxMemory();
  }

  /**
   * What is free without a collection of garbage: at least this much can be allocated. May be far
   * less than what is free after a collection.
   */
  public static long unusedBytes() {
    Runtime java = Runtime.getRuntime();
    return java.maxMemory() - java.totalMemory() + java.freeMemory();
  }

  /**
   * What is free after a collection of garbage. If less than that is unused, collects it, which
   * stops all threads for some hundred milliseconds.
   *
   * @param wanted an amount for which no collection is needed if it is unused
   */
  public static long freeBytes(long wanted) {
    if (unusedBytes() < wanted) {
      System.gc();
    }
    return unusedBytes();
  }
}
