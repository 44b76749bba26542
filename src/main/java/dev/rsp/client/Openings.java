// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client;

import dev.rsp.config.ListenOptions;
import dev.rsp.exchange.LoopState;
import dev.rsp.net.NetLoop;
import dev.rsp.net.Shortages;
import io.netty.channel.Channel;

/** Opens the connections of one loop whose protocol is not known when they are accepted. */
public final class Openings {
  private final LoopState loop;
  private final ClientConnections connections;
  private final Shortages shortages;
  private final Protocols protocols;
  private final ProxyRefusals refusals = new ProxyRefusals();
  private final HandshakeCounters handshakes = new HandshakeCounters();

  /** The openings of a loop. Any thread. */
  public Openings(
      LoopState loop, ClientConnections connections, Shortages shortages, Protocols protocols) {
    this.loop = loop;
    this.connections = connections;
    this.shortages = shortages;
    this.protocols = protocols;
  }

  /** How TLS handshakes ended. Any thread. */
  public HandshakeCounters handshakes() {
    return handshakes;
  }

  /** Opens an accepted connection. If this throws, the caller closes the channel. */
  public void open(Channel channel, ListenOptions options) {
    Opening opening =
        new Opening(
            loop, connections, shortages, protocols, refusals, handshakes, channel, options);
    channel.pipeline().addLast(opening);
    NetLoop net = loop.net();
    net.registerAccepted(channel, opening::mostReadBytes);
  }
}
