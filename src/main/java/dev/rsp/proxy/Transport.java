// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import io.netty.channel.Channel;
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
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
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
   * A reset that comes while a read is on its way completes Netty's poll, which then tells nothing
   * more because it is edge-triggered, and the read itself says only that the socket is empty: the
   * reset is lost. A poll for each read asks anew. Seen with Netty 4.2.18.
   */
  private static final String EDGE_TRIGGERED_POLL = "io.netty.iouring.pollAddMultishotEnabled";

  /**
   * An accept that has failed and stands for many (IORING_ACCEPT_MULTISHOT) is asked for again at
   * once, whether or not the channel is to be read: while there are no descriptors it fails as
   * often as the loop turns. One at a time is asked for only if the channel is to be read. Seen
   * with Netty 4.2.18.
   */
  private static final String MULTISHOT_ACCEPT = "io.netty.iouring.acceptMultiShotEnabled";

  static { // before Netty's class reads them
    for (String property : List.of(EDGE_TRIGGERED_POLL, MULTISHOT_ACCEPT)) {
      if (System.getProperty(property) == null) {
        System.setProperty(property, "false");
      }
    }
  }

  /**
   * The transport of a name, or the best that is there for {@code auto}.
   *
   * @throws IllegalArgumentException if there is none of that name, or this system has it not
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
  boolean sharesPorts() {
    return this != NIO;
  }

  IoHandlerFactory ioHandler() {
    return switch (this) {
      case EPOLL -> EpollIoHandler.newFactory();
      case IO_URING -> IoUringIoHandler.newFactory();
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

  Channel newClient(boolean unix) {
    return switch (this) {
      case EPOLL -> unix ? new EpollDomainSocketChannel() : new EpollSocketChannel();
      case IO_URING -> unix ? new IoUringDomainSocketChannel() : new IoUringSocketChannel();
      case NIO -> unix ? new NioDomainSocketChannel() : new NioSocketChannel();
    };
  }

  SocketAddress unixAddress(String path) {
    return this == NIO ? UnixDomainSocketAddress.of(path) : new DomainSocketAddress(path);
  }
}
