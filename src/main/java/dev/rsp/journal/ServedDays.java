// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

/**
 * Measures how long and how regularly a host has been served: the number of days on which it was,
 * where each day counts half as much 30 days later.
 *
 * <p>This is LRFU (Lee and others, 2001) with days instead of requests. However often a host is
 * requested within a day, it gains at most one day, and only a quarter if all responses were 4xx.
 * After a 24-hour flood of invented names such a name has at most 2 days, because the flood covers
 * two dates; a site that is served each day has 12 after two weeks and approaches 44.
 */
final class ServedDays {
  /**
   * Long enough for a site that is visited every three weeks (2.6 falling to 1.6) to stay above a
   * name that was requested today; short enough for a closed site to fall from 44 to that value
   * within half a year.
   */
  private static final double HALF_LIFE_DAYS = 30;

  /** The value of a day on which every response was 4xx. */
  private static final double REFUSED_DAY = 0.25;

  private static final int MINUTES_PER_DAY = 24 * 60;

  private ServedDays() {}

  /** The day (UTC) of a minute since 1970. */
  static long dayOf(long minute) {
    return minute / MINUTES_PER_DAY;
  }

  /** The value of a day on which a host was requested. */
  static double dayValue(boolean served) {
    return served ? 1 : REFUSED_DAY;
  }

  /** The value of days after a time; negative time is ignored. */
  static double decayed(double days, long daysLater) {
    return daysLater <= 0 ? days : days * Math.pow(2, -daysLater / HALF_LIFE_DAYS);
  }

  /**
   * A rank to compare hosts counted at different times: the logarithm of the days, adjusted by the
   * time of counting. It stays valid, because all values decay at the same rate.
   */
  static double rank(double days, long day) {
    return Math.log(days) / Math.log(2) + day / HALF_LIFE_DAYS;
  }

  /**
   * An estimate if days were not counted, as in a journal of version 1: one for a host that was
   * requested once, and one more for each doubling of the requests. A site with 2 requests per day
   * has nearly 5 after two weeks.
   */
  static double estimate(long requests) {
    return Math.log(1.0 + requests) / Math.log(2);
  }
}
