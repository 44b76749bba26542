// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Joins the small messages that one turn of the loop writes to a channel, such as the frames of
 * HTTP/2: a write through the pipeline, and a place in the queues of the channel and of its TLS
 * handler, cost more than a copy of so few bytes. Large messages pass, in order.
 *
 * <p>One per connection, on its loop. What is written leaves at the end of the turn, as with {@link
 * TurnFlusher}.
 */
public final class WriteBatch implements Runnable {
  /** A larger message is not copied. */
  private static final int SMALL_BYTES = 2 * 1024;

  /** The content of one TLS record (RFC 8446 §5.1). */
  private static final int MOST_BYTES = 16 * 1024;

  /** A single small frame fits; it grows twofold, so that a full socket holds few unused bytes. */
  private static final int FIRST_BYTES = 256;

  private final Channel channel;
  private final TurnFlusher flusher;
  private final ByteBufAllocator allocator;
  private final IntSupplier mostHeldBytes;
  private final Consumer<Throwable> failed;

  /** What is joined so far; null if nothing is. */
  private @Nullable ByteBuf joined;

  /** Whether {@link #run} follows in this turn. */
  private boolean waits;

  /**
   * The batch of a channel.
   *
   * @param mostHeldBytes with so much or more written, the channel is flushed at once
   * @param failed takes what a write at the end of the turn throws
   */
  public WriteBatch(
      Channel channel,
      TurnFlusher flusher,
      ByteBufAllocator allocator,
      IntSupplier mostHeldBytes,
      Consumer<Throwable> failed) {
    this.channel = channel;
    this.flusher = flusher;
    this.allocator = allocator;
    this.mostHeldBytes = mostHeldBytes;
    this.failed = failed;
  }

  /** Writes a message, and takes over the buffer. */
  public void send(ByteBuf bytes) {
    int octets = bytes.readableBytes();
    try {
      if (joined != null && joined.readableBytes() + octets > MOST_BYTES) {
        write();
      }
      if (octets <= SMALL_BYTES) {
        join(bytes);
        bytes.release();
        return;
      }
      write();
    } catch (Throwable e) {
      bytes.release();
      throw e;
    }
    flusher.send(channel, bytes, mostHeldBytes.getAsInt());
  }

  private void join(ByteBuf bytes) {
    ByteBuf all = joined;
    if (all == null) {
      all = allocator.directBuffer(Math.max(FIRST_BYTES, bytes.readableBytes()), MOST_BYTES);
      joined = all;
    }
    all.writeBytes(bytes);
    if (!waits) {
      waits = true;
      channel.eventLoop().execute(this);
    }
  }

  /** Gives the channel what is joined: before it is closed or flushed by others. */
  public void write() {
    ByteBuf all = joined;
    joined = null;
    if (all != null) {
      flusher.send(channel, all, mostHeldBytes.getAsInt());
    }
  }

  /** The end of the turn. */
  @Override
  public void run() {
    waits = false;
    try {
      write();
    } catch (Throwable e) {
      failed.accept(e);
    }
  }

  /** Bytes that are joined, or that the kernel has not taken yet. */
  public long unsentBytes() {
    return (joined == null ? 0 : joined.readableBytes()) + TurnFlusher.unsentBytes(channel);
  }

  /** The channel is closed: what is joined is released. */
  public void release() {
    ByteBuf all = joined;
    joined = null;
    if (all != null) {
      all.release();
    }
  }
}
