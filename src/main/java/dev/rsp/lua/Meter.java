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
  private final Clock clock;
  private long instructionsAllowed;
  private long instructionsLeft;
  private long spent;
  private long bytesAllowed;
  private long bytesLeft;
  private long startNanos;
  private long processorStartNanos;
  private long nanosAllowed;
  private int ticks;

  /** Makes one that allows nothing until it is started. */
  Meter(Calls calls, Clock clock) {
    this.calls = calls;
    this.clock = clock;
  }

  void start(Allowance allowance) {
    instructionsAllowed = allowance.instructions();
    instructionsLeft = instructionsAllowed;
    bytesAllowed = allowance.bytes();
    bytesLeft = bytesAllowed;
    nanosAllowed = TimeUnit.MILLISECONDS.toNanos(allowance.millis());
    startNanos = clock.wallNanos().getAsLong();
    processorStartNanos = clock.processorNanos().getAsLong();
    ticks = 0;
  }

  /** Nothing is allowed after this. */
  void stop() {
    spent = instructionsAllowed - instructionsLeft;
    instructionsLeft = 0;
  }

  /** Instructions that the call before the last {@link #stop} took. */
  long spent() {
    return spent;
  }

  /** What has been allocated since the start. */
  long allocated() {
    return bytesAllowed - bytesLeft;
  }

  /** Spends one instruction, and looks at the clock now and then. */
  void tick() {
    if (++ticks % TICKS_PER_LOOK == 0) {
      lookAtClock();
    }
    spend(1);
  }

  /**
   * What counts is the processor's time: a machine that runs something else for a while, or a
   * collection of garbage, is not the script's fault. Asking for it is a system call, so that it is
   * only done when as much time has passed at all.
   */
  private void lookAtClock() {
    if (clock.wallNanos().getAsLong() - startNanos > nanosAllowed
        && clock.processorNanos().getAsLong() - processorStartNanos > nanosAllowed) {
      instructionsLeft = 0;
      throw new ExhaustedError(calls.position(1) + "the script took too long");
    }
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
