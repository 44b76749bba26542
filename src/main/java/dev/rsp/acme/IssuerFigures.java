// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What has been ordered since the start, and what waits now.
 *
 * @param issued certificates for hosts that had none
 * @param renewed certificates that replaced older ones
 * @param failed orders that failed because of their hosts
 * @param interrupted orders that failed because of the CA or the store, also by its limits
 * @param queued hosts that wait for an order
 * @param running orders under way
 * @param allowed hosts for which the answer was yes, cached answers not counted
 * @param denied hosts for which the answer was no, cached answers not counted
 * @param unanswered hosts for which there was no answer
 * @param refused wishes that were refused because too many hosts wait
 * @param budgetUsed orders of the window of the budget that ends now
 * @param stored hosts with a certificate in the store
 * @param pausedUntil when an order was or is tried again after the CA or the store has failed; null
 *     if one has succeeded since
 * @param pauseReason how it has failed; null if an order has succeeded since
 */
public record IssuerFigures(
    long issued,
    long renewed,
    long failed,
    long interrupted,
    int queued,
    int running,
    long allowed,
    long denied,
    long unanswered,
    long refused,
    int budgetUsed,
    int stored,
    @Nullable Instant pausedUntil,
    @Nullable String pauseReason) {
  static final IssuerFigures NONE =
      new IssuerFigures(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, null, null);
}
