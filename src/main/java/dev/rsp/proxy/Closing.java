// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.DuplexChannel;

/** The ways to end a connection without losing what was written to it, or with losing it. */
final class Closing {
  private Closing() {}

  /** Bytes that were written and that the kernel has not taken yet. */
  static long unsent(Channel channel) {
    ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
    return out == null ? 0 : out.totalPendingWriteBytes() - out.currentProgress();
  }

  /**
   * The capacity of the buffers in which {@link #unsent} bytes are: one may be large, and hold few.
   */
  static long held(Channel channel) {
    ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
    long[] bytes = new long[1];
    if (out != null && !out.isEmpty()) {
      try {
        out.forEachFlushedMessage(
            message -> {
              bytes[0] += message instanceof ByteBuf buffer ? buffer.capacity() : 0;
              return true;
            });
      } catch (Exception e) {
        throw new IllegalStateException(e); // the processor above throws none
      }
    }
    return bytes[0];
  }

  /** Closes when all that was written has gone to the kernel. */
  static void closeAfterFlush(Channel channel) {
    channel.flush();
    if (unsent(channel) == 0) {
      channel.close();
    } else {
      channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }
  }

  /** Tells the peer that nothing more comes, when all that was written has gone to the kernel. */
  static void shutOutputAfterFlush(Channel channel) {
    channel.flush();
    if (unsent(channel) == 0) {
      shutOutput(channel);
    } else {
      channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> shutOutput(channel));
    }
  }

  private static void shutOutput(Channel channel) {
    if (channel instanceof DuplexChannel duplex) {
      duplex.shutdownOutput();
    }
  }

  /** Closes so that the peer cannot take what it has for a whole message: by a reset. */
  static void reset(Channel channel) {
    if (!channel.isOpen()) {
      return; // its descriptor may be another connection's by now
    }
    try {
      channel.config().setOption(ChannelOption.SO_LINGER, 0);
    } finally {
      channel.close();
    }
  }
}
