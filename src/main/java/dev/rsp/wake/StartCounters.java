// SPDX-License-Identifier: Apache-2.0
package dev.rsp.wake;

import java.util.Locale;
import java.util.concurrent.atomic.AtomicLongArray;

/** How starts of sites have gone, over all loops. Any thread. */
public final class StartCounters {
  /** What is counted, in the order in which it is shown. */
  public enum Step {
    /** The URL was called. */
    CALLED,
    /** It answered that the site is on its way. */
    ACCEPTED,
    /** The site accepted a connection. */
    STARTED,
    /** The URL was not called: the site's file says that it was started before. */
    EXISTING,
    /** There is no such site. */
    UNKNOWN,
    /** The URL said no or nothing, or the site was not there in time. */
    FAILED,
    /** A request waited for a site. */
    WAITED
  }

  private static final Step[] STEPS = Step.values();

  private final AtomicLongArray counts = new AtomicLongArray(STEPS.length);

  @SuppressWarnings("EnumOrdinal") // the place in an array that is never stored
  void count(Step step) {
    counts.incrementAndGet(step.ordinal());
  }

  /** How often it has happened. */
  @SuppressWarnings("EnumOrdinal")
  public long get(Step step) {
    return counts.get(step.ordinal());
  }

  /**
   * All that is not zero, as {@code called=3 started=2 starting=1 waiting=4}; empty if nothing is.
   *
   * @param starting sites that are on their way
   * @param waiting requests that wait
   */
  String summary(int starting, int waiting) {
    var text = new StringBuilder();
    for (Step step : STEPS) {
      append(text, step.name().toLowerCase(Locale.ROOT), get(step));
    }
    append(text, "starting", starting);
    append(text, "waiting", waiting);
    return text.toString();
  }

  private static void append(StringBuilder text, String name, long count) {
    if (count > 0) {
      text.append(text.length() == 0 ? "" : " ").append(name).append('=').append(count);
    }
  }
}
