// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which peers are proxies whose forwarding fields are believed. Immutable; any thread.
 *
 * @param everyPeer whether all peers are. No network is named then, so only the peer itself is a
 *     proxy, and no other address in its fields
 * @param unix whether peers on a Unix socket are
 * @param networks the addresses of the others
 */
public record TrustedProxies(boolean everyPeer, boolean unix, List<IpNetwork> networks) {
  /** No peer is trusted. */
  public static final TrustedProxies NONE = new TrustedProxies(false, false, List.of());

  /** Every peer is trusted. */
  public static final TrustedProxies EVERY_PEER = new TrustedProxies(true, false, List.of());

  public TrustedProxies {
    networks = List.copyOf(networks);
  }

  /**
   * Whether a peer is trusted.
   *
   * @param remote its IP address; any other address, or null, is that of a Unix socket
   */
  public boolean trusts(@Nullable SocketAddress remote) {
    if (everyPeer) {
      return true;
    }
    if (remote instanceof InetSocketAddress socket) {
      return !networks.isEmpty() && contains(IpAddress.of(socket.getAddress()));
    }
    return unix;
  }

  /** Whether an address is in one of the networks. */
  boolean contains(IpAddress address) {
    for (int i = 0; i < networks.size(); i++) {
      if (networks.get(i).contains(address)) {
        return true;
      }
    }
    return false;
  }
}
