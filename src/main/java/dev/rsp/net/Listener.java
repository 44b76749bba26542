// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import dev.rsp.config.ListenAddress;
import dev.rsp.config.ListenOptions;
import dev.rsp.log.IoReason;
import dev.rsp.log.RateLimit;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
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
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An address on which connections are accepted.
 *
 * <p>Where the system shares a port between sockets, each loop has its own and the kernel spreads
 * the connections; otherwise, and with a socket of a service manager, one loop accepts and
 * distributes them in turn.
 */
public final class Listener {
  private static final Logger log = LoggerFactory.getLogger(Listener.class);

  /** Pause of accept after a failure, for example no free descriptor; as in nginx. */
  private static final int PAUSE_MILLIS = 500;

  /** The same after idle connections were closed, because descriptors may be free only then. */
  private static final int SHORT_PAUSE_MILLIS = 10;

  /** Connections taken per turn of the loop; enough to empty a queue before it is closed. */
  private static final int ACCEPTS_PER_TURN = 1024;

  /**
   * A port that was just closed may stay in use for a moment: io_uring releases a socket when its
   * pending accept has ended, some milliseconds after the close.
   */
  private static final long RELEASE_NANOS = 200_000_000;

  private static final long RELEASE_POLL_NANOS = 10_000_000;

  /** A loop closes a socket in its next turn; a script may delay that by a second or two. */
  private static final long CLOSE_MILLIS = 5_000;

  /** As in "bind(..) failed with error(-98): Address already in use" of Netty 4.2. */
  private static final Pattern NETTY_PREFIX =
      Pattern.compile("^\\w+\\(\\.\\.\\) failed with error\\(-?\\d+\\): ");

  private volatile ListenAddress address;

  /** What is told of each connection that is accepted from now on. */
  private volatile ListenOptions options;

  /** The listening sockets by the loop that accepts from them. */
  private final Map<Acceptor, Channel> channels = new LinkedHashMap<>();

  /** The loops that serve. The socket of a retired loop distributes to these in turn. */
  private volatile List<Acceptor> active;

  /** The file of a Unix socket. */
  private @Nullable UnixSocketFile file;

  /** Whether another process has opened the socket, of which there is only one then. */
  private final boolean passed;

  /** Whether {@link #close} was called. */
  private volatile boolean closing;

  private Listener(ListenAddress address, List<? extends Acceptor> loops, boolean passed) {
    this.address = address;
    this.options = address.options();
    this.passed = passed;
    this.active = List.copyOf(loops);
  }

  /**
   * Binds an address on all loops; {@link #serveBy} begins to accept. Any thread but theirs;
   * blocks.
   *
   * @param own others of this process, which may have the same port on other addresses, or on all:
   *     where the system shares a port between sockets, the most specific address gets the
   *     connection
   * @throws IOException if it cannot be bound; then nothing stays bound
   */
  public static Listener open(
      ListenAddress address, List<? extends Acceptor> loops, Collection<Listener> own)
      throws IOException {
    Listener listener = new Listener(address, loops, false);
    boolean opened = false;
    try {
      if (address.unixPath() != null) {
        listener.openFile(address.unixPath(), loops.get(0));
      } else {
        listener.openPort(loops, own);
      }
      opened = true;
    } finally {
      if (!opened) {
        listener.close();
      }
    }
    return listener;
  }

  /**
   * Takes a socket that listens already on an address, which a service manager has opened. The
   * first loop accepts for all, and {@link #serveBy} begins. Any thread but theirs; blocks.
   *
   * @param descriptor does not block; this listener closes it
   * @throws IOException if the transport cannot use it
   */
  public static Listener taking(
      int descriptor, ListenAddress address, List<? extends Acceptor> loops) throws IOException {
    Acceptor first = loops.get(0);
    Transport transport = first.net().transport();
    if (!transport.takesSockets()) {
      throw new IOException(
          "the transport %s cannot use a socket of the service manager, only epoll can"
              .formatted(transport.label()));
    }
    Listener listener = new Listener(address, loops, true);
    ServerChannel channel = transport.serverOf(descriptor, address.unixPath() != null);
    listener.register(first, channel);
    listener.added(first, channel);
    return listener;
  }

  private void openFile(String unixPath, Acceptor loop) throws IOException {
    UnixSocketFile prepared = UnixSocketFile.prepare(unixPath);
    file = prepared;
    bind(loop, loop.net().transport().unixAddress(prepared.boundPath()), false);
    permit(prepared, address);
    prepared.publish();
  }

  /**
   * Changes who may connect to a Unix socket, which goes on accepting. The thread that opened it.
   *
   * @param newer the same address
   * @throws IOException if the system does not allow it; then all is as before
   */
  public void permit(ListenAddress newer) throws IOException {
    UnixSocketFile own = file;
    if (own != null && !newer.access().equals(address.access())) {
      try {
        permit(own, newer);
      } catch (IOException e) {
        permit(own, address);
        throw e;
      }
    }
    address = newer;
  }

  /** Changes what new connections speak. Any thread. */
  public void speak(ListenOptions newer) {
    options = newer;
  }

