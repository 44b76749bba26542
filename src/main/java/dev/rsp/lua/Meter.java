// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.concurrent.TimeUnit;

/**
 * What the call in hand may still spend.
 *
 * <p>Whoever is about to spend asks first. Once a meter has run out, it stays so until the next
 * {@link #start}, whatever the script catches.
 */
final class Meter {
  /**
   * Bytes that are copied, compared or searched for the price of one instruction. An interpreted
   * instruction takes 10 to 20 ns, and bytes go at about one per nanosecond.
   */
  private static final int BYTES_PER_INSTRUCTION = 16;

  /** Ticks between two looks at the clock, so that looking costs nothing against the rest. */
  private static final int TICKS_PER_LOOK = 256;

  private final Calls calls;
  private long instructionsLeft;
  private long bytesAllowed;
  private long bytesLeft;
  private long deadlineNanos;
  private int ticks;

  /** Makes one that allows nothing until it is started. */
  Meter(Calls calls) {
    this.calls = calls;
  }

  void start(Allowance allowance) {
    instructionsLeft = allowance.instructions();
    bytesAllowed = allowance.bytes();
    bytesLeft = bytesAllowed;
    deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(allowance.millis());
    ticks = 0;
  }

  /** Nothing is allowed after this. */
  void stop() {
    instructionsLeft = 0;
  }

  /** What has been allocated since the start. */
  long allocated() {
    return bytesAllowed - bytesLeft;
  }

  /** Spends one instruction, and looks at the clock now and then. */
  void tick() {
    if (++ticks % TICKS_PER_LOOK == 0 && System.nanoTime() - deadlineNanos > 0) {
      instructionsLeft = 0;
      throw new ExhaustedError(calls.position(1) + "the script took too long");
    }
    spend(1);
  }

  /** Spends instructions. */
  void spend(long instructions) {
    instructionsLeft -= instructions;
    if (instructionsLeft < 0) {
      // Far below zero it could wrap, and begin again.
      instructionsLeft = -1;
      throw new ExhaustedError(calls.position(1) + "the script ran too many instructions");
    }
  }

  /** Spends what it takes to look at so many bytes. */
  void scan(long bytes) {
    spend(bytes / BYTES_PER_INSTRUCTION);
  }

  /** Spends the memory that something is going to take, and the time to fill it. */
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
