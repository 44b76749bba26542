// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

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
 * Keeps a channel whose peer has ended its side from being lost, and sees when the rest of it
 * breaks.
 *
 * <p>When an epoll channel waits for no event at all, Netty (since 4.2.13, pull request 16689)
 * takes it out of the epoll set, but still believes it to be in. To wait for anything then fails,
 * and what was yet to come or to go is lost: a body that was not to be read while its backend was
 * connected to, the end of a large response, or of a tunnel's bytes. What clears the last event is
 * the peer's end, or that of another connection: one that was closed in this turn of the loop, had
 * the same descriptor, and an event that is only looked at now. So no event mask is ever empty:
 * from the start it holds an event that the kernel never reports.
 *
 * <p>Nor does a mask ever hold EPOLLRDHUP, which Netty asks for: told of it, Netty reads all that
 * the peer has sent, up to the end, whether or not the channel is to be read, and that may be as
 * much as the socket holds (net.ipv4.tcp_rmem: many megabytes). Without it the end is read where it
 * stands, behind the bytes before it, as soon as these are wanted.
 *
 * <p>Once both sides have ended, the kernel reports that without being asked, and again and again
 * if something is yet to be sent, or to be read by a channel that is not to be read. So from the
 * end of its peer's side on, a channel is also marked edge-triggered: nothing is read from it any
 * more, and Netty asks for room again after each write that found none, so it makes no other
 * difference. From the end of our side on it is while it is not to be read.
 *
 * <p>A reset behind the end is an event of its own, but not for Netty: Linux goes on to answer
 * reads with the end, and Netty does not even try once it has seen that. It is made to try again,
 * at each edge; then the kernel is asked what is left of the connection (CVE-2026-42577).
 */
final class HalfClosed {
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
      throw new LinkageError("not the Netty that this was written for", e);
    }
  }

  private HalfClosed() {}

  /**
   * Keeps Netty from taking a channel out of its epoll set, and from reading it at its end against
   * our will. To be called before it is registered.
   */
  static void keepWatched(Channel channel) {
    if (channel instanceof AbstractEpollStreamChannel) {
      EpollIoOps events = (EpollIoOps) EVENTS.get(channel);
      EVENTS.set(
          channel, events.without(EpollIoOps.EPOLLRDHUP).with(EpollIoOps.valueOf(NEVER_REPORTED)));
    }
  }

  /** To be called when the end of the peer's side is seen. */
  static void endSeen(Channel channel) {
    if (channel instanceof AbstractEpollStreamChannel epoll && epoll.isOpen()) {
      flag(SET_FLAG, epoll, EDGE_TRIGGERED);
    }
  }

  /**
   * To be called when a channel is to be read or no longer, and when our side of it has ended: a
   * channel that is not read may have its peer's end in the socket, behind what is yet to be read.
   */
  static void reading(Channel channel, boolean on) {
    if (channel instanceof AbstractEpollStreamChannel epoll
        && epoll.isOpen()
        && epoll.isOutputShutdown()
        && !epoll.isInputShutdown()) {
      flag(on ? CLEAR_FLAG : SET_FLAG, epoll, EDGE_TRIGGERED);
    }
  }

  /**
   * Whether a connection that Netty calls open has no peer yet. Of what one epoll_wait told, Netty
   * hands what is left for a descriptor that was closed meanwhile to the new connection that got
   * the same number, and takes it for the word that this one is open. It then asks the kernel for
   * the peer's address, and if there is none puts the one that was asked for in its place.
   *
   * @param asked the very object that was given to connect; null for a Unix socket
   */
  static boolean notConnected(Channel channel, @Nullable SocketAddress asked) {
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
   * Whether nothing of the connection is left: its peer has broken it after the end of its side,
   * and before the end of ours. To be asked whenever the end was read, which makes epoll channels
   * tell of the next edge, too; channels of the JDK do not know.
   */
  static boolean gone(Channel channel) {
    if (!channel.isOpen()) {
      return false;
    }
    if (channel instanceof AbstractEpollStreamChannel) {
      END_WAS_READ.set(channel, false);
    }
    if (channel instanceof EpollSocketChannel tcp) {
      // Once our side has ended, too, it is the state of every connection that ended well, and what
      // its peer sent last may still be on its way to the other side of a tunnel.
      return !tcp.isOutputShutdown() && tcp.tcpInfo().state() == TCP_CLOSE;
    }
    if (channel instanceof UnixChannel other
        && channel instanceof DuplexChannel duplex
        && !duplex.isOutputShutdown()) {
      try {
        // write(2) of nothing sends nothing, and fails if nothing could be sent.
        other.fd().writeAddress(0, 0, 0);
      } catch (IOException e) {
        return true;
      }
    }
    return false;
  }
}
