// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;

/**
 * Writes a PROXY header in front of the first bytes that are written to a connection, whoever
 * writes them: so it leaves in one packet with them, and before the handshake of TLS. It stands
 * first in the pipeline, for one header.
 */
final class HeaderFirst extends ChannelOutboundHandlerAdapter {
  private final byte[] header;

  HeaderFirst(byte[] header) {
    this.header = header;
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    ByteBuf bytes = Unpooled.wrappedBuffer(header);
    ctx.pipeline().remove(this); // its context still leads to the socket
    ctx.write(bytes, ctx.voidPromise());
    ctx.write(message, promise);
  }
}
