// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelException;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;

/**
 * Sizes the buffers that sockets are read into.
 *
 * <p>Each has {@value #HEADROOM_BYTES} bytes free in front, so that a head that grew on its way
 * through rsp still fits before the body that came with it, and both leave in one write. A
 * connection starts small, and grows while its reads fill their buffers.
 */
final class ReadBuffers extends DefaultMaxMessagesRecvByteBufAllocator {
  /** More than the fields that rsp adds to a head: 13 for Via, up to 330 for the host twice. */
  static final int HEADROOM_BYTES = 512;

  /** Between a small page and a body that is worth the largest read. */
  private static final int MIDDLE_BYTES = 16 * 1024;

  /**
   * The largest read. Measured with the benchmark's relay and 1 MiB bodies, in multiples of
   * HAProxy's CPU time: 0.65 to 0.83 at 64 KiB, 0.42 to 0.61 at 256 KiB, about 0.5 at 512 KiB. A
   * slow client can hold as much.
   */
  static final int LARGEST_BYTES = 256 * 1024;

  private final int firstBytes;
  private final HotBuffer hot;

  /**
   * Buffers for one kind of connection.
   *
   * @param firstBytes size of the first read
   * @param hot where the largest reads go
   */
  ReadBuffers(int firstBytes, HotBuffer hot) {
    this.firstBytes = firstBytes;
    this.hot = hot;
    // A short read ends the loop of reads for one event; another would only find nothing.
    respectMaybeMoreData(true);
  }

  @Override
  @SuppressWarnings("deprecation") // the type of the inherited method
  public Handle newHandle() {
    return new Sizes();
  }

  private final class Sizes extends MaxMessageHandle {
    private int bytes = firstBytes;

    @Override
    public int guess() {
      return bytes;
    }

    @Override
    public ByteBuf allocate(ByteBufAllocator alloc) {
      ByteBuf buffer;
      try {
        buffer =
            bytes == LARGEST_BYTES
                ? hot.take(alloc, HEADROOM_BYTES + LARGEST_BYTES)
                : alloc.directBuffer(HEADROOM_BYTES + bytes);
      } catch (OutOfMemoryError e) {
        // An exception ends this connection. With io_uring an Error here would end the loop.
        throw new ChannelException("no memory to read into", e);
      }
      return buffer.setIndex(HEADROOM_BYTES, HEADROOM_BYTES);
    }

    @Override
    public void lastBytesRead(int read) {
      if (read == attemptedBytesRead()) {
        bytes = bytes < MIDDLE_BYTES ? MIDDLE_BYTES : LARGEST_BYTES;
      } else if (read < bytes / 32) {
        bytes = firstBytes;
      }
      super.lastBytesRead(read);
    }
  }
}
