// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

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
  StoredCertificate withRenewal(long millis) {
    return new StoredCertificate(account, notBeforeMillis, notAfterMillis, millis, true, id);
  }

  /** Whether the CA does not count its renewal (RFC 9773 §5): it must be named in the order. */
  boolean isFree(String currentAccount) {
    return announced && id != null && account.equals(currentAccount);
  }
}
