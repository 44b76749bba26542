// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.util.concurrent.TimeUnit;

/** When a certificate is renewed. Spread over time, so that many of one day stay apart. */
final class RenewalTime {
  /** How often the CA is asked for the time of a renewal, at least and at most (RFC 9773 §4.3). */
  static final long MOST_CHECK_MILLIS = TimeUnit.DAYS.toMillis(1);

  private static final long LEAST_CHECK_MILLIS = TimeUnit.HOURS.toMillis(1);

  /** The multiplier of the 32-bit FNV-1a hash, and its start. */
  private static final int PRIME = 0x01000193;

  private static final int START = 0x811c9dc5;

  /** As certbot and Let's Encrypt advise. */
  private static final double PART_OF_LIFE = 2 / 3.0;

  /** Over what part of its life renewals are spread, before and after two thirds. */
  private static final double SPREAD = 1 / 15.0;

  private RenewalTime() {}

  /** Without a word of the CA: about two thirds of its life, always the same for a host. */
  static long of(String host, long notBeforeMillis, long notAfterMillis) {
    double life = notAfterMillis - notBeforeMillis;
    return notBeforeMillis + (long) (life * (PART_OF_LIFE + SPREAD * (2 * fraction(host) - 1)));
  }

  /**
   * In the window that the CA suggests (RFC 9773 §4.2), always the same for a host; but not later
   * than in the last tenth of the certificate's life.
   */
  static long within(
      String host, long notBeforeMillis, long notAfterMillis, long startMillis, long endMillis) {
    long latest = notAfterMillis - (notAfterMillis - notBeforeMillis) / 10;
    double length = Math.max(0, (double) endMillis - startMillis);
    return Math.min(latest, startMillis + (long) (length * fraction(host)));
  }

  /**
   * When a certificate that was just issued is renewed at the earliest, whatever the CA or its own
   * times say: else a CA whose certificates are always due got order after order.
   */
  static long earliest(long notAfterMillis, long nowMillis) {
    return nowMillis + Math.min(LEAST_CHECK_MILLIS, Math.max(0, notAfterMillis - nowMillis) / 2);
  }

  /** How long until the CA is asked again, if it asks for this. */
  static long checkMillis(long againMillis) {
    return Math.max(LEAST_CHECK_MILLIS, Math.min(againMillis, MOST_CHECK_MILLIS));
  }

  /** From 0 to 1, evenly spread over hosts. */
  static double fraction(String host) {
    int hash = START;
    for (int i = 0; i < host.length(); i++) {
      hash = (hash ^ host.charAt(i)) * PRIME;
    }
    hash ^= hash >>> 15; // the last letters must change the high bits too
    hash *= 0x2c1b3c6d;
    hash ^= hash >>> 12;
    return (hash & 0x7fffffff) / (double) 0x80000000L;
  }
}
