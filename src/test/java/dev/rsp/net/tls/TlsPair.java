// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import dev.rsp.certs.TestCa;
import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.ReferenceCountUtil;

/** A server and a client that speak TLS with each other, in memory. */
public final class TlsPair {
  private static final TestCa CA = TestCa.create();

  private final EmbeddedChannel server;
  private final EmbeddedChannel client = new EmbeddedChannel();

  /** A pair whose server is this channel. */
  public TlsPair(EmbeddedChannel server) {
    this.server = server;
  }

  public EmbeddedChannel client() {
    return client;
  }

  /** Adds the handlers of TLS, the server's with this engine, and does the handshake. */
  public void shakeHands(SslProvider provider) throws Exception {
    TestCa.Leaf leaf = CA.ecdsa("site.example");
    SslContext own =
        SslContextBuilder.forServer(leaf.key(), leaf.chain()).sslProvider(provider).build();
    SslContext peers =
        SslContextBuilder.forClient()
            .sslProvider(SslProvider.JDK)
            .trustManager(InsecureTrustManagerFactory.INSTANCE)
            .build();
    server.pipeline().addFirst(own.newHandler(server.alloc()));
    client.pipeline().addFirst(peers.newHandler(client.alloc()));
    ReferenceCountUtil.release(own);
    pump();
  }

  /** Passes on what either has flushed, until nothing is left. */
  public void pump() {
    pump(client, server);
  }

  /** Passes on what either of two channels has flushed, until nothing is left. */
  static void pump(EmbeddedChannel one, EmbeddedChannel other) {
    boolean moved = true;
    while (moved) {
      boolean sent = pass(one, other);
      moved = pass(other, one) || sent;
    }
  }

  private static boolean pass(EmbeddedChannel from, EmbeddedChannel to) {
    from.runPendingTasks();
    ByteBuf bytes = from.readOutbound();
    boolean moved = bytes != null;
    while (bytes != null) {
      if (to.isOpen()) {
        to.writeInbound(bytes);
      } else {
        bytes.release();
      }
      bytes = from.readOutbound();
    }
    return moved;
  }

  /** Closes both, and releases what they hold. */
  public void release() {
    client.finishAndReleaseAll();
    server.finishAndReleaseAll();
  }
}
