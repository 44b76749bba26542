// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import dev.rsp.config.SocketAccess;
import dev.rsp.net.UnixSocketFile;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.PeerCredentials;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The socket over which operators speak to the daemon, in HTTP/1.1. Only the user of the daemon and
 * root can connect.
 *
 * <p>It has a thread of its own, and others for commands that block. Methods block, on any thread
 * but these.
 */
public final class ControlSocket implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ControlSocket.class);

  /** For its owner only. */
  private static final SocketAccess OWNER_ONLY = new SocketAccess(0600, null, null);

  /** Commands at a time; more get 503. A person and some programs that watch the daemon. */
  private static final int MOST_AT_ONCE = 16;

  /** No command has a body that is longer. */
  private static final int MOST_BODY_BYTES = 1 << 16;

  private static final int IDLE_SECONDS = 60;

  /** For the answer to a command that closes the socket. */
  private static final int LINGER_SECONDS = 2;

  private final String path;
  private final EventLoopGroup group;
  private final ExecutorService workers;
  private final UnixSocketFile file;
  private final Channel channel;

  private ControlSocket(
      String path,
      EventLoopGroup group,
      ExecutorService workers,
      UnixSocketFile file,
      Channel channel) {
    this.path = path;
    this.group = group;
    this.workers = workers;
    this.file = file;
    this.channel = channel;
  }

  /**
   * Listens on a path.
   *
   * @throws IOException if that fails; then nothing is left
   */
  public static ControlSocket open(String path, Operations operations) throws IOException {
    if (!Epoll.isAvailable()) {
      throw new IOException("a control socket needs Linux on x86-64 or aarch64");
    }
    UnixSocketFile file = UnixSocketFile.prepare(path);
    var group =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("control", true), EpollIoHandler.newFactory());
    var workers =
        new ThreadPoolExecutor(
            0,
            MOST_AT_ONCE,
            1,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            new DefaultThreadFactory("control-command", true));
    boolean opened = false;
    try {
      ChannelFuture bound =
          new ServerBootstrap()
              .group(group)
              .channel(EpollServerDomainSocketChannel.class)
              .childHandler(
                  new ChannelInitializer<EpollDomainSocketChannel>() {
                    @Override
                    protected void initChannel(EpollDomainSocketChannel client) throws IOException {
                      accept(client, operations, workers);
                    }
                  })
              .bind(new DomainSocketAddress(file.boundPath()))
              .awaitUninterruptibly();
      if (!bound.isSuccess()) {
        throw new IOException(String.valueOf(bound.cause().getMessage()), bound.cause());
      }
      file.permit(OWNER_ONLY);
      file.publish();
      opened = true;
      return new ControlSocket(path, group, workers, file, bound.channel());
    } finally {
      if (!opened) {
        file.remove();
        end(group, workers);
      }
    }
  }

  /** Besides the file's mode: a process may have got the descriptor from another. */
  private static void accept(
      EpollDomainSocketChannel client, Operations operations, ExecutorService workers)
      throws IOException {
    PeerCredentials peer = client.peerCredentials();
    if (peer.uid() != 0 && peer.uid() != ownUid()) {
      log.warn("control refused uid={} pid={}", peer.uid(), peer.pid());
      client.close();
      return;
    }
    client
        .pipeline()
        .addLast(
            new ReadTimeoutHandler(IDLE_SECONDS),
            new HttpServerCodec(),
            new HttpObjectAggregator(MOST_BODY_BYTES),
            new ControlHandler(operations, workers, "uid=" + peer.uid() + " pid=" + peer.pid()));
  }

  /** The user of this process, by the owner of its directory in /proc. */
  private static int ownUid() throws IOException {
    Object uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    return uid instanceof Integer number ? number : -1;
  }

  /** Where it listens. */
  public String path() {
    return path;
  }

  @Override
  public void close() {
    file.remove();
    channel.close().awaitUninterruptibly(1000);
    end(group, workers);
  }

  private static void end(EventLoopGroup group, ExecutorService workers) {
    workers.shutdown();
    // A command that has changed the socket's path still gets its answer.
    group.schedule(
        () -> group.shutdownGracefully(0, 1, TimeUnit.SECONDS), LINGER_SECONDS, TimeUnit.SECONDS);
  }
}
