// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import java.util.Collection;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How many exchanges of one loop ended in which way.
 *
 * <p>The loop alone counts, so that it needs no atomic addition; any thread may read, and sees what
 * was counted a moment ago.
 */
public final class Counters {
  private static final Ending[] ENDINGS = Ending.values();

  private final AtomicLongArray endings = new AtomicLongArray(ENDINGS.length);

  /** Counts one. The loop's thread. */
  void count(Ending ending) {
    int at = index(ending);
    endings.setOpaque(at, endings.getPlain(at) + 1);
  }

  /** How many ended so. Any thread. */
  public long get(Ending ending) {
    return endings.getOpaque(index(ending));
  }

  /** How many ended so, over several loops. Any thread. */
  public static long sum(Collection<Counters> loops, Ending ending) {
    long sum = 0;
    for (Counters counters : loops) {
      sum += counters.get(ending);
    }
    return sum;
  }

  /** All that is not zero, as {@code served=12 head_timeout=1}; empty if nothing ended. */
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

  @SuppressWarnings("EnumOrdinal") // the place in an array that is never stored
  private static int index(Ending ending) {
    return ending.ordinal();
  }
}
