// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.ListenAddress;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ServerChannel;
import io.netty.channel.ServerChannelRecvByteBufAllocator;
import io.netty.channel.unix.UnixChannelOption;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An address that connections are accepted on.
 *
 * <p>Where the system shares a port between sockets, each loop has its own and the kernel spreads
 * the connections; otherwise one loop accepts and deals them out in turn.
 */
public final class Listener {
  private static final Logger log = LoggerFactory.getLogger(Listener.class);

  /** How long accepting rests when it fails, as when descriptors run out. Nginx's is 500 ms. */
  private static final int PAUSE_MILLIS = 500;

  /** Connections taken per turn of the loop; enough to empty a queue before it is closed. */
  private static final int ACCEPTS_PER_TURN = 1024;

  private final ListenAddress address;
  private final List<Channel> channels = new ArrayList<>();

  private Listener(ListenAddress address) {
    this.address = address;
  }

  /**
   * Binds an address on all loops. Any thread but theirs; blocks.
   *
   * @throws IOException if it cannot be bound; nothing stays bound then
   */
  public static Listener open(ListenAddress address, List<ProxyLoop> loops) throws IOException {
    Listener listener = new Listener(address);
    try {
      ProxyLoop first = loops.get(0);
      InetSocketAddress socket = address.socket();
      if (socket == null || !first.transport.sharesPorts()) {
        listener.bind(first, loops);
      } else {
        for (ProxyLoop loop : loops) {
          listener.bind(loop, List.of(loop));
        }
      }
    } catch (IOException e) {
      listener.close();
      throw e;
    }
    return listener;
  }

  private void bind(ProxyLoop loop, List<ProxyLoop> targets) throws IOException {
    String unixPath = address.unixPath();
    ServerChannel channel = loop.transport.newServer(unixPath != null);
    channel.config().setOption(ChannelOption.SO_REUSEADDR, true);
    channel
        .config()
        .setOption(
            ChannelOption.RECVBUF_ALLOCATOR,
            new ServerChannelRecvByteBufAllocator().maxMessagesPerRead(ACCEPTS_PER_TURN));
    channel.config().setAutoRead(false);
    if (unixPath == null && loop.transport.sharesPorts()) {
      channel.config().setOption(UnixChannelOption.SO_REUSEPORT, true);
    }
    channel.pipeline().addLast(new Acceptor(targets));
    SocketAddress local = unixPath != null ? loop.transport.unixAddress(unixPath) : bound();
    ChannelFuture done = loop.eventLoop.register(channel).awaitUninterruptibly();
    if (done.isSuccess()) {
      done = channel.bind(local).awaitUninterruptibly();
    }
    Throwable cause = done.cause();
    if (cause != null) {
      channel.close();
      throw new IOException(cause.getMessage(), cause);
    }
    channels.add(channel);
  }

  /** The address to bind: after the first socket, the port that the system chose for port 0. */
  private SocketAddress bound() {
    InetSocketAddress wanted = Objects.requireNonNull(address.socket());
    return channels.isEmpty()
        ? wanted
        : new InetSocketAddress(wanted.getAddress(), ((InetSocketAddress) port()).getPort());
  }

  private SocketAddress port() {
    return channels.get(0).localAddress();
  }

  /** Starts to accept. Any thread. */
  public void start() {
    for (Channel channel : channels) {
      channel.config().setAutoRead(true);
    }
  }

  /** The port, or the path of a Unix socket with {@code unix:} before it. */
  public String label() {
    return address.unixPath() != null
        ? address.text()
        : String.valueOf(((InetSocketAddress) port()).getPort());
  }

  /** The address as configured. */
  public ListenAddress address() {
    return address;
  }

  /**
   * Stops accepting. Connections that the kernel has accepted by now are taken in first. Any thread
   * but the loops'; blocks.
   */
  public void close() {
    for (Channel channel : channels) {
      // As a task of the loop it runs after a turn of accepting.
      channel.eventLoop().submit(() -> channel.close()).awaitUninterruptibly();
      channel.closeFuture().awaitUninterruptibly();
    }
  }

  /** Hands accepted connections to the loops in turn. */
  private static final class Acceptor extends ChannelInboundHandlerAdapter {
    private final List<ProxyLoop> targets;
    private int next;

    Acceptor(List<ProxyLoop> targets) {
      this.targets = targets;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object accepted) {
      targets.get(next).adopt((Channel) accepted);
      next = (next + 1) % targets.size();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      log.error("accepting rests pause_ms={}: {}", PAUSE_MILLIS, cause.toString());
      ctx.channel().config().setAutoRead(false);
      ctx.channel()
          .eventLoop()
          .schedule(
              () -> ctx.channel().config().setAutoRead(true), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    }
  }
}
