// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import dev.rsp.config.SocketAccess;
import dev.rsp.net.UnixSocketFile;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.PeerCredentials;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where operators speak to the daemon, in HTTP/1.1: a Unix socket, to which only the user of the
 * daemon and root can connect, or an IP address, where they need a token.
 *
 * <p>It has a thread of its own, and others for commands that block. Methods block, on any thread
 * but these.
 */
public final class Endpoint implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Endpoint.class);

  /** For its owner only. */
  private static final SocketAccess OWNER_ONLY = new SocketAccess(0600, null, null);

  /** Commands at a time; more get 503. A person and some programs that watch the daemon. */
  private static final int MOST_AT_ONCE = 16;

  /** Browsers open up to six each. Beyond that, the oldest whose peer is unknown is closed. */
  private static final int MOST_CONNECTIONS = 128;

  private static final int IDLE_SECONDS = 60;

  /** For the answer to a command that closes the endpoint. */
  private static final int LINGER_SECONDS = 2;

  /** One line for so many wrong tokens. */
  private static final long LOG_EVERY_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final String name;
  private final Operations operations;
  private final ExecutorService workers;
  private final EventLoopGroup group;
  private final EventStream events;
  private final Health health;
  private final Bodies bodies = new Bodies();

  /** All connections, and those whose peer has not shown a token yet, the oldest first. */
  private final Set<Channel> connections = new LinkedHashSet<>();

  private final Set<Channel> unknown = new LinkedHashSet<>();
  private long wrongTokens;
  private long wrongTokensLoggedAt = System.nanoTime() - LOG_EVERY_NANOS;
  private volatile Access access;
  private @Nullable UnixSocketFile file;

  /** Of a Unix socket: the user who may ask, besides root. */
  private volatile int uid;

  private @Nullable Channel channel;

  private Endpoint(String name, Operations operations, Access access, IoHandlerFactory io) {
    this.name = name;
    this.operations = operations;
    this.access = access;
    this.group = new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory(name, true), io);
    this.workers =
        new ThreadPoolExecutor(
            0,
            MOST_AT_ONCE,
            1,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            new DefaultThreadFactory(name + "-command", true));
    this.events = new EventStream(operations, workers);
    this.health = new Health(operations, healthThread(name));
  }

  /**
   * A thread of its own for the question whether the daemon is alive: it neither keeps commands
   * waiting nor waits for them. It ends by itself when nobody asks.
   */
  private static Executor healthThread(String name) {
    var thread =
        new ThreadPoolExecutor(
            1,
            1,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            new DefaultThreadFactory(name + "-health", true));
    thread.allowCoreThreadTimeOut(true);
    return thread;
  }

  /**
   * Listens on a path.
   *
   * @param name for threads and the log
   * @throws IOException if that fails; then nothing is left
   */
  public static Endpoint open(String name, String path, Operations operations, Access access)
      throws IOException {
    return open(name, path, operations, access, ownUid());
  }

  /**
   * The same, for tests.
   *
   * @param uid the user who may ask, besides root
   */
  static Endpoint open(String name, String path, Operations operations, Access access, int uid)
      throws IOException {
    if (!Epoll.isAvailable()) {
      throw new IOException("a Unix socket for operators needs Linux on x86-64 or aarch64");
    }
    UnixSocketFile prepared = UnixSocketFile.prepare(path);
    var endpoint = new Endpoint(name, operations, access, EpollIoHandler.newFactory());
    endpoint.file = prepared;
    endpoint.uid = uid;
    boolean opened = false;
    try {
      endpoint.listen(
          EpollServerDomainSocketChannel.class, new DomainSocketAddress(prepared.boundPath()));
      prepared.permit(OWNER_ONLY);
      prepared.publish();
      opened = true;
      return endpoint;
    } finally {
      if (!opened) {
        endpoint.close();
      }
    }
  }

  /**
   * Listens on an IP address.
   *
   * @throws IOException if that fails; then nothing is left
   */
  public static Endpoint open(
      String name, InetSocketAddress address, Operations operations, Access access)
      throws IOException {
    var endpoint = new Endpoint(name, operations, access, NioIoHandler.newFactory());
    boolean opened = false;
    try {
      endpoint.listen(NioServerSocketChannel.class, address);
      opened = true;
      return endpoint;
    } finally {
      if (!opened) {
        endpoint.close();
      }
    }
  }

  private void listen(Class<? extends ServerChannel> type, SocketAddress address)
      throws IOException {
    ChannelFuture bound =
        new ServerBootstrap()
            .group(group)
            .channel(type)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel client) throws IOException {
                    accept(client);
                  }
                })
            .bind(address)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException(String.valueOf(bound.cause().getMessage()), bound.cause());
    }
    channel = bound.channel();
  }

  private void accept(Channel client) throws IOException {
    String peer = peer(client);
    if (peer == null || !makeRoom()) {
      client.close();
      return;
    }
    connections.add(client);
    unknown.add(client);
    client
        .closeFuture()
        .addListener(
            closed -> {
              connections.remove(client);
              unknown.remove(client);
            });
    var handler =
        new ControlHandler(operations, workers, peer, () -> access.page(), events, health, bodies);
    client
        .pipeline()
        .addLast(
            new Idle(handler),
            new HttpServerCodec(),
            new Gate(() -> access, () -> unknown.remove(client), () -> countWrongToken(peer)),
            handler);
  }

  /** Closes a connection on which nothing comes, unless it waits for an answer. */
  private static final class Idle extends ReadTimeoutHandler {
    private final ControlHandler handler;

    Idle(ControlHandler handler) {
      super(IDLE_SECONDS);
      this.handler = handler;
    }

    @Override
    protected void readTimedOut(ChannelHandlerContext ctx) throws Exception {
      if (!handler.isBusy()) {
        super.readTimedOut(ctx);
      }
    }
  }

  /**
   * Who is connected, for the log; null if the peer may not be. That is checked besides the file's
   * mode, because a process may have got the descriptor from another.
   */
  private @Nullable String peer(Channel client) throws IOException {
    if (!(client instanceof EpollDomainSocketChannel local)) {
      SocketAddress address = client.remoteAddress();
      return address instanceof InetSocketAddress peer
          ? "address=" + peer.getAddress().getHostAddress() + ":" + peer.getPort()
          : null;
    }
    PeerCredentials peer = local.peerCredentials();
    if (peer.uid() != 0 && peer.uid() != uid) {
      log.warn("{} refused uid={} pid={}", name, peer.uid(), peer.pid());
      return null;
    }
    return "uid=" + peer.uid() + " pid=" + peer.pid();
  }

  /** So that those who only connect keep nobody out who knows the token. */
  private boolean makeRoom() {
    if (connections.size() < MOST_CONNECTIONS) {
      return true;
    }
    Iterator<Channel> oldest = unknown.iterator();
    if (!oldest.hasNext()) {
      return false;
    }
    Channel closed = oldest.next();
    oldest.remove();
    connections.remove(closed);
    closed.close();
    return true;
  }

  private void countWrongToken(String peer) {
    wrongTokens++;
    long now = System.nanoTime();
    if (now - wrongTokensLoggedAt >= LOG_EVERY_NANOS) {
      wrongTokensLoggedAt = now;
      log.warn("{} wrong token {} wrong_tokens={}", name, peer, wrongTokens);
    }
  }

  /** The user of this process, by the owner of its directory in /proc. */
  private static int ownUid() throws IOException {
    Object uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    return uid instanceof Integer number ? number : -1;
  }

  /** Has others ask from now on. Requests that were let through are answered. */
  public void use(Access newer) {
    access = newer;
  }

  /** The IP address and port; null for a Unix socket. */
  public @Nullable InetSocketAddress address() {
    Channel listening = channel;
    return listening != null && listening.localAddress() instanceof InetSocketAddress address
        ? address
        : null;
  }

  @Override
  public void close() {
    UnixSocketFile published = file;
    if (published != null) {
      published.remove();
    }
    Channel listening = channel;
    if (listening != null) {
      listening.close().awaitUninterruptibly(1000);
    }
    workers.shutdown();
    // A command that has changed the address still gets its answer.
    group.schedule(
        () -> group.shutdownGracefully(0, 1, TimeUnit.SECONDS), LINGER_SECONDS, TimeUnit.SECONDS);
  }
}
