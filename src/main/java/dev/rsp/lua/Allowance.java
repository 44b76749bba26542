// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

/**
 * How much one call into a script may spend.
 *
 * @param instructions Lua instructions; what library functions do is charged in the same coin
 * @param bytes bytes of strings, tables and functions that it may build, garbage included
 * @param millis of the processor's time, a backstop for the case that instructions cost far more
 *     than they were charged
 */
record Allowance(long instructions, long bytes, long millis) {
  /**
   * For running the file: about half a second of interpreting. A table of 100,000 hosts, filled by
   * a loop, needs a twentieth of the instructions and a quarter of the bytes.
   */
  static final Allowance LOAD = new Allowance(20_000_000, 64 << 20, 10_000);

  /**
   * For placing one request: some milliseconds at worst, in which the event loop serves nobody
   * else. Hashing a host of 253 bytes in plain Lua, byte by byte, takes about 3,000 instructions.
   */
  static final Allowance REQUEST = new Allowance(100_000, 1 << 20, 10);

  /**
   * For the calls of a script that serves nobody yet. The JVM interprets the first of them before
   * it compiles what they run through, so they may take longer, not do more.
   */
  static final Allowance TRIAL = new Allowance(100_000, 1 << 20, 100);
}
