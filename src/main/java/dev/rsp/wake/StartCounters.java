// SPDX-License-Identifier: Apache-2.0
package dev.rsp.wake;

import java.util.Locale;
import java.util.concurrent.atomic.AtomicLongArray;

/** Counts the results of site starts, over all loops. Any thread. */
public final class StartCounters {
  /** The counters, in the order of the summary. */
  public enum Step {
    /** The URL was called. */
    CALLED,
    /** The URL answered that the site is starting. */
    ACCEPTED,
    /** The site accepted a connection. */
    STARTED,
    /** The URL was not called: the site's file shows that it was started before. */
    EXISTING,
    /** There is no such site. */
    UNKNOWN,
    /**
     * The URL answered with an error or not at all, or the site did not accept connections in time.
     */
    FAILED,
    /** A request waited for a site. */
    WAITED
  }

  private static final Step[] STEPS = Step.values();

  private final AtomicLongArray counts = new AtomicLongArray(STEPS.length);

  @SuppressWarnings("EnumOrdinal") // index of an array that is never stored
  void count(Step step) {
    counts.incrementAndGet(step.ordinal());
  }

  /** The value of a counter. */
  @SuppressWarnings("EnumOrdinal")
  public long get(Step step) {
    return counts.get(step.ordinal());
  }

  /**
   * All counters that are not zero, as {@code called=3 started=2 starting=1 waiting=4}; empty if
   * all are.
   *
   * @param starting number of sites that are starting
   * @param waiting number of waiting requests
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
