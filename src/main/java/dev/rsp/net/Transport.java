// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringIoHandlerConfig;
import io.netty.channel.uring.IoUringServerDomainSocketChannel;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.List;
import java.util.Locale;

/** The kernel interface that the event loops use. */
public enum Transport {
  /** Linux epoll, level-triggered. */
  EPOLL,
  /** Linux io_uring. */
  IO_URING,
  /** The JDK's own selectors, on any system. */
  NIO;

  /**
   * A reset during a pending read completes Netty's poll, which reports nothing more because it is
   * edge-triggered, and the read only says that the socket is empty: the reset is lost. A new poll
   * for each read sees it. Seen with Netty 4.2.18.
   */
  private static final String EDGE_TRIGGERED_POLL = "io.netty.iouring.pollAddMultishotEnabled";

  /**
   * Netty repeats a failed multishot accept (IORING_ACCEPT_MULTISHOT) at once, even with reading
   * off: without free descriptors it fails in each turn of the loop. A single accept is repeated
   * only if reading is on. Seen with Netty 4.2.18.
   */
  private static final String MULTISHOT_ACCEPT = "io.netty.iouring.acceptMultiShotEnabled";

  /**
   * Entries in io_uring's queue of completions, 16 bytes each. If it overflows, the kernel keeps
   * them elsewhere and Netty logs a line each time: its default of 4,096 overflowed with 5,000
   * connections to a loop that all sent at once.
   */
  private static final int COMPLETIONS = 32 * 1024;

  /** IPPROTO_TCP and TCP_NOTSENT_LOWAT of Linux: tcp(7). */
  private static final IntegerUnixChannelOption NOTSENT_LOWAT =
      new IntegerUnixChannelOption("TCP_NOTSENT_LOWAT", 6, 25);

  /** Half of the largest read. The socket counts as writable again when half of this is left. */
  private static final int UNSENT_BYTES = 128 * 1024;

  static { // before Netty reads them
    for (String property : List.of(EDGE_TRIGGERED_POLL, MULTISHOT_ACCEPT)) {
      if (System.getProperty(property) == null) {
        System.setProperty(property, "false");
      }
    }
  }

  /**
   * The transport of a name; for {@code auto}, the best available.
   *
   * @throws IllegalArgumentException if there is none of that name, or it is unavailable
   */
  public static Transport of(String name) {
    if (name.equals("auto")) {
      return Epoll.isAvailable() ? EPOLL : NIO;
    }
    for (Transport transport : values()) {
      if (transport.label().equals(name)) {
        String missing = transport.missing();
        if (!missing.isEmpty()) {
          throw new IllegalArgumentException("transport: " + name + ": " + missing);
        }
        return transport;
      }
    }
    throw new IllegalArgumentException(
        "transport: " + name + " (expected: auto, epoll, io_uring or nio)");
  }

  /** The name on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  private String missing() {
    Throwable cause =
        switch (this) {
          case EPOLL -> Epoll.isAvailable() ? null : Epoll.unavailabilityCause();
          case IO_URING -> IoUring.isAvailable() ? null : IoUring.unavailabilityCause();
          case NIO -> null;
        };
    return cause == null ? "" : "not available here: " + cause.getMessage();
  }

  /** Whether several sockets can listen on one port and share its connections evenly. */
  public boolean sharesPorts() {
    return this != NIO;
  }

  /**
   * Whether a flush writes synchronously; otherwise it only submits the write to the kernel, and a
   * later turn gets the result.
   */
  boolean writesAtOnce() {
    return this != IO_URING;
  }

  /**
   * Bounds the unsent bytes that the kernel holds for a connection. On a listening socket it
   * applies to accepted connections.
   *
   * <p>Linux buffers up to net.ipv4.tcp_wmem (4 MiB) for a client that does not read, before the
   * socket is full: 10,000 such clients would take all the kernel's memory for TCP. Bytes in flight
   * are not counted, so a fast and distant client is not slowed down.
   */
  void boundUnsent(Channel channel) {
    boolean bounded =
        channel instanceof EpollSocketChannel
            || channel instanceof EpollServerSocketChannel
            || channel instanceof IoUringSocketChannel
            || channel instanceof IoUringServerSocketChannel;
    if (bounded) {
      channel.config().setOption(NOTSENT_LOWAT, UNSENT_BYTES);
    } else {
      boundSendBuffer(channel); // of a backend, which is near: few bytes in flight
    }
  }

  /**
   * Bounds what the kernel holds for a connection where {@link #boundUnsent} cannot: for backends,
   * and for new clients while many are slow. It also counts bytes in flight, and so slows down
   * distant clients.
   */
  void boundSendBuffer(Channel channel) {
    if (channel instanceof NioSocketChannel) {
      channel.config().setOption(ChannelOption.SO_SNDBUF, UNSENT_BYTES);
    }
  }

  /**
   * The size of the largest read. Without {@link #boundUnsent} a client that reads nothing is
   * detected only after the kernel has buffered megabytes, and would have large reads by then.
   */
  public int largestReadBytes() {
    return this == NIO ? 2 * ReadBuffers.MIDDLE_BYTES : ReadBuffers.LARGEST_BYTES;
  }

  public IoHandlerFactory ioHandler() {
    return switch (this) {
      case EPOLL -> EpollIoHandler.newFactory();
      case IO_URING ->
          IoUringIoHandler.newFactory(new IoUringIoHandlerConfig().setCqSize(COMPLETIONS));
      case NIO -> NioIoHandler.newFactory();
    };
  }

  ServerChannel newServer(boolean unix) {
    return switch (this) {
      case EPOLL -> unix ? new EpollServerDomainSocketChannel() : new EpollServerSocketChannel();
      case IO_URING ->
          unix ? new IoUringServerDomainSocketChannel() : new IoUringServerSocketChannel();
      case NIO -> unix ? new NioServerDomainSocketChannel() : new NioServerSocketChannel();
    };
  }

  /** Whether it can accept from a socket that another process has opened. */
  boolean takesSockets() {
    return this == EPOLL;
  }

  /** A channel for a socket that listens already. */
  ServerChannel serverOf(int descriptor, boolean unix) {
    return unix
        ? new EpollServerDomainSocketChannel(descriptor)
        : new EpollServerSocketChannel(descriptor);
  }

  public Channel newClient(boolean unix) {
    return switch (this) {
      case EPOLL -> unix ? new EpollDomainSocketChannel() : new EpollSocketChannel();
      case IO_URING -> unix ? new IoUringDomainSocketChannel() : new IoUringSocketChannel();
      case NIO -> unix ? new NioDomainSocketChannel() : new NioSocketChannel();
    };
  }

  public SocketAddress unixAddress(String path) {
    return this == NIO ? UnixDomainSocketAddress.of(path) : new DomainSocketAddress(path);
  }
}
