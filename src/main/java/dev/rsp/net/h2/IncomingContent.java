// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.h2;

import dev.rsp.net.NetLoop;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Content that comes in on one stream: counts it against its window and its length, passes it on,
 * and holds what its owner does not take yet, in order, with the end behind it. The window is
 * opened again only for what the owner has taken (RFC 9113 §5.2), so no more than a window of it is
 * held. On the loop.
 */
public final class IncomingContent implements Runnable {
  /** Smaller content is copied, so that it does not keep a whole read in memory. */
  private static final int COPIED_BYTES = 2_048;

  /** The stream that the content belongs to. */
  public interface Owner {
    /** Whether content that it wants may be passed on now. */
    boolean takesContent();

    /**
     * Content, in order.
     *
     * @param bytes perhaps none; taken over
     * @param last whether the content is complete with it
     */
    void content(ByteBuf bytes, boolean last);

    /**
     * More than half of the window was taken. The owner opens it, and tells the peer, if the stream
     * goes on.
     *
     * @param keptUp whether all content was wanted since it was opened last
     */
    void openWindow(ReceiveWindow window, boolean keptUp);

    /** An unexpected exception while what was held was passed on. */
    void failed(Throwable cause);
  }

  private final NetLoop net;
  private final Owner owner;
  private final ReceiveWindow window;

  /** Octets that were announced; -1 if none were. */
  private long length = -1;

  /** Octets that have come, and whether the end has. */
  private long received;

  private boolean ended;

  /** Whether the owner wants more of it. */
  private boolean wanted = true;

  /** Whether it has wanted all content since the window was opened last. */
  private boolean keptUp = true;

  /** What is held; null if nothing is. */
  private @Nullable ByteBuf held;

  /** Whether the end is held with it. */
  private boolean endHeld;

  /** Whether {@link #run} follows. */
  private boolean passing;

  /**
   * Nothing yet; it is wanted.
   *
   * @param windowBytes of which the peer knows
   */
  public IncomingContent(NetLoop net, Owner owner, int windowBytes) {
    this.net = net;
    this.owner = owner;
    this.window = new ReceiveWindow(windowBytes);
  }

  // What comes -----------------------------------------------------------------------------------

  /** The head has announced so many octets; -1 if it has not. */
  public void announce(long octets) {
    length = octets;
  }

  /** The end has come with the head: there is no content. */
  public void end() {
    ended = true;
  }

  /** Whether the peer may send so many octets. */
  public boolean admits(int octets) {
    return window.admits(octets);
  }

  /**
   * Counts content that has come; {@link #add} follows if it is needed.
   *
   * @param padding octets beside it, for which the window is opened again
   * @return false if it is not as long as announced (RFC 9113 §8.1.1)
   */
  public boolean count(int octets, int padding, boolean last) {
    window.receive(octets + padding);
    window.take(padding);
    received += octets;
    ended = last;
    return length < 0 || (last ? received == length : received <= length);
  }

  /**
   * Passes content on, or holds it.
   *
   * @param bytes perhaps none; stays the caller's
   * @return whether it is held
   */
  public boolean add(ByteBuf bytes, boolean last) {
    boolean takes = wanted && owner.takesContent();
    if (takes && held == null && !passing) {
      pass(unheld(bytes), last);
      return false;
    }
    hold(bytes, last);
    if (takes) {
      passHeld();
    }
    return true;
  }

  private void hold(ByteBuf bytes, boolean last) {
    ByteBuf all = held;
    if (all == null) {
      all = net.allocator().directBuffer(Math.max(1, bytes.readableBytes()));
      held = all;
    }
    all.writeBytes(bytes);
    endHeld = last;
  }

  /** A buffer for the owner alone. */
  private ByteBuf unheld(ByteBuf bytes) {
    int octets = bytes.readableBytes();
    return octets < COPIED_BYTES
        ? net.allocator().directBuffer(Math.max(1, octets)).writeBytes(bytes)
        : bytes.retainedSlice();
  }

  private void pass(ByteBuf bytes, boolean last) {
    window.take(bytes.readableBytes());
    owner.content(bytes, last);
    openWindow();
  }

  /** By half of it or more: one frame for many of the peer's. */
  private void openWindow() {
    if (wanted && held == null && !ended && window.isDue()) {
      boolean before = keptUp;
      keptUp = true;
      owner.openWindow(window, before);
    }
  }

  // What the owner wants -------------------------------------------------------------------------

  /** Whether the owner wants more. */
  public boolean wanted() {
    return wanted;
  }

  /** The owner wants more, or no more for now. */
  public void want(boolean on) {
    wanted = on;
    keptUp &= on;
    if (on) {
      passHeld();
      openWindow();
    }
  }

  /** The owner may take what is held. It gets it some time later, because it is still at work. */
  public void passHeld() {
    if (held != null && !passing) {
      passing = true;
      net.execute(this);
    }
  }

  /** Passes on what is held, if the owner takes it by now. */
  @Override
  public void run() {
    passing = false;
    ByteBuf bytes = wanted && owner.takesContent() ? takeHeld() : null;
    if (bytes == null) {
      return;
    }
    try {
      pass(bytes, endHeld);
    } catch (Throwable e) {
      owner.failed(e);
    }
  }

  // What there is --------------------------------------------------------------------------------

  /** Whether all of it has come. */
  public boolean ended() {
    return ended;
  }

  /** Octets that have come. */
  public long received() {
    return received;
  }

  /** The whole window, in octets. */
  public int windowBytes() {
    return window.bytes();
  }

  /** Gives what is held to the caller; null if nothing is. */
  public @Nullable ByteBuf takeHeld() {
    ByteBuf taken = held;
    held = null;
    return taken;
  }

  /** Releases what is held. */
  public void release() {
    ByteBuf rest = takeHeld();
    if (rest != null) {
      rest.release();
    }
  }

  /** The capacity of what is held. */
  public int heldBytes() {
    return held == null ? 0 : held.capacity();
  }
}
