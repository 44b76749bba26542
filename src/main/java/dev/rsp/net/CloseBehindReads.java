// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;

/**
 * Closes a channel of io_uring behind the read that asks for it, if bytes are on their way to the
 * peer, such as an alert of TLS. Netty closes the socket when the kernel has these; but if it was
 * asked to while it reads, it polls the socket once more behind that read, and forgets the poll.
 * The poll keeps the closed socket open in the kernel: the peer does not see the end.
 *
 * <p>The first handler of a pipeline, so that nobody closes the channel past it. On its loop.
 */
@Sharable
final class CloseBehindReads extends ChannelOutboundHandlerAdapter {
  static final CloseBehindReads INSTANCE = new CloseBehindReads();

  private CloseBehindReads() {}

  @Override
  public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
    ChannelOutboundBuffer out = ctx.channel().unsafe().outboundBuffer();
    if (out == null || out.isEmpty()) {
      ctx.close(promise);
    } else {
      ctx.executor().execute(() -> ctx.close(promise));
    }
  }
}
