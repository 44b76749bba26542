// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;

/** The ways to end a connection: with or without the loss of unsent bytes. */
public final class Closing {
  private Closing() {}

  /**
   * The capacity of the buffers that hold {@link TurnFlusher#unsentBytes}: a large one may hold
   * few.
   */
  public static long held(Channel channel) {
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

  /** Closes when the kernel has taken all written bytes. */
  public static void closeAfterFlush(Channel channel) {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    if (tls == null) {
      channel.flush();
    } else {
      flushWithCloseNotify(channel, tls);
    }
    if (TurnFlusher.unsentBytes(channel) == 0) {
      channel.close();
    } else {
      channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }
  }

  /**
   * RFC 8446 §6.1: close_notify follows the last bytes. It leaves in one write with them; a flush
   * of its own would cost a system call and a packet.
   */
  private static void flushWithCloseNotify(Channel channel, SslHandler tls) {
    HeldFlush held = new HeldFlush();
    channel.pipeline().addFirst(held);
    try {
      channel.flush(); // encrypts what was written
      tls.closeOutbound();
    } finally {
      channel.pipeline().remove(held);
    }
    channel.unsafe().flush();
  }

  /** Keeps a flush of the handlers behind it from the socket. */
  private static final class HeldFlush extends ChannelOutboundHandlerAdapter {
    @Override
    public void flush(ChannelHandlerContext ctx) {
      // follows when it is removed
    }
  }

  /**
   * Ends our side of the connection when the kernel has taken all written bytes. With TLS, what the
   * peer still sends is not decrypted any more.
   */
  public static void shutOutputAfterFlush(Channel channel) {
    channel.flush();
    if (TurnFlusher.unsentBytes(channel) == 0) {
      shutOutput(channel);
    } else {
      channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> shutOutput(channel));
    }
  }

  private static void shutOutput(Channel channel) {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    if (tls == null) {
      shutSocket(channel);
    } else {
      // Not while it decrypts: this may be called from there.
      channel.eventLoop().execute(() -> shutOutput(channel, tls));
    }
  }

  /**
   * RFC 8446 §6.1: close_notify says that the bytes before it are all. What the peer still sends is
   * only discarded, so it need not be decrypted: BoringSSL takes records after its own close_notify
   * for an error, and Netty would close the connection.
   */
  private static void shutOutput(Channel channel, SslHandler tls) {
    if (channel.isOpen() && channel.pipeline().context(tls) != null) {
      tls.closeOutbound(); // written at once
      channel.pipeline().remove(tls);
      channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> shutSocket(channel));
    }
  }

  private static void shutSocket(Channel channel) {
    if (channel instanceof DuplexChannel duplex) {
      duplex.shutdownOutput();
    }
  }

  /** Closes by a reset, so that the peer does not take a partial message for a complete one. */
  public static void reset(Channel channel) {
    if (!channel.isOpen()) {
      return; // its descriptor may belong to another connection now
    }
    try {
      channel.config().setOption(ChannelOption.SO_LINGER, 0);
    } finally {
      closeAtOnce(channel);
    }
  }

  /**
   * Closes without the close_notify of TLS, which would say that a message is complete. Bytes that
   * are on their way, such as an alert, are sent.
   */
  public static void closeAtOnce(Channel channel) {
    ChannelHandlerContext later = channel.pipeline().context(CloseBehindReads.INSTANCE);
    if (later == null) {
      channel.unsafe().close(channel.newPromise());
    } else {
      CloseBehindReads.INSTANCE.close(later, channel.newPromise());
    }
  }
}
