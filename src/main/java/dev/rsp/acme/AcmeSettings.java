// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.net.URI;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where certificates are ordered, and how many.
 *
 * @param directory the directory of the CA (RFC 8555 §7.1.1), absolute, https
 * @param email to which the CA writes; null for none
 * @param store the folder of certificates, keys, the account and the log of orders; absolute
 * @param authorities who may have signed the CA's own certificate; empty for Java's list
 * @param firstChallenge which challenge is taken if the CA offers both
 * @param orders how many new orders are made in {@code perSeconds} at most, from 1 to {@value
 *     #MAX_ORDERS}
 * @param perSeconds length of the window, in seconds
 * @param timeoutMillis how long a handshake waits for its certificate; for its readers, not used
 *     here
 * @param maxQueued how many hosts may wait for an order
 */
public record AcmeSettings(
    URI directory,
    @Nullable String email,
    Path store,
    List<X509Certificate> authorities,
    ChallengeType firstChallenge,
    int orders,
    long perSeconds,
    long timeoutMillis,
    int maxQueued) {
  /** Let's Encrypt's limit for an account: 300 new orders in 3 hours. */
  public static final int DEFAULT_ORDERS = 300;

  /** Three hours: see {@link #DEFAULT_ORDERS}. */
  public static final long DEFAULT_PER_SECONDS = 10_800;

  /** A third of what Let's Encrypt gives the largest accounts in a week. */
  public static final int MAX_ORDERS = 100_000;

  /** A month: no CA that we know of counts longer. */
  public static final long MAX_PER_SECONDS = 31L * 86_400;

  /** As many as {@link #DEFAULT_ORDERS} in a day and some hours. */
  public static final int DEFAULT_MAX_QUEUED = 3_000;

  public AcmeSettings {
    authorities = List.copyOf(authorities);
    if (orders < 1
        || orders > MAX_ORDERS
        || perSeconds < 1
        || perSeconds > MAX_PER_SECONDS
        || timeoutMillis < 1
        || maxQueued < 1) {
      throw new IllegalArgumentException(
          "orders: %d per %d s, timeout: %d ms, queued: %d"
              .formatted(orders, perSeconds, timeoutMillis, maxQueued));
    }
  }

  /** Seconds in which the budget gives one order, on average. */
  double secondsPerOrder() {
    return (double) perSeconds / orders;
  }
}
