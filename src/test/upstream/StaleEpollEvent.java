// SPDX-License-Identifier: Apache-2.0

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.util.Version;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * An event that epoll_wait returned for a descriptor is delivered to another channel, which got the
 * same descriptor number in the same iteration of the event loop.
 *
 * <p>Two connected channels, "first" and "second", become ready while the loop is busy: "first" by
 * a byte, "second" by a reset. The handler of "first" closes "second" and opens a new connection,
 * which gets the descriptor number of "second". Its peer does not accept it: the accept queue is
 * full, so that the connection stays in SYN_SENT.
 */
public final class StaleEpollEvent {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
  private static final int TCP_SYN_SENT = 2;

  private StaleEpollEvent() {}

  public static void main(String[] arguments) throws Exception {
    System.out.println("netty " + Version.identify().get("netty-transport-classes-epoll"));
    boolean bootstrap = arguments.length > 0 && arguments[0].equals("bootstrap");
    EventLoop loop =
        new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory()).next();
    try (ServerSocket peers = new ServerSocket(0, 10, LOOPBACK);
        ServerSocket full = new ServerSocket(0, 1, LOOPBACK)) {
      List<Socket> queue = fill(full);
      EpollSocketChannel first = connect(loop, peers);
      Socket peerOfFirst = peers.accept();
      EpollSocketChannel second = connect(loop, peers);
      Socket peerOfSecond = peers.accept();

      int descriptor = second.fd().intValue();
      AtomicReference<EpollSocketChannel> opened = new AtomicReference<>();
      AtomicReference<ChannelFuture> connecting = new AtomicReference<>();
      CountDownLatch done = new CountDownLatch(1);
      first
          .pipeline()
          .addLast(
              new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext context, Object message) {
                  second.close();
                  var address = (InetSocketAddress) full.getLocalSocketAddress();
                  EpollSocketChannel channel;
                  if (bootstrap) {
                    connecting.set(
                        new Bootstrap()
                            .group(loop)
                            .channel(EpollSocketChannel.class)
                            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 2000)
                            .handler(new Printer())
                            .connect(address));
                    channel = (EpollSocketChannel) connecting.get().channel();
                  } else {
                    channel = new EpollSocketChannel();
                    channel.config().setConnectTimeoutMillis(2000);
                    channel.pipeline().addLast(new Printer());
                    loop.register(channel);
                    connecting.set(channel.connect(address));
                  }
                  System.out.println(
                      "closed descriptor " + descriptor + ", opened " + channel.fd().intValue());
                  opened.set(channel);
                  done.countDown();
                }
              });

      CountDownLatch begun = new CountDownLatch(1);
      CountDownLatch busy = new CountDownLatch(1);
      loop.execute(
          () -> {
            begun.countDown();
            await(busy);
          });
      begun.await();
      peerOfFirst.getOutputStream().write('x');
      peerOfSecond.setSoLinger(true, 0);
      peerOfSecond.close(); // a reset: EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP
      Thread.sleep(200); // both are in the kernel's list of ready descriptors, in this order
      busy.countDown();
      if (!done.await(10, TimeUnit.SECONDS)) {
        System.out.println("not reproduced: \"second\" was looked at before \"first\"");
        return;
      }

      loop.submit(() -> {}).sync(); // the end of that iteration
      EpollSocketChannel channel = opened.get();
      loop.submit(
              () ->
                  System.out.println(
                      "at the end of the iteration: connect "
                          + (connecting.get().isSuccess()
                              ? "SUCCEEDED"
                              : connecting.get().isDone() ? "failed" : "is pending")
                          + ", isActive=" + channel.isActive()
                          + ", isOpen=" + channel.isOpen()
                          + (channel.isOpen() ? ", " + state(channel) : "")))
          .sync();
      connecting.get().await();
      System.out.println("connect ended with " + connecting.get().cause());
      queue.forEach(StaleEpollEvent::close);
    } finally {
      loop.parent().shutdownGracefully();
    }
  }

  private static String state(EpollSocketChannel channel) {
    int state = channel.tcpInfo().state();
    return "the kernel's state of the socket=" + (state == TCP_SYN_SENT ? "SYN_SENT" : state);
  }

  /** Connects until the kernel accepts no more: with a backlog of 1, two connections. */
  private static List<Socket> fill(ServerSocket server) throws Exception {
    List<Socket> sockets = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      sockets.add(new Socket(LOOPBACK, server.getLocalPort()));
    }
    return sockets;
  }

  private static EpollSocketChannel connect(EventLoop loop, ServerSocket server) throws Exception {
    return (EpollSocketChannel)
        new Bootstrap()
            .group(loop)
            .channel(EpollSocketChannel.class)
            .handler(new ChannelInboundHandlerAdapter())
            .connect(server.getLocalSocketAddress())
            .sync()
            .channel();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Prints the events that the new channel gets. */
  @Sharable
  private static final class Printer extends ChannelInboundHandlerAdapter {
    @Override
    public void channelActive(ChannelHandlerContext context) {
      System.out.println("new channel: channelActive");
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      System.out.println("new channel: channelInactive");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      System.out.println("new channel: exceptionCaught " + cause);
    }
  }
}
