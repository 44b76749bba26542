// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.util.concurrent.TimeUnit;

/** How long to wait after failures. */
final class BackOff {
  /** Let's Encrypt counts five failures for a host in an hour: with a factor of 3, there are 4. */
  private static final long HOST_MILLIS = TimeUnit.MINUTES.toMillis(5);

  private static final int HOST_FACTOR = 3;
  private static final long HOST_MOST_MILLIS = TimeUnit.DAYS.toMillis(1);

  private static final long ALL_MILLIS = TimeUnit.SECONDS.toMillis(10);
  private static final long ALL_MOST_MILLIS = TimeUnit.HOURS.toMillis(1);

  /** A full disk is made free by hand, so it is looked at more often than at a CA. */
  private static final long STORE_MOST_MILLIS = TimeUnit.MINUTES.toMillis(5);

  /** A CA that asks for a longer pause is asked again after a day all the same. */
  static final long MOST_PAUSE_MILLIS = TimeUnit.DAYS.toMillis(1);

  /** The same for a host: twice the longest window of Let's Encrypt's limits. */
  static final long MOST_HOST_MILLIS = TimeUnit.DAYS.toMillis(14);

  private BackOff() {}

  /**
   * After a number of failures of the same host, at least 1.
   *
   * @param askedMillis what the CA's Retry-After says; 0 if it has none
   */
  static long hostMillis(int failures, long askedMillis) {
    long own = grown(HOST_MILLIS, HOST_FACTOR, failures, HOST_MOST_MILLIS);
    return Math.max(own, Math.min(askedMillis, MOST_HOST_MILLIS));
  }

  /**
   * After a number of failures of the CA, at least 1.
   *
   * @param askedMillis what its Retry-After says; 0 if it has none
   */
  static long authorityMillis(int failures, long askedMillis) {
    return askedMillis > 0
        ? Math.min(askedMillis, MOST_PAUSE_MILLIS)
        : grown(ALL_MILLIS, 2, failures, ALL_MOST_MILLIS);
  }

  /** After a number of failures of the store, at least 1. */
  static long storeMillis(int failures) {
    return grown(ALL_MILLIS, 2, failures, STORE_MOST_MILLIS);
  }

  /**
   * Whether a time is still to come.
   *
   * @param mostMillis how far ahead it can be: what is farther was set before the clock was set
   *     back, and would last for as long as the clock was wrong
   */
  static boolean isAhead(long untilMillis, long nowMillis, long mostMillis) {
    return untilMillis > nowMillis && untilMillis - nowMillis <= mostMillis;
  }

  private static long grown(long first, int factor, int failures, long most) {
    long millis = first;
    for (int i = 1; i < failures && millis < most; i++) {
      millis *= factor;
    }
    return Math.min(millis, most);
  }
}
