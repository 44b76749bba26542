// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A loop on which a test can let happen what no peer can bring about: that the system refuses a
 * connection for its own reasons, or that rsp's code throws. Faults are set on the loop's thread,
 * and each happens once.
 */
final class FaultyLoop extends MultiThreadIoEventLoopGroup {
  private @Nullable IOException ofConnect;
  private @Nullable RuntimeException ofRead;

  FaultyLoop(Transport transport) {
    super(1, transport.ioHandler());
  }

  /** The next connection to a backend fails so. */
  void failConnect(IOException fault) {
    ofConnect = fault;
  }

  /** The next bytes that come, on whichever connection, meet code that throws this. */
  void failRead(RuntimeException fault) {
    ofRead = fault;
  }

  @Override
  protected IoEventLoop newChild(Executor executor, IoHandlerFactory handlers, Object... args) {
    return new SingleThreadIoEventLoop(this, executor, handlers) {
      @Override
      public ChannelFuture register(Channel channel) {
        channel.pipeline().addFirst(new Fault());
        return super.register(channel);
      }
    };
  }

  /** Stands before rsp's own handlers. */
  private final class Fault extends ChannelDuplexHandler {
    @Override
    public void connect(
        ChannelHandlerContext ctx,
        SocketAddress remote,
        @Nullable SocketAddress local,
        ChannelPromise promise)
        throws Exception {
      IOException fault = ofConnect;
      ofConnect = null;
      if (fault == null) {
        super.connect(ctx, remote, local, promise);
      } else {
        promise.setFailure(fault);
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
      RuntimeException fault = ofRead;
      ofRead = null;
      if (fault == null) {
        super.channelRead(ctx, message);
      } else {
        ReferenceCountUtil.release(message);
        throw fault;
      }
    }
  }
}
