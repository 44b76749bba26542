// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import io.netty.channel.Channel;
import io.netty.channel.epoll.AbstractEpollStreamChannel;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.unix.UnixChannel;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Keeps half-closed channels working in Netty, and detects when they break completely.
 *
 * <p>When the event mask of an epoll channel is empty, Netty (since 4.2.13, pull request 16689)
 * removes it from the epoll set, but still treats it as registered. Later changes of the mask then
 * fail, and bytes are lost: a body that was not read during the connect to its backend, the end of
 * a large response, or of a tunnel's bytes. The last event is cleared by the peer's end, or by a
 * stale event of another connection, which had the same descriptor and was closed in this turn of
 * the loop. So no event mask is ever empty: from the start it holds an event that the kernel never
 * reports.
 *
 * <p>EPOLLRDHUP, which Netty sets, is removed from the mask: on that event Netty reads all that the
 * peer has sent, up to the end, even with reading off, and that may be as much as the socket holds
 * (net.ipv4.tcp_rmem: many megabytes). Without it the end is read in order, behind the bytes before
 * it, when reading is on.
 *
 * <p>Once both sides have ended, the kernel always reports EPOLLHUP: repeatedly, if bytes are
 * unsent, or unread while reading is off. So after the peer's end a channel is also edge-triggered:
 * nothing is read from it any more, and Netty requests EPOLLOUT after each write that found no
 * room, so this has no other effect. After our end it is edge-triggered while reading is off.
 *
 * <p>Linux reports a reset after the end as an event, but Netty ignores it: reads still return the
 * end, and Netty stops reading once it has seen that. rsp makes it try again, at each edge, and
 * then asks the kernel for the state of the connection (CVE-2026-42577).
 */
public final class HalfClosed {
  /**
   * EPOLLMSG: epoll_ctl(2) takes it, and Linux has never reported it
   * (include/uapi/linux/eventpoll.h; poll(2) says of POLLMSG that it is unused).
   */
  private static final int NEVER_REPORTED = 0x400;

  /** EPOLLET: epoll_ctl(2). */
  private static final int EDGE_TRIGGERED = 1 << 31;

  /** TCP_CLOSE: include/net/tcp_states.h of Linux. */
  private static final int TCP_CLOSE = 7;

  private static final MethodHandle SET_FLAG;
  private static final MethodHandle CLEAR_FLAG;
  private static final VarHandle EVENTS;
  private static final VarHandle END_WAS_READ;

  static {
    try {
      Class<?> stream = AbstractEpollStreamChannel.class;
      MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(stream, MethodHandles.lookup());
      SET_FLAG =
          lookup.findVirtual(stream, "setFlag", MethodType.methodType(void.class, int.class));
      Class<?> any = stream.getSuperclass();
      MethodHandles.Lookup above = MethodHandles.privateLookupIn(any, MethodHandles.lookup());
      CLEAR_FLAG =
          above.findVirtual(any, "clearFlag", MethodType.methodType(void.class, int.class));
      EVENTS = above.findVarHandle(any, "ops", EpollIoOps.class);
      END_WAS_READ = above.findVarHandle(any, "inputClosedSeenErrorOnRead", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("incompatible version of Netty", e);
    }
  }

  private HalfClosed() {}

  /**
   * Keeps Netty from removing a channel from its epoll set, and from reading it at its end while
   * reading is off. Call it before the registration.
   */
  static void keepWatched(Channel channel) {
    if (channel instanceof AbstractEpollStreamChannel) {
      EpollIoOps events = (EpollIoOps) EVENTS.get(channel);
      EVENTS.set(
          channel, events.without(EpollIoOps.EPOLLRDHUP).with(EpollIoOps.valueOf(NEVER_REPORTED)));
    }
  }

  /** Call it when the end of the peer's side was read. */
  public static void endSeen(Channel channel) {
    if (channel instanceof AbstractEpollStreamChannel epoll && epoll.isOpen()) {
      flag(SET_FLAG, epoll, EDGE_TRIGGERED);
    }
  }

  /**
   * Call it when reading is turned on or off, and when our side has ended: with reading off, the
   * peer's end may be in the socket, behind unread bytes.
   */
  public static void reading(Channel channel, boolean on) {
    if (channel instanceof AbstractEpollStreamChannel epoll
        && epoll.isOpen()
        && epoll.isOutputShutdown()
        && !epoll.isInputShutdown()) {
      flag(on ? CLEAR_FLAG : SET_FLAG, epoll, EDGE_TRIGGERED);
    }
  }

  /**
   * Whether a connection that Netty calls open has no peer yet. Netty may deliver a stale event to
   * a new channel that reuses the descriptor, and take it for the completion of the connect. It
   * then asks the kernel for the peer's address; if there is none, it sets the requested one.
   *
   * @param asked the same object that was passed to connect; null for a Unix socket
   */
  public static boolean notConnected(Channel channel, @Nullable SocketAddress asked) {
    return channel instanceof EpollSocketChannel && channel.remoteAddress() == asked;
  }

  private static void flag(MethodHandle change, AbstractEpollStreamChannel channel, int flag) {
    try {
      change.invoke(channel, flag);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Whether the connection is gone: its peer has reset it after the end of its side, and before the
   * end of ours. Call it whenever the end was read: this makes epoll channels report the next edge,
   * too. Always false with channels of the JDK.
   */
  public static boolean gone(Channel channel) {
    if (!channel.isOpen()) {
      return false;
    }
    if (channel instanceof AbstractEpollStreamChannel) {
      END_WAS_READ.set(channel, false);
    }
    if (channel instanceof EpollSocketChannel tcp) {
      // After our end, too, this is the state of every connection that ended well, and its peer's
      // last bytes may still be on their way to the other side of a tunnel.
      return !tcp.isOutputShutdown() && tcp.tcpInfo().state() == TCP_CLOSE;
    }
    if (channel instanceof UnixChannel other
        && channel instanceof DuplexChannel duplex
        && !duplex.isOutputShutdown()) {
      try {
        // write(2) of 0 bytes sends nothing, and fails if nothing can be sent.
        other.fd().writeAddress(0, 0, 0);
      } catch (IOException e) {
        return true;
      }
    }
    return false;
  }
}
