// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend;

import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;

/**
 * Reports failed writes of records to the pipeline, as failed writes without TLS are: the TLS
 * handler does not.
 */
@ChannelHandler.Sharable
final class WriteFaults extends ChannelOutboundHandlerAdapter {
  static final WriteFaults INSTANCE = new WriteFaults();

  private WriteFaults() {}

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    ctx.write(
        message,
        promise.isVoid()
            ? promise
            : promise.addListener(ChannelFutureListener.FIRE_EXCEPTION_ON_FAILURE));
  }
}
