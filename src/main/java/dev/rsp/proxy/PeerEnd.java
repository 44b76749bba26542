// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollTcpInfo;
import io.netty.channel.unix.UnixChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import io.netty.channel.uring.IoUringTcpInfo;
import java.io.IOException;

/**
 * Asks the kernel whether the peer of an idle connection has ended it. The loop hears of that only
 * when it comes to the event: in its next turn, or in this one behind what it looks at now.
 *
 * <p>One loop's. It costs a system call.
 */
final class PeerEnd {
  /** TCP_ESTABLISHED: include/net/tcp_states.h of Linux. */
  private static final int TCP_ESTABLISHED = 1;

  /** TCP_CLOSE: as above. */
  private static final int TCP_CLOSE = 7;

  private final EpollTcpInfo epollInfo = new EpollTcpInfo();
  private final IoUringTcpInfo ringInfo = new IoUringTcpInfo();

  /**
   * Whether a connection is broken, as by a reset, and its channel does not say so while it is not
   * read. Only io_uring's need to be asked; those of the JDK cannot be.
   */
  boolean broken(Channel channel) {
    return channel instanceof IoUringSocketChannel tcp
        && tcp.isOpen()
        && tcp.tcpInfo(ringInfo).state() == TCP_CLOSE;
  }

  /** Whether it has; false if nobody can say, as with channels of the JDK. */
  boolean seen(Channel channel) {
    if (channel instanceof EpollSocketChannel tcp) {
      return tcp.tcpInfo(epollInfo).state() != TCP_ESTABLISHED;
    }
    if (channel instanceof IoUringSocketChannel tcp) {
      return tcp.tcpInfo(ringInfo).state() != TCP_ESTABLISHED;
    }
    if (channel instanceof UnixChannel other) {
      try {
        // write(2) of nothing sends nothing, and fails if the peer of a Unix socket has closed.
        other.fd().writeAddress(0, 0, 0);
      } catch (IOException e) {
        return true;
      }
    }
    return false;
  }
}
