// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The remaining budget of the current call.
 *
 * <p>Costs are charged before the work is done. Once the budget is exceeded, every charge fails
 * until the next {@link #start}, whatever the script catches.
 */
final class Meter {
  /**
   * Bytes copied, compared or searched that cost one instruction. An interpreted instruction takes
   * 10 to 20 ns, a byte about 1 ns.
   */
  static final int BYTES_PER_INSTRUCTION = 16;

  /**
   * Instructions for reading a number from a text: up to a microsecond for one with an exponent.
   */
  static final int NUMBER_INSTRUCTIONS = 30;

  /** Instructions between two clock checks, so that the cost of the checks is negligible. */
  private static final int INSTRUCTIONS_PER_CHECK = 256;

  /** The meter of the script that this thread runs, for tables, which belong to no script. */
  private static final ThreadLocal<@Nullable Meter> CURRENT = new ThreadLocal<>();

  private final LuaStack calls;
  private final Clock clock;
  private long instructionsAllowed;
  private long instructionsLeft;
  private long spent;
  private long bytesAllowed;
  private long bytesLeft;
  private long startNanos;
  private long processorStartNanos;
  private long nanosAllowed;

  /** The clock is checked when fewer instructions are left. */
  private long checkAt;

  /** Creates a meter with an empty budget; {@link #start} sets one. */
  Meter(LuaStack calls, Clock clock) {
    this.calls = calls;
    this.clock = clock;
  }

  void start(Budget budget) {
    instructionsAllowed = budget.instructions();
    instructionsLeft = instructionsAllowed;
    bytesAllowed = budget.bytes();
    bytesLeft = bytesAllowed;
    nanosAllowed = TimeUnit.MILLISECONDS.toNanos(budget.millis());
    startNanos = clock.wallNanos().getAsLong();
    processorStartNanos = clock.processorNanos().getAsLong();
    checkAt = Math.max(0, instructionsLeft - INSTRUCTIONS_PER_CHECK);
    CURRENT.set(this);
  }

  /** Ends the call; the budget is empty after this. */
  void stop() {
    CURRENT.set(null); // the entry stays for the next call of this thread
    spent = instructionsAllowed - instructionsLeft;
    instructionsLeft = 0;
    checkAt = 0;
  }

  /** Instructions that the last call used, up to the last {@link #stop}. */
  long instructionsUsed() {
    return spent;
  }

  /** Bytes allocated since the start. */
  long allocated() {
    return bytesAllowed - bytesLeft;
  }

  /**
   * Processor time counts: other processes and garbage collection are not the script's fault.
   * Reading it is a system call, so it is read only after the elapsed time has exceeded the limit.
   */
  private void checkClock() {
    if (clock.wallNanos().getAsLong() - startNanos > nanosAllowed
        && clock.processorNanos().getAsLong() - processorStartNanos > nanosAllowed) {
      instructionsLeft = 0;
      throw new ExhaustedError(calls.position(1) + "the script took too long");
    }
  }

  /** Charges the script that this thread runs, if it runs one. */
  static void chargeCurrent(long instructions) {
    Meter meter = CURRENT.get();
    if (meter != null) {
      meter.charge(instructions);
    }
  }

  /** Charges instructions, and checks the clock periodically. */
  void charge(long instructions) {
    instructionsLeft -= instructions;
    if (instructionsLeft < checkAt) {
      check();
    }
  }

  private void check() {
    if (instructionsLeft < 0) {
      // A large negative value could overflow and become positive.
      instructionsLeft = -1;
      throw new ExhaustedError(calls.position(1) + "the script ran too many instructions");
    }
    checkAt = Math.max(0, instructionsLeft - INSTRUCTIONS_PER_CHECK);
    checkClock();
  }

  /** Charges the instructions for reading a number of bytes. */
  void scan(long bytes) {
    charge(bytes / BYTES_PER_INSTRUCTION);
  }

  /** Charges memory before it is allocated, and the instructions to fill it. */
  void allocate(long bytes) {
    bytesLeft -= bytes;
    if (bytesLeft < 0) {
      bytesLeft = -1;
      instructionsLeft = -1;
      throw new ExhaustedError(calls.position(1) + "the script used too much memory");
    }
    scan(bytes);
  }
}
