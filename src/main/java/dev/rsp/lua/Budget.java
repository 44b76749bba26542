// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

/**
 * Limits for one call into a script.
 *
 * @param instructions Lua instructions; the work of library functions is counted in instructions
 *     too
 * @param bytes bytes of strings, tables and functions that it may allocate, garbage included
 * @param millis of processor time, in case instructions take far longer than estimated
 */
record Budget(long instructions, long bytes, long millis) {
  /**
   * For loading the file: some seconds of execution, on no event loop. A loop that fills a table
   * with 1,000,000 hosts of a long string needs about half of the instructions, and some 300 MiB,
   * which are a quarter of a heap that has room for two such tables. A table of 64 MiB also fits
   * into the smallest heap.
   */
  static final Budget LOAD =
      new Budget(100_000_000, Math.max(64 << 20, Runtime.getRuntime().maxMemory() / 4), 30_000);

  /**
   * For one request: at most a few milliseconds, during which the event loop is blocked. Hashing a
   * host of 253 bytes in plain Lua, byte by byte, takes about 3,000 instructions.
   */
  static final Budget REQUEST = new Budget(100_000, 1 << 20, 10);

  /**
   * For a script that does not serve requests yet: the same limits but more time, because the JVM
   * has not compiled the code yet.
   */
  static final Budget TRIAL = new Budget(100_000, 1 << 20, 100);
}
