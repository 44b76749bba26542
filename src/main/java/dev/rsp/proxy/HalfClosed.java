// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import io.netty.channel.Channel;
import io.netty.channel.epoll.AbstractEpollStreamChannel;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Keeps a channel whose peer has ended its side able to wait for room to write.
 *
 * <p>When an epoll channel waits for no event at all, Netty (since 4.2.13, pull request 16689)
 * takes it out of the epoll set, but still believes it to be in. To wait for room to write then
 * fails, and what was yet to be sent is lost: the end of a large response, or of a tunnel's bytes.
 * A peer's end is what clears the last events of a channel, so from then on it is marked
 * edge-triggered, which is an event mask that is never empty. Nothing is read from it any more, and
 * Netty asks for room again after each write that found none, so it makes no other difference.
 */
final class HalfClosed {
  /** EPOLLET: epoll_ctl(2). */
  private static final int EDGE_TRIGGERED = 1 << 31;

  private static final MethodHandle SET_FLAG = setFlag();

  private HalfClosed() {}

  private static MethodHandle setFlag() {
    try {
      return MethodHandles.privateLookupIn(AbstractEpollStreamChannel.class, MethodHandles.lookup())
          .findVirtual(
              AbstractEpollStreamChannel.class,
              "setFlag",
              MethodType.methodType(void.class, int.class));
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("not the Netty that this was written for", e);
    }
  }

  /** To be called when the end of the peer's side is seen. */
  static void keepWritable(Channel channel) {
    if (channel instanceof AbstractEpollStreamChannel epoll && epoll.isOpen()) {
      try {
        SET_FLAG.invoke(epoll, EDGE_TRIGGERED);
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
