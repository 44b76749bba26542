// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

/**
 * What an installation believes of what its peers say of the hops before them, and what it says
 * itself.
 *
 * @param trusted the peers that are believed
 * @param untrusted fields that are not forwarded from other peers
 * @param saysVia whether requests are forwarded with a Via field for this hop
 */
public record Forwarding(TrustedProxies trusted, UntrustedFields untrusted, boolean saysVia) {
  /** Believes nobody. */
  public static final Forwarding DEFAULTS =
      new Forwarding(TrustedProxies.NONE, UntrustedFields.DEFAULTS, true);
}
