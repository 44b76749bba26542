// SPDX-License-Identifier: Apache-2.0

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.util.Version;
import java.io.FileInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * With multishot accept (the default), an accept that has failed is submitted again at once,
 * although autoRead is false: without free descriptors the event loop is busy with failing accepts.
 *
 * <p>ServerBootstrap's acceptor sets autoRead to false for a second when an accept fails, so a few
 * failures are expected in three seconds.
 *
 * <p>Run it with a small limit of descriptors (ulimit -n 300). Compare with
 * -Dio.netty.iouring.acceptMultiShotEnabled=false.
 */
public final class IoUringAccept {
  private IoUringAccept() {}

  public static void main(String[] arguments) throws Exception {
    System.out.println("netty " + Version.identify().get("netty-transport-classes-io_uring"));
    System.out.println("kernel " + System.getProperty("os.version"));
    AtomicLong failures = new AtomicLong();
    AtomicReference<Throwable> last = new AtomicReference<>();
    var group = new MultiThreadIoEventLoopGroup(1, IoUringIoHandler.newFactory());
    List<FileInputStream> files = new ArrayList<>();
    Channel server =
        new ServerBootstrap()
            .group(group)
            .channel(IoUringServerSocketChannel.class)
            .childHandler(new Ignorer())
            .bind(InetAddress.getLoopbackAddress(), 0)
            .sync()
            .channel();
    server // behind ServerBootstrap's acceptor, which pauses for a second
        .pipeline()
        .addLast(
            new ChannelInboundHandlerAdapter() {
              @Override
              public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                failures.incrementAndGet();
                last.set(cause);
              }
            });
    int port = ((InetSocketAddress) server.localAddress()).getPort();
    Socket before = new Socket(InetAddress.getLoopbackAddress(), port); // loads the classes
    Thread.sleep(300);
    Socket client = new Socket();
    client.bind(null); // so that it has its descriptor
    try {
      while (true) {
        files.add(new FileInputStream("/dev/null"));
      }
    } catch (IOException e) {
      // No descriptor is left.
    }
    client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    Thread.sleep(3000);
    long count = failures.get();
    boolean autoRead = server.config().isAutoRead();
    for (FileInputStream file : files) {
      file.close();
    }
    System.out.println(
        count + " failed accepts in 3 s, the last: " + last.get() + ", autoRead=" + autoRead);
    client.close();
    before.close();
    Runtime.getRuntime().halt(0);
  }

  @Sharable
  private static final class Ignorer extends ChannelInboundHandlerAdapter {}
}