  private static void permit(UnixSocketFile file, ListenAddress address) throws IOException {
    try {
      file.permit(address.access());
    } catch (IOException e) {
      throw new IOException("mode, owner or group not set: " + IoReason.of(e), e);
    }
  }

  /**
   * Sockets that share a port would also share it with another process of the same user, which
   * would silently get half of the connections. So the first one listens without SO_REUSEPORT,
   * which the kernel allows to one process at a time, and gets the option for the others
   * afterwards.
   */
  private void openPort(List<? extends Acceptor> loops, Collection<Listener> own)
      throws IOException {
    Acceptor first = loops.get(0);
    InetSocketAddress wanted = Objects.requireNonNull(address.socket());
    retried(
        () -> {
          try {
            bind(first, wanted, false);
          } catch (IOException e) {
            refuseIfForeign(first.net().transport(), own, e);
            bind(first, wanted, true);
          }
        });
    extendTo(loops);
    if (first.net().transport().sharesPorts()) {
      retried(() -> refuseIfShared(own));
    }
  }

  private interface Step {
    void run() throws IOException;
  }

  /**
   * Repeats a step that fails, for {@link #RELEASE_NANOS}. The pause is random: of two programs
   * that begin to listen in the same moment, the kernel may refuse both.
   */
  private static void retried(Step step) throws IOException {
    long start = System.nanoTime();
    while (true) {
      try {
        step.run();
        return;
      } catch (IOException e) {
        if (System.nanoTime() - start >= RELEASE_NANOS) {
          throw e;
        }
        LockSupport.parkNanos(
            ThreadLocalRandom.current().nextLong(RELEASE_POLL_NANOS / 2, RELEASE_POLL_NANOS));
      }
    }
  }

  /**
   * Decides what a bind means that failed: if this process itself has the port, and nobody else,
   * the address can be bound beside.
   */
  private void refuseIfForeign(Transport transport, Collection<Listener> own, IOException failure)
      throws IOException {
    InetSocketAddress socket = Objects.requireNonNull(address.socket());
    List<Listener> samePort = own.stream().filter(other -> other.has(socket.getPort())).toList();
    if (samePort.isEmpty()) {
      throw failure;
    }
    if (!transport.sharesPorts()) {
      throw new IOException(
          "%s: rsp itself listens on \"%s\", and with transport %s this change needs a restart"
              .formatted(failure.getMessage(), samePort.get(0).address.text(), transport.label()),
          failure);
    }
    if (ListeningSockets.on(socket) > count(samePort, socket)) {
      throw new IOException(
          failure.getMessage() + ": by rsp itself, and by another program as well", failure);
    }
  }

  /** A program that does not look whether the port is free may have taken it meanwhile. */
  private void refuseIfShared(Collection<Listener> own) throws IOException {
    List<Listener> all = new ArrayList<>(own);
    all.add(this);
    InetSocketAddress socket = local();
    if (ListeningSockets.isReadable() && ListeningSockets.on(socket) > count(all, socket)) {
      throw new IOException("Address already in use by another program as well");
    }
  }

  /** How many sockets of these listeners compete with an address for connections. */
  private static int count(Collection<Listener> listeners, InetSocketAddress socket) {
    return listeners.stream()
        .filter(
            other ->
                other.has(socket.getPort())
                    && ListeningSockets.compete(other.local().getAddress(), socket.getAddress()))
        .mapToInt(other -> other.channels.size())
        .sum();
  }

  private boolean has(int port) {
    return address.unixPath() == null && !channels.isEmpty() && port() == port;
  }

  /**
   * Whether this listener would get all connections to the address of another if that were closed.
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
   * Binds the address on those loops that do not have it yet. Any thread but theirs; blocks.
   *
   * @throws IOException if it cannot be bound; earlier ones stay bound
   */
  private void extendTo(List<? extends Acceptor> loops) throws IOException {
    if (!onePerLoop(loops.get(0))) {
      return;
    }
    for (Acceptor loop : loops) {
      if (!channels.containsKey(loop)) {
        bind(loop, local(), true);
      }
    }
  }

  /**
   * Gives the connections to these loops from now on, and starts to accept. A loop that is no
   * longer among them keeps its socket and distributes: closing it would reset the connections in
   * its queue. Any thread but theirs; blocks.
   */
  public void serveBy(List<? extends Acceptor> loops) {
    active = List.copyOf(loops);
    try {
      extendTo(loops);
    } catch (IOException e) {
      // The other loops accept; this one only gets fewer.
      log.error("listener not opened on every loop: {}: {}", address.text(), e.toString());
    }
    for (Channel channel : channels.values()) {
      channel.config().setAutoRead(true);
    }
  }

