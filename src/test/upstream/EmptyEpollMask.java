// SPDX-License-Identifier: Apache-2.0

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.Version;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.TimeUnit;

/**
 * A channel that waits for no event is removed from the epoll set, but its registration is still
 * marked as added: the next change of the events that it waits for fails with ENOENT.
 *
 * <p>A client sends a request and shuts its output down. The server, which allows half closure,
 * sees the end, and then sends a response that is larger than the socket's buffer. The client reads
 * it after a while.
 *
 * <p>Argument: "auto" (the default) leaves autoRead on; "manual" sets it to false when the request
 * has come.
 */
public final class EmptyEpollMask {
  private static final int RESPONSE_BYTES = 16 << 20;

  private EmptyEpollMask() {}

  public static void main(String[] arguments) throws Exception {
    System.out.println("netty " + Version.identify().get("netty-transport-classes-epoll"));
    boolean manual = arguments.length > 0 && arguments[0].equals("manual");
    var group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    try {
      Channel server =
          new ServerBootstrap()
              .group(group)
              .channel(EpollServerSocketChannel.class)
              .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
              .childHandler(
                  new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                      channel.pipeline().addLast(new Responder(manual));
                    }
                  })
              .bind(InetAddress.getLoopbackAddress(), 0)
              .sync()
              .channel();
      int port = ((InetSocketAddress) server.localAddress()).getPort();
      try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
        client.setSoTimeout(5000);
        client.getOutputStream().write('x');
        Thread.sleep(100);
        client.shutdownOutput();
        Thread.sleep(1500);
        System.out.println("client received " + count(client.getInputStream()) + " of "
            + RESPONSE_BYTES + " bytes");
      }
    } finally {
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }
  }

  private static String count(InputStream in) {
    long total = 0;
    try {
      byte[] buffer = new byte[64 << 10];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        total += n;
      }
      return Long.toString(total);
    } catch (java.io.IOException e) {
      return total + " (then " + e + ")";
    }
  }

  /** Sends the response some time after the end of the request, and closes when it is written. */
  private static final class Responder extends ChannelInboundHandlerAdapter {
    private final boolean manual;

    Responder(boolean manual) {
      this.manual = manual;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ReferenceCountUtil.release(message);
      if (manual) {
        context.channel().config().setAutoRead(false);
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      System.out.println("server: " + event.getClass().getSimpleName());
      if (event instanceof ChannelInputShutdownReadComplete) {
        context.executor().schedule(() -> respond(context), 500, TimeUnit.MILLISECONDS);
      }
    }

    private static void respond(ChannelHandlerContext context) {
      ByteBuf response = context.alloc().buffer(RESPONSE_BYTES).writeZero(RESPONSE_BYTES);
      context
          .writeAndFlush(response)
          .addListener(
              future ->
                  System.out.println(
                      "server: write " + (future.isSuccess() ? "succeeded" : "FAILED: "
                          + future.cause() + ", cause " + future.cause().getCause())))
          .addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      System.out.println("server: exceptionCaught " + cause);
    }
  }
}
