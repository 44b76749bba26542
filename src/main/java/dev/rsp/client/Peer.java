// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client;

import dev.rsp.config.ListenOptions;
import dev.rsp.http.ClientTls;
import dev.rsp.http.Hop;
import io.netty.channel.Channel;
import java.net.SocketAddress;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a client's connection before its first request.
 *
 * @param remote its address: an IP address, or a Unix socket
 * @param proxy the address of the connection, if a PROXY header has named the client; else null
 * @param local says which address it connected to
 * @param tls its session; null if the connection is in clear
 * @param certificate what the certificate of the connection is known by; null without TLS
 * @param options of the listen address
 */
public record Peer(
    @Nullable SocketAddress remote,
    @Nullable SocketAddress proxy,
    Supplier<@Nullable SocketAddress> local,
    @Nullable ClientTls tls,
    @Nullable Object certificate,
    ListenOptions options) {
  /** The peer of an accepted connection in clear. */
  public static Peer of(Channel channel, ListenOptions options) {
    return new Peer(channel.remoteAddress(), null, channel::localAddress, null, null, options);
  }

  /** The peer as a PROXY header names it. */
  Peer introduced(@Nullable SocketAddress source, @Nullable SocketAddress destination) {
    return new Peer(source, remote, () -> destination, tls, certificate, options);
  }

  /** A hop for the requests of this connection, one at a time. */
  public Hop newHop() {
    Hop hop = new Hop(tls == null ? "http" : "https", remote, local, tls);
    if (proxy != null) {
      hop.carriedBy(proxy);
    }
    return hop;
  }
}
