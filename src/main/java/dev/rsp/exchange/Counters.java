// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

import java.util.Collection;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts the exchanges of one loop by their ending.
 *
 * <p>Only the loop counts, so it needs no atomic addition; any thread may read, and may see a
 * slightly older count.
 */
public final class Counters {
  private static final Ending[] ENDINGS = Ending.values();

  private final AtomicLongArray endings = new AtomicLongArray(ENDINGS.length);

  /** Counts one. The loop's thread. */
  @SuppressWarnings("EnumOrdinal") // an index of an array that is never stored
  public void count(Ending ending) {
    int at = ending.ordinal();
    endings.setOpaque(at, endings.getPlain(at) + 1);
  }

  /** How many had this ending. Any thread. */
  public long get(Ending ending) {
    return endings.getOpaque(index(ending));
  }

  /** How many had this ending, over several loops. Any thread. */
  public static long sum(Collection<Counters> loops, Ending ending) {
    long sum = 0;
    for (Counters counters : loops) {
      sum += counters.get(ending);
    }
    return sum;
  }

  /** All counts above zero, as {@code served=12 head_timeout=1}; empty if nothing ended. */
  public static String summary(Collection<Counters> loops) {
    var text = new StringBuilder();
    for (Ending ending : ENDINGS) {
      long sum = sum(loops, ending);
      if (sum > 0) {
        text.append(text.length() == 0 ? "" : " ").append(ending.label()).append('=').append(sum);
      }
    }
    return text.toString();
  }

  @SuppressWarnings("EnumOrdinal") // an index of an array that is never stored
  private static int index(Ending ending) {
    return ending.ordinal();
  }
}
