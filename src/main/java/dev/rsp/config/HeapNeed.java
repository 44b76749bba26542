// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.lua.HeapMemory;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An estimate of the heap that the event loops need for a loaded configuration, beside what all
 * loops share.
 *
 * @param loopBytes for each loop: its copy of the script, and its tables of slots
 * @param loops how many loops there are
 */
public record HeapNeed(long loopBytes, int loops) {
  /** What a loop keeps for each slot: entries of five maps, and a route. An estimate. */
  private static final int SLOT_BYTES = 450;

  /** The part of the heap that stays free for requests while a configuration is loaded. */
  private static final int RESERVED_PARTS = 16;

  /**
   * Heap to compile and run a file, by its bytes: it has a constant of some 80 bytes for each short
   * string, an entry of a table, and code with the numbers of its lines. An estimate for lines of
   * some 20 bytes.
   */
  private static final int LOADING_FACTOR = 20;

  private static final String REMEDY =
      "raise -Xmx, as in RSP_JAVA_OPTS=-Xmx%dm, or set fewer loops, or make the file smaller";

  /** For a configuration with that many loops. */
  static HeapNeed of(long copyBytes, int slots, int loops) {
    return new HeapNeed(copyBytes + (long) slots * SLOT_BYTES, loops);
  }

  /** Bytes for all loops. */
  public long bytes() {
    return loopBytes * loops;
  }

  /**
   * Why the loops do not fit beside what the heap holds now; null if they fit. May collect garbage,
   * which takes some hundred milliseconds, if memory seems to be short.
   */
  public @Nullable String problem() {
    return problem(bytes(), this + ", needed");
  }

  /** Why a file of that size cannot be loaded beside what the heap holds now; null if it can. */
  static @Nullable String loadingProblem(int fileBytes) {
    return problem((long) fileBytes * LOADING_FACTOR, "needed to load the file");
  }

  private static @Nullable String problem(long needed, String what) {
    long max = HeapMemory.maxBytes();
    long reserved = max / RESERVED_PARTS;
    long free = HeapMemory.freeBytes(needed + reserved) - reserved;
    return needed <= free
        ? null
        : "not enough memory: %s: %s, free: %s of -Xmx%dm (%s)"
            .formatted(
                what,
                mebibytes(needed),
                mebibytes(Math.max(0, free)),
                max >> 20,
                REMEDY.formatted(Math.max(64, (max + needed - free + (64 << 20)) >> 20)));
  }

  /** The text for a file whose loading ended with an {@link OutOfMemoryError}. */
  public static String exhausted() {
    long max = HeapMemory.maxBytes() >> 20;
    return "not enough memory: the heap of -Xmx%dm was exhausted (%s)"
        .formatted(max, REMEDY.formatted(2 * max));
  }

  /** Whether an error is the one of a full heap, which one request does not cause. */
  public static boolean isHeapExhausted(Throwable error) {
    for (Throwable at = error; at != null; at = at.getCause()) {
      // HotSpot's texts. Netty's error for direct memory is another, and costs one connection.
      if (at instanceof OutOfMemoryError
          && String.valueOf(at.getMessage()).matches("Java heap space|GC overhead.*|Metaspace")) {
        return true;
      }
    }
    return false;
  }

  private static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1 << 20));
  }

  /** For the operator: {@code 32 loops of 0.1 MiB}. */
  @Override
  public String toString() {
    return loops + " loop(s) of " + mebibytes(loopBytes);
  }
}
