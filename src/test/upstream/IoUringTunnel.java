// SPDX-License-Identifier: Apache-2.0

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import io.netty.util.Version;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;

/**
 * A channel whose peer has ended its side may never write again after it found its socket full.
 *
 * <p>A relay of two connections, with back-pressure by autoRead and with half closure. The client
 * sends 8 MB and ends its side. The backend reads a quarter of it, ends its own side, and reads
 * the rest. All bytes and both ends must arrive.
 *
 * <p>Arguments: the transport (io_uring, the default, or epoll), the number of runs (2000).
 */
public final class IoUringTunnel {
  private static final int BYTES = 8_000_000;
  private static final int TIMEOUT_MILLIS = 5000;

  private IoUringTunnel() {}

  public static void main(String[] arguments) throws Exception {
    boolean epoll = arguments.length > 0 && arguments[0].equals("epoll");
    int runs = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 2000;
    System.out.println("netty " + Version.identify().get("netty-transport-classes-io_uring"));
    System.out.println("kernel " + System.getProperty("os.version"));
    EventLoopGroup group =
        new MultiThreadIoEventLoopGroup(
            1, epoll ? EpollIoHandler.newFactory() : IoUringIoHandler.newFactory());
    int failed = 0;
    try (ServerSocket backend = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Channel server =
          new ServerBootstrap()
              .group(group)
              .channel(epoll ? EpollServerSocketChannel.class : IoUringServerSocketChannel.class)
              .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
              .childOption(ChannelOption.AUTO_READ, false)
              .childHandler(
                  new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel client) {
                      open(client, epoll, backend.getLocalSocketAddress());
                    }
                  })
              .bind(InetAddress.getLoopbackAddress(), 0)
              .sync()
              .channel();
      int port = ((InetSocketAddress) server.localAddress()).getPort();
      for (int run = 0; run < runs; run++) {
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port);
            Socket peer = backend.accept()) {
          new Thread(() -> send(client)).start();
          peer.setSoTimeout(TIMEOUT_MILLIS);
          client.setSoTimeout(TIMEOUT_MILLIS);
          peer.getInputStream().readNBytes(BYTES / 4);
          peer.shutdownOutput();
          String result = received(client, 0) + ", " + received(peer, BYTES - BYTES / 4);
          if (!result.equals("complete, complete")) {
            failed++;
            System.out.println("run " + run + ": client and backend: " + result);
          }
        }
      }
    }
    System.out.println(failed + " of " + runs + " tunnels did not deliver everything");
    Runtime.getRuntime().halt(0);
  }

  private static void open(Channel client, boolean epoll, SocketAddress address) {
    new Bootstrap()
        .group(client.eventLoop())
        .channel(epoll ? EpollSocketChannel.class : IoUringSocketChannel.class)
        .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
        .option(ChannelOption.AUTO_READ, false)
        .handler(new ChannelInboundHandlerAdapter())
        .connect(address)
        .addListener(
            (ChannelFutureListener)
                connected -> {
                  Channel backend = connected.channel();
                  client.pipeline().addLast(new Relay(backend));
                  backend.pipeline().addLast(new Relay(client));
                  client.config().setAutoRead(true);
                  backend.config().setAutoRead(true);
                });
  }

  private static void send(Socket socket) {
    try {
      socket.getOutputStream().write(new byte[BYTES]);
      socket.shutdownOutput();
    } catch (java.io.IOException e) {
      // The receiver reports it.
    }
  }

  private static String received(Socket socket, int expected) {
    int total = 0;
    try {
      InputStream in = socket.getInputStream();
      byte[] buffer = new byte[64 << 10];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        total += n;
      }
      return total == expected ? "complete" : "ended after " + total;
    } catch (java.io.IOException e) {
      return "after " + total + " bytes: " + e;
    }
  }

  /** Passes what one side sends to the other. */
  private static final class Relay extends ChannelInboundHandlerAdapter {
    private final Channel to;

    Relay(Channel to) {
      this.to = to;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      to.writeAndFlush(message);
      if (!to.isWritable()) {
        context.channel().config().setAutoRead(false);
      }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
      if (context.channel().isWritable()) {
        to.config().setAutoRead(true);
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof ChannelInputShutdownEvent) {
        to.writeAndFlush(Unpooled.EMPTY_BUFFER)
            .addListener(
                f -> {
                  if (f.isSuccess()) {
                    ((DuplexChannel) to).shutdownOutput();
                    if (((DuplexChannel) context.channel()).isOutputShutdown()) { // and the other
                      to.close();
                      context.close();
                    }
                  } else {
                    System.out.println("relay: write failed: " + f.cause());
                  }
                });
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      System.out.println("relay: exceptionCaught " + cause);
    }
  }
}
