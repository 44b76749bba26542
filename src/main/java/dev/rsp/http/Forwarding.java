// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import org.jspecify.annotations.Nullable;

/**
 * What an installation believes of what its peers say of the hops before them, and what it says
 * itself.
 *
 * @param trusted the peers that are believed
 * @param untrusted fields that are not forwarded from other peers
 * @param saysVia whether requests are forwarded with a Via field for this hop
 * @param requestId in which requests carry an id; null if they carry none
 */
public record Forwarding(
    TrustedProxies trusted,
    UntrustedFields untrusted,
    boolean saysVia,
    @Nullable RequestIdField requestId) {
  /** Believes nobody. */
  public static final Forwarding DEFAULTS =
      new Forwarding(TrustedProxies.NONE, UntrustedFields.DEFAULTS, true, null);
}
