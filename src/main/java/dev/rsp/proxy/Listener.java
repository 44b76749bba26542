// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.ListenAddress;
import dev.rsp.log.RateLimit;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ServerChannel;
import io.netty.channel.ServerChannelRecvByteBufAllocator;
import io.netty.channel.unix.UnixChannelOption;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
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

  /** How long accepting pauses when it fails, as when descriptors run out; nginx's is 500 ms. */
  private static final int PAUSE_MILLIS = 500;

  /** Connections taken per turn of the loop; enough to empty a queue before it is closed. */
  private static final int ACCEPTS_PER_TURN = 1024;

  /**
   * A port that was just given up may be held for a moment: io_uring lets go of a socket when it
   * has ended the accept that was under way in it, some milliseconds after the close.
   */
  private static final long RELEASE_NANOS = 200_000_000;

  private static final long RELEASE_POLL_NANOS = 10_000_000;

  /** A loop closes a socket in its next turn, which a script may hold up for a second or two. */
  private static final long CLOSE_MILLIS = 5_000;

  private final ListenAddress address;

  /** The listening sockets by the loop that accepts from them. */
  private final Map<ProxyLoop, Channel> channels = new LinkedHashMap<>();

  /** The loops that serve. A socket whose own loop does not any more deals to these in turn. */
  private volatile List<ProxyLoop> active;

  /** Whether it was asked to close. */
  private volatile boolean closing;

  private Listener(ListenAddress address, List<ProxyLoop> loops) {
    this.address = address;
    this.active = List.copyOf(loops);
  }

  /**
   * Binds an address on all loops; {@link #serveBy} begins to accept. Any thread but theirs;
   * blocks.
   *
   * @param own others of this process, which may have the same port on other addresses, or on all:
   *     where the system shares a port between sockets, the most particular address gets the
   *     connection
   * @throws IOException if it cannot be bound; nothing stays bound then
   */
  public static Listener open(
      ListenAddress address, List<ProxyLoop> loops, Collection<Listener> own) throws IOException {
    Listener listener = new Listener(address, loops);
    boolean opened = false;
    try {
      if (address.unixPath() != null) {
        UnixSocketFile.removeIfDead(address.unixPath());
      } else {
        refuseIfTaken(Objects.requireNonNull(address.socket()), loops.get(0).transport, own);
      }
      listener.extendTo(loops);
      opened = true;
    } finally {
      if (!opened) {
        listener.close();
      }
    }
    return listener;
  }

  /**
   * Sockets that share a port would also share it with another process of the same user, which
   * would get half of the connections without anybody noticing.
   */
  private static void refuseIfTaken(
      InetSocketAddress socket, Transport transport, Collection<Listener> own) throws IOException {
    long start = System.nanoTime();
    while (true) {
      try {
        probe(socket, transport, own);
        return;
      } catch (IOException e) {
        if (System.nanoTime() - start >= RELEASE_NANOS) {
          throw e;
        }
        LockSupport.parkNanos(RELEASE_POLL_NANOS);
      }
    }
  }

  private static void probe(InetSocketAddress socket, Transport transport, Collection<Listener> own)
      throws IOException {
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true); // as for the sockets to come: TIME_WAIT does not count
      probe.bind(socket);
    } catch (IOException e) {
      List<Listener> samePort = own.stream().filter(other -> other.has(socket.getPort())).toList();
      if (samePort.isEmpty()) {
        throw e;
      }
      if (!transport.sharesPorts()) {
        throw new IOException(
            "%s: rsp itself listens on \"%s\", and with the transport %s that takes a stop and a start"
                .formatted(e.getMessage(), samePort.get(0).address.text(), transport.label()),
            e);
      }
      int sockets = samePort.stream().mapToInt(other -> other.channels.size()).sum();
      if (ListeningSockets.on(socket.getPort()) > sockets) {
        throw new IOException(
            e.getMessage() + ": by rsp itself, and by another program as well", e);
      }
      // What else may be wrong with the address is found when it is bound.
    }
  }

  private boolean has(int port) {
    return address.unixPath() == null && !channels.isEmpty() && port() == port;
  }

  /**
   * Whether all connections to another listener's address would come to this one, were the other
   * not there.
   */
  public boolean includes(Listener other) {
    InetSocketAddress wide = address.socket();
    InetSocketAddress narrow = other.address.socket();
    return wide != null
        && narrow != null
        && other.has(port())
        && wide.getAddress().getClass() == narrow.getAddress().getClass()
        && (wide.getAddress().isAnyLocalAddress() || wide.getAddress().equals(narrow.getAddress()));
  }

  /**
   * Binds the address on those of the loops that do not have it yet. Any thread but theirs; blocks.
   *
   * @throws IOException if it cannot be bound; those that were bound before stay
   */
  private void extendTo(List<ProxyLoop> loops) throws IOException {
    if (address.unixPath() != null || !loops.get(0).transport.sharesPorts()) {
      if (channels.isEmpty()) {
        bind(loops.get(0));
      }
      return;
    }
    for (ProxyLoop loop : loops) {
      if (!channels.containsKey(loop)) {
        bind(loop);
      }
    }
  }

  /**
   * Gives the connections to these loops from now on, and starts to accept. A loop that is no
   * longer among them keeps its socket and deals: to close it would reset the connections that wait
   * in it. Any thread but theirs; blocks.
   */
  public void serveBy(List<ProxyLoop> loops) {
    active = List.copyOf(loops);
    try {
      extendTo(loops);
    } catch (IOException e) {
      // The others accept; this loop is only dealt fewer.
      log.error("not on every loop: {}: {}", address.text(), e.toString());
    }
    for (Channel channel : channels.values()) {
      channel.config().setAutoRead(true);
    }
  }

  private void bind(ProxyLoop loop) throws IOException {
    String unixPath = address.unixPath();
    ServerChannel channel;
    try {
      channel = loop.transport.newServer(unixPath != null);
    } catch (ChannelException e) {
      // Out of descriptors, most likely.
      throw new IOException(e.getMessage(), e);
    }
    channel
        .config()
        .setOption(
            ChannelOption.RECVBUF_ALLOCATOR,
            new ServerChannelRecvByteBufAllocator().maxMessagesPerRead(ACCEPTS_PER_TURN));
    channel.config().setAutoRead(false);
    loop.transport.boundUnsent(channel);
    if (unixPath == null) {
      channel.config().setOption(ChannelOption.SO_REUSEADDR, true);
      if (loop.transport.sharesPorts()) {
        channel.config().setOption(UnixChannelOption.SO_REUSEPORT, true);
      }
    }
    channel.pipeline().addLast(new Acceptor(loop));
    SocketAddress local = unixPath != null ? loop.transport.unixAddress(unixPath) : portToBind();
    ChannelFuture done = loop.eventLoop.register(channel).awaitUninterruptibly();
    if (done.isSuccess()) {
      done = channel.bind(local).awaitUninterruptibly();
    }
    Throwable cause = done.cause();
    if (cause != null) {
      channel.close().awaitUninterruptibly();
      throw new IOException(cause.getMessage(), cause);
    }
    channels.put(loop, channel);
    channel.closeFuture().addListener(closed -> closedUnasked(loop));
  }

  /** Netty closes a socket that some errors come from. */
  private void closedUnasked(ProxyLoop loop) {
    if (!closing) {
      loop.broken("a listening socket was closed: " + address.text(), null);
    }
  }

  /** The address as configured; after the first socket, with the port the system chose for 0. */
  private SocketAddress portToBind() {
    InetSocketAddress wanted = Objects.requireNonNull(address.socket());
    return channels.isEmpty() ? wanted : new InetSocketAddress(wanted.getAddress(), port());
  }

  private int port() {
    Channel any = channels.values().iterator().next();
    return ((InetSocketAddress) any.localAddress()).getPort();
  }

  /** The port, or the path of a Unix socket with {@code unix:} before it. */
  public String label() {
    return address.unixPath() != null ? address.text() : String.valueOf(port());
  }

  /** The address as configured. */
  public ListenAddress address() {
    return address;
  }

  /** For tests that see one of them fail. */
  List<Channel> sockets() {
    return List.copyOf(channels.values());
  }

  /**
   * Stops accepting. Connections that the kernel has accepted by now are taken in first. Any thread
   * but the loops'; blocks.
   */
  public void close() {
    closing = true;
    channels.values().forEach(Listener::close);
    if (!channels.isEmpty() && address.unixPath() != null) {
      UnixSocketFile.remove(address.unixPath());
    }
    channels.clear();
  }

  /** One that cannot be closed in time must not keep the others open, nor the process alive. */
  private static void close(Channel channel) {
    try {
      // As a task of the loop it runs after a turn of accepting.
      channel.eventLoop().execute(channel::close);
      if (!channel.closeFuture().awaitUninterruptibly(CLOSE_MILLIS)) {
        log.error("a listening socket is not closed after {} ms: {}", CLOSE_MILLIS, channel);
      }
    } catch (RejectedExecutionException e) {
      log.debug("its loop has ended, and has closed it", e);
    }
  }

  /** Hands accepted connections to its own loop, or to those that serve in its stead. */
  private final class Acceptor extends ChannelInboundHandlerAdapter {
    private final ProxyLoop own;
    private final RateLimit reports = new RateLimit();
    private int next;
    private boolean pausing;

    Acceptor(ProxyLoop own) {
      this.own = own;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object accepted) {
      Channel channel = (Channel) accepted;
      try {
        List<ProxyLoop> loops = active;
        boolean alone = address.unixPath() == null && own.transport.sharesPorts();
        ProxyLoop target =
            alone && loops.contains(own) ? own : loops.get(Math.floorMod(++next, loops.size()));
        target.adopt(channel);
      } catch (Throwable e) {
        channel.unsafe().closeForcibly();
        own.failureLog.failed("an accepted connection failed", e);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      if (reports.allows()) {
        log.error(
            "accepting paused pause_ms={} suppressed={}: {}",
            PAUSE_MILLIS,
            reports.takeSuppressed(),
            cause.toString());
      }
      if (!pausing) {
        pausing = true;
        ctx.channel().config().setAutoRead(false);
        ctx.channel().eventLoop().schedule(() -> resume(ctx), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
      }
    }

    private void resume(ChannelHandlerContext ctx) {
      pausing = false;
      ctx.channel().config().setAutoRead(true);
    }
  }
}