  /**
   * Binds a socket on a loop and listens.
   *
   * @param beside whether other sockets of this process may have the port
   */
  private void bind(Acceptor loop, SocketAddress local, boolean beside) throws IOException {
    boolean unix = address.unixPath() != null;
    boolean shares = !unix && loop.net().transport().sharesPorts();
    ServerChannel channel;
    try {
      channel = loop.net().transport().newServer(unix);
    } catch (ChannelException e) {
      // Probably no free descriptor.
      throw new IOException(e.getMessage(), e);
    }
    if (!unix) {
      channel.config().setOption(ChannelOption.SO_REUSEADDR, true); // TIME_WAIT does not count
    }
    if (shares && beside) {
      channel.config().setOption(UnixChannelOption.SO_REUSEPORT, true);
    }
    register(loop, channel);
    Throwable cause = channel.bind(local).awaitUninterruptibly().cause();
    if (cause != null) {
      channel.close().awaitUninterruptibly();
      throw new IOException(reason(cause), cause);
    }
    if (shares && !beside) {
      // Linux compares the options of both sockets as they are when the second one is bound.
      channel.config().setOption(UnixChannelOption.SO_REUSEPORT, true);
    }
    added(loop, channel);
  }

  /** Has a loop accept from a socket, but not yet. */
  private void register(Acceptor loop, ServerChannel channel) throws IOException {
    channel
        .config()
        .setOption(
            ChannelOption.RECVBUF_ALLOCATOR,
            new ServerChannelRecvByteBufAllocator().maxMessagesPerRead(ACCEPTS_PER_TURN));
    channel.config().setAutoRead(false);
    loop.net().transport().boundUnsent(channel);
    channel.pipeline().addLast(new AcceptHandler(loop));
    Throwable cause = loop.net().eventLoop().register(channel).awaitUninterruptibly().cause();
    if (cause != null) {
      channel.close().awaitUninterruptibly();
      throw new IOException(reason(cause), cause);
    }
  }

  private void added(Acceptor loop, Channel channel) {
    channels.put(loop, channel);
    channel.closeFuture().addListener(closed -> closedUnasked(loop));
  }

  /** Whether each loop accepts from a socket of its own. */
  private boolean onePerLoop(Acceptor any) {
    return !passed && address.unixPath() == null && any.net().transport().sharesPorts();
  }

  /** Netty closes the socket on some errors. */
  private void closedUnasked(Acceptor loop) {
    if (!closing) {
      loop.net().broken("a listening socket was closed: " + address.text(), null);
    }
  }

  /** The reason of the system, without the name of Netty's function before it. */
  private static String reason(Throwable cause) {
    String message = String.valueOf(cause.getMessage());
    return NETTY_PREFIX.matcher(message).replaceFirst("");
  }

  /** The address of a bound port; the system may have chosen the port. */
  private InetSocketAddress local() {
    InetSocketAddress wanted = Objects.requireNonNull(address.socket());
    return new InetSocketAddress(wanted.getAddress(), port());
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

  /** For tests in which one fails. */
  public List<Channel> sockets() {
    return List.copyOf(channels.values());
  }

  /**
   * Stops accepting. Connections already in the kernel's queue are accepted first. Any thread but
   * the loops'; blocks.
   */
  public void close() {
    closing = true;
    if (file != null) {
      file.remove(); // while the socket is open, so that it is surely this one's
      file = null;
    }
    channels.values().forEach(Listener::close);
    channels.clear();
  }

  /** A socket that does not close in time must not delay the others or the exit. */
  private static void close(Channel channel) {
    try {
      // As a task of the loop it runs after one more round of accepts.
      channel.eventLoop().execute(channel::close);
      if (!channel.closeFuture().awaitUninterruptibly(CLOSE_MILLIS)) {
        log.error("a listening socket is not closed after {} ms: {}", CLOSE_MILLIS, channel);
      }
    } catch (RejectedExecutionException e) {
      log.debug("the loop has ended and has closed its socket", e);
    }
  }

  /** Gives accepted connections to its own loop, or to those that replace it. */
  private final class AcceptHandler extends ChannelInboundHandlerAdapter {
    private final Acceptor own;
    private final RateLimit reports = new RateLimit();
    private int next;
    private boolean pausing;

    AcceptHandler(Acceptor own) {
      this.own = own;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object accepted) {
      Channel channel = (Channel) accepted;
      try {
        List<Acceptor> loops = active;
        Acceptor target =
            onePerLoop(own) && loops.contains(own)
                ? own
                : loops.get(Math.floorMod(++next, loops.size()));
        target.adopt(channel, options);
      } catch (Throwable e) {
        channel.unsafe().closeForcibly();
        own.net().failureLog().failed("an accepted connection failed", e);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      if (pausing) {
        return;
      }
      boolean freed = own.net().freesDescriptors(cause);
      if (!freed && reports.allows()) {
        log.error(
            "accept paused pause_ms={} suppressed={}: {}",
            PAUSE_MILLIS,
            reports.takeSuppressed(),
            cause.toString());
      }
      pausing = true;
      ctx.channel().config().setAutoRead(false);
      int millis = freed ? SHORT_PAUSE_MILLIS : PAUSE_MILLIS;
      ctx.channel().eventLoop().schedule(() -> resume(ctx), millis, TimeUnit.MILLISECONDS);
    }

    private void resume(ChannelHandlerContext ctx) {
      pausing = false;
      ctx.channel().config().setAutoRead(true);
    }
  }
}
