// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollTcpInfo;
import io.netty.channel.unix.UnixChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import io.netty.channel.uring.IoUringTcpInfo;
import java.io.IOException;

/**
 * Asks the kernel whether the peer of an idle connection has ended it. The loop may get that event
 * only later: in its next turn, or later in this one.
 *
 * <p>One per loop. Makes a system call.
 */
public final class PeerState {
  /** TCP_ESTABLISHED: include/net/tcp_states.h of Linux. */
  private static final int TCP_ESTABLISHED = 1;

  /** TCP_CLOSE: as above. */
  private static final int TCP_CLOSE = 7;

  private final EpollTcpInfo epollInfo = new EpollTcpInfo();
  private final IoUringTcpInfo ringInfo = new IoUringTcpInfo();

  /**
   * Whether a connection is broken, as by a reset, and its channel does not report it while reading
   * is off. Only io_uring needs this; the JDK's channels cannot be asked.
   */
  public boolean broken(Channel channel) {
    return channel instanceof IoUringSocketChannel tcp
        && tcp.isOpen()
        && tcp.tcpInfo(ringInfo).state() == TCP_CLOSE;
  }

  /** Whether the peer has ended it; false if unknown, as with channels of the JDK. */
  public boolean seen(Channel channel) {
    if (channel instanceof EpollSocketChannel tcp) {
      return tcp.tcpInfo(epollInfo).state() != TCP_ESTABLISHED;
    }
    if (channel instanceof IoUringSocketChannel tcp) {
      return tcp.tcpInfo(ringInfo).state() != TCP_ESTABLISHED;
    }
    if (channel instanceof UnixChannel other) {
      try {
        // write(2) of 0 bytes sends nothing, and fails if the peer of a Unix socket has closed.
        other.fd().writeAddress(0, 0, 0);
      } catch (IOException e) {
        return true;
      }
    }
    return false;
  }
}
