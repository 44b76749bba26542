// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

/**
 * For how long and how regularly a host has been served: the days on which it was, each of which
 * counts half as much 30 days later.
 *
 * <p>That is the rule of LRFU (Lee and others, 2001) with days in the place of requests. However
 * often a host is asked for within a day, it gains one day at most, and only a quarter of one if
 * all answers were 4xx. After 24 hours of a flood of invented names such a name has at most 2 days,
 * because the flood touches two dates; a site that is served each day has 12 after two weeks and
 * comes near to 44.
 */
final class Standing {
  /**
   * Long enough for a site that is visited once in three weeks (2.6 falling to 1.6) to stay above a
   * name that was asked for today, and short enough for one that has ended to go down from 44 to
   * that in half a year.
   */
  private static final double HALF_LIFE_DAYS = 30;

  /** Of a day on which every answer was 4xx. */
  private static final double REFUSED_DAY = 0.25;

  private static final int MINUTES_PER_DAY = 24 * 60;

  private Standing() {}

  /** The day (UTC) that a minute since 1970 is in. */
  static long dayOf(long minute) {
    return minute / MINUTES_PER_DAY;
  }

  /** What a day counts on which a host was asked for. */
  static double ofDay(boolean served) {
    return served ? 1 : REFUSED_DAY;
  }

  /** What some days count later; time that goes backwards changes nothing. */
  static double later(double days, long daysLater) {
    return daysLater <= 0 ? days : days * Math.pow(2, -daysLater / HALF_LIFE_DAYS);
  }

  /**
   * What two hosts can be compared by at any time, since both lose half in the same time: the
   * logarithm of the days, moved by the time at which they were counted.
   */
  static double rank(double days, long day) {
    return Math.log(days) / Math.log(2) + day / HALF_LIFE_DAYS;
  }

  /**
   * An estimate where days were not counted, as in a journal of version 1: one for a host that was
   * asked for once, and one more each time that the requests double. A site with 2 requests a day
   * has nearly 5 after two weeks.
   */
  static double estimate(long requests) {
    return Math.log(1.0 + requests) / Math.log(2);
  }
}
