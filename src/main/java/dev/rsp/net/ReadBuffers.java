// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelException;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import java.util.function.IntSupplier;

/**
 * Sizes the read buffers of one connection.
 *
 * <p>Each has {@value #HEADROOM_BYTES} bytes free in front, so that a head that rsp has made longer
 * still fits before the body that came with it, and both leave in one write. A connection starts
 * small, and grows while its reads fill their buffers, as far as the receiver of the bytes and the
 * memory of the loop allow.
 *
 * <p>All sizes include the free bytes in front and are powers of two, because these are size
 * classes of Netty's allocators: one byte more would take a fifth more memory.
 */
public final class ReadBuffers extends DefaultMaxMessagesRecvByteBufAllocator {
  /** More than the fields that rsp adds to a head: 13 for Via, up to 330 for the host twice. */
  public static final int HEADROOM_BYTES = 512;

  /** A request head fits nearly always, so that one read takes it in. */
  public static final int SMALL_BYTES = 4 * 1024;

  /** A small page fits with its head. A stalled connection holds one such read. */
  public static final int MIDDLE_BYTES = 16 * 1024;

  public static final int LARGE_BYTES = 64 * 1024;

  /**
   * The largest read. Measured with the benchmark's relay and 1 MiB bodies, in multiples of
   * HAProxy's CPU time: 0.65 to 0.83 at 64 KiB, 0.42 to 0.61 at 256 KiB, about 0.5 at 512 KiB.
   */
  public static final int LARGEST_BYTES = 256 * 1024;

  /** From one size to the next. */
  private static final int GROWTH = 4;

  private final LoopMemory memory;
  private final int firstBytes;
  private final IntSupplier mostBytes;

  /**
   * Buffers for one connection.
   *
   * @param firstBytes size of the first read
   * @param mostBytes how large the next read may be for the receiver of the bytes
   */
  ReadBuffers(LoopMemory memory, int firstBytes, IntSupplier mostBytes) {
    this.memory = memory;
    this.firstBytes = firstBytes;
    this.mostBytes = mostBytes;
    // A short read ends the reads for one event; another would find nothing.
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
      return memory.bounded(size()) - HEADROOM_BYTES;
    }

    @Override
    public ByteBuf allocate(ByteBufAllocator alloc) {
      ByteBuf buffer;
      try {
        buffer = memory.readBuffer(size());
      } catch (OutOfMemoryError e) {
        // An exception ends this connection. With io_uring an Error would end the loop.
        throw new ChannelException("no memory to read into", e);
      }
      return buffer.setIndex(HEADROOM_BYTES, HEADROOM_BYTES);
    }

    private int size() {
      // This size is allowed for any receiver.
      int most = bytes <= MIDDLE_BYTES ? bytes : mostBytes.getAsInt();
      return Math.min(bytes, most);
    }

    @Override
    public void lastBytesRead(int read) {
      if (read == attemptedBytesRead()) {
        bytes = Math.min(bytes * GROWTH, LARGEST_BYTES);
      } else if (read < bytes / 32) {
        bytes = firstBytes;
      } else if (read < attemptedBytesRead() / GROWTH) {
        bytes = Math.max(bytes / GROWTH, firstBytes);
      }
      super.lastBytesRead(read);
    }
  }
}
