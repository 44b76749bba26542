// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslHandler;
import org.jspecify.annotations.Nullable;

/**
 * Has what was written to a connection with TLS encrypted before it is flushed, so that its memory
 * is free for others. The records leave with the next flush.
 *
 * <p>Stands in front of Netty's handler. On the connection's loop.
 */
public final class EarlyRecords extends ChannelOutboundHandlerAdapter {
  private final SslHandler tls;
  private boolean holds;

  private EarlyRecords(SslHandler tls) {
    this.tls = tls;
  }

  /** Adds it to a channel; null if that has no TLS. Call it on the loop. */
  public static @Nullable EarlyRecords of(Channel channel) {
    ChannelPipeline pipeline = channel.pipeline();
    SslHandler tls = pipeline.get(SslHandler.class);
    if (tls == null) {
      return null;
    }
    EarlyRecords records = new EarlyRecords(tls);
    pipeline.addBefore(pipeline.context(tls).name(), null, records);
    return records;
  }

  /**
   * Encrypts what was written, if the handshake is over.
   *
   * @throws Exception if that fails, which ends the connection
   */
  public void encrypt(Channel channel) throws Exception {
    ChannelHandlerContext at = channel.pipeline().context(tls);
    if (at == null) {
      return; // it was closed
    }
    holds = true;
    try {
      tls.flush(at);
    } finally {
      holds = false;
    }
  }

  @Override
  public void flush(ChannelHandlerContext ctx) {
    if (!holds) {
      ctx.flush();
    }
  }
}
