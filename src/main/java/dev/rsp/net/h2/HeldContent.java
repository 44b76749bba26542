// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.h2;

import dev.rsp.net.NetLoop;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Content that has come on one stream and that its receiver does not want yet, in order, with the
 * end behind it. The {@link ReceiveWindow} of the stream bounds it. On the loop.
 */
public final class HeldContent implements Runnable {
  /** Smaller content is copied, so that it does not keep a whole read in memory. */
  private static final int COPIED_BYTES = 2_048;

  private final NetLoop net;
  private final Runnable receiver;
  private @Nullable ByteBuf bytes;

  /** Whether the end has come with it. */
  private boolean last;

  /** Whether {@link #run} follows. */
  private boolean passing;

  /**
   * Nothing yet.
   *
   * @param receiver takes what is held, if it wants it, some time after {@link #passSoon}
   */
  public HeldContent(NetLoop net, Runnable receiver) {
    this.net = net;
    this.receiver = receiver;
  }

  /** Whether nothing is held. */
  public boolean isEmpty() {
    return bytes == null;
  }

  /** Whether content that comes now must be held, too, because other is to be passed on first. */
  public boolean precedes() {
    return bytes != null || passing;
  }

  /**
   * Holds content, perhaps none.
   *
   * @param more stays the caller's
   * @param end whether the content is complete with it
   */
  public void add(ByteBuf more, boolean end) {
    ByteBuf all = bytes;
    if (all == null) {
      all = net.allocator().directBuffer(Math.max(1, more.readableBytes()));
      bytes = all;
    }
    all.writeBytes(more);
    last = end;
  }

  /** The receiver wants it. Not at once, because it is still at work. */
  public void passSoon() {
    if (!passing) {
      passing = true;
      net.execute(this);
    }
  }

  @Override
  public void run() {
    passing = false;
    receiver.run();
  }

  /** Whether the content is complete with what is held. */
  public boolean isLast() {
    return last;
  }

  /** Gives what is held to the caller; null if nothing is. */
  public @Nullable ByteBuf take() {
    ByteBuf taken = bytes;
    bytes = null;
    return taken;
  }

  /** Releases what is held. */
  public void release() {
    ByteBuf rest = take();
    if (rest != null) {
      rest.release();
    }
  }

  /** The capacity of what is held. */
  public int heldBytes() {
    return bytes == null ? 0 : bytes.capacity();
  }

  /**
   * Content that is not held, in a buffer for the receiver alone.
   *
   * @param content stays the caller's
   */
  public ByteBuf unheld(ByteBuf content) {
    int octets = content.readableBytes();
    return octets < COPIED_BYTES
        ? net.allocator().directBuffer(Math.max(1, octets)).writeBytes(content)
        : content.retainedSlice();
  }
}
