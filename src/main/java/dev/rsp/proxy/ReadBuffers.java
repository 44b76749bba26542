// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
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

  /**
   * The largest read. Measured: a 1 MiB body costs 10 % less CPU at 256 KiB per read than at 64;
   * more brings nothing, as it no longer fits the processor's cache.
   */
  static final int LARGEST_BYTES = 256 * 1024;

  private final int firstBytes;

  /**
   * Buffers for one kind of connection.
   *
   * @param firstBytes size of the first read
   */
  ReadBuffers(int firstBytes) {
    this.firstBytes = firstBytes;
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
      return alloc.directBuffer(HEADROOM_BYTES + bytes).setIndex(HEADROOM_BYTES, HEADROOM_BYTES);
    }

    @Override
    public void lastBytesRead(int read) {
      if (read == attemptedBytesRead()) {
        bytes = Math.min(LARGEST_BYTES, bytes * 4);
      } else if (read < bytes / 16) {
        bytes = Math.max(firstBytes, bytes / 4);
      }
      super.lastBytesRead(read);
    }
  }
}
