// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What must be known of a certificate to renew it.
 *
 * @param account with which it was ordered; empty if it was not ordered by rsp
 * @param renewalMillis when the next one is ordered
 * @param announced whether the CA has named this time (RFC 9773)
 * @param id its name for the CA; null if it has none
 */
record StoredCertificate(
    String account,
    long notBeforeMillis,
    long notAfterMillis,
    long renewalMillis,
    boolean announced,
    @Nullable String id) {
  private static final long YOUNG_MILLIS = TimeUnit.DAYS.toMillis(1);

  StoredCertificate withRenewal(long millis) {
    return new StoredCertificate(account, notBeforeMillis, notAfterMillis, millis, true, id);
  }

  /**
   * Whether its renewal does not count (RFC 9773 §5): it must be named in the order. One that is
   * wanted in the first day of a certificate counts: a CA that always names a time in the past must
   * not get order after order.
   */
  boolean isFree(String currentAccount, long nowMillis) {
    boolean isYoung = nowMillis - notBeforeMillis < YOUNG_MILLIS;
    return announced && !isYoung && id != null && account.equals(currentAccount);
  }
}
