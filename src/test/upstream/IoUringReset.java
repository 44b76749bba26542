// SPDX-License-Identifier: Apache-2.0

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringSocketChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.Version;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * A reset by the peer that comes while data is read is not reported: the channel stays open for
 * ever.
 *
 * <p>A blocking server sends some bytes on each connection and resets it a few microseconds later.
 * Counted are the channels that are still open 3 seconds after the last reset.
 *
 * <p>Arguments: the transport (io_uring, the default, or epoll), the number of connections (20000).
 * Compare with -Dio.netty.iouring.pollAddMultishotEnabled=false.
 */
public final class IoUringReset {
  private static final int AT_A_TIME = 50;

  private IoUringReset() {}

  public static void main(String[] arguments) throws Exception {
    boolean epoll = arguments.length > 0 && arguments[0].equals("epoll");
    int connections = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 20_000;
    System.out.println("netty " + Version.identify().get("netty-transport-classes-io_uring"));
    System.out.println("kernel " + System.getProperty("os.version"));
    IoHandlerFactory factory = epoll ? EpollIoHandler.newFactory() : IoUringIoHandler.newFactory();
    EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, factory);
    List<Channel> open = new ArrayList<>();
    try (ServerSocket server = new ServerSocket(0, 1000, InetAddress.getLoopbackAddress())) {
      Bootstrap bootstrap =
          new Bootstrap()
              .group(group)
              .channel(epoll ? EpollSocketChannel.class : IoUringSocketChannel.class)
              .handler(
                  new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                      channel.pipeline().addLast(new Reader());
                    }
                  });
      for (int done = 0; done < connections; done += AT_A_TIME) {
        List<Socket> peers = new ArrayList<>();
        for (int i = 0; i < AT_A_TIME; i++) {
          open.add(bootstrap.connect(server.getLocalSocketAddress()).sync().channel());
          peers.add(server.accept());
        }
        for (Socket peer : peers) {
          sendAndReset(peer);
        }
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(200);
        while (System.nanoTime() < deadline && open.stream().anyMatch(Channel::isOpen)) {
          Thread.onSpinWait();
        }
        open.removeIf(channel -> !channel.isOpen());
      }
    }
    Thread.sleep(3000);
    open.removeIf(channel -> !channel.isOpen());
    System.out.println(
        open.size() + " of " + connections + " connections are open 3 s after their reset");
    if (!open.isEmpty()) {
      Channel lost = open.get(0);
      System.out.println("one of them: active=" + lost.isActive() + ", autoRead="
          + lost.config().isAutoRead());
      lost.writeAndFlush(lost.alloc().buffer().writeByte('x'))
          .addListener(f -> System.out.println("a write to it: " + f))
          .await();
    }
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
  }

  private static void sendAndReset(Socket peer) throws IOException {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    peer.setSoLinger(true, 0);
    peer.getOutputStream().write(new byte[1 + random.nextInt(8000)]);
    long until = System.nanoTime() + random.nextInt(60_000);
    while (System.nanoTime() < until) {
      Thread.onSpinWait();
    }
    peer.close();
  }

  private static final class Reader extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ReferenceCountUtil.release(message);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      // The reset, as expected. The channel is closed by Netty.
    }
  }
}
