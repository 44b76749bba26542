// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.h2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.AsciiString;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Content that goes out on one stream: what the windows of its peer do not admit yet is kept here,
 * in order, with the end and the trailers behind it. The {@link SendQueue} of the connection sends
 * it. On the loop.
 */
public final class OutgoingContent {
  /** The stream that the content belongs to. */
  public interface Owner {
    /**
     * A frame was written.
     *
     * @param content octets of content in it
     * @param octets of the frame, and of the trailers behind it
     */
    void frameWritten(int content, int octets);

    /** All that was pending is written, and the stream may have more. */
    void drained();
  }

  /** Fewer octets are copied for less than another call of the TLS handler. */
  private static final int COPIED_BYTES = 4 * 1024;

  private final int stream;
  private final FrameOutput output;
  private final Owner owner;
  private final ArrayDeque<ByteBuf> pending = new ArrayDeque<>(2);
  private int pendingBytes;

  /** Whether the first pending buffer is whole, so that what lies before it may be overwritten. */
  private boolean frontIsOwn;

  /** The part of the first pending buffer that was written last; null if none was. */
  private @Nullable ByteBuf before;

  private long window;
  private @Nullable List<AsciiString> trailers;

  /** Whether the content is complete with what is pending, and whether that is written. */
  private boolean endPending;

  private boolean ended;
  private boolean released;

  /** Whether it is in the queue of the connection. */
  private boolean queued;

  /**
   * Nothing yet.
   *
   * @param window octets of content that the peer takes at first
   */
  public OutgoingContent(int stream, FrameOutput output, Owner owner, long window) {
    this.stream = stream;
    this.output = output;
    this.owner = owner;
    this.window = window;
  }

  /**
   * Adds content, perhaps none, and takes over the buffer. {@link SendQueue#send} sends it; after
   * {@link #release} it is released at once.
   */
  public void add(ByteBuf bytes) {
    if (bytes.isReadable() && !released) {
      frontIsOwn |= pending.isEmpty();
      pendingBytes += bytes.readableBytes();
      pending.add(bytes);
    } else {
      bytes.release();
    }
  }

  /** Keeps the fields behind the content: names and values in turn. The end follows. */
  public void trailers(List<AsciiString> fields) {
    trailers = fields;
  }

  /** The content is complete. {@link SendQueue#send} says so to the peer. */
  public void end() {
    endPending = true;
  }

  /** The end was written with other frames. */
  public void endWritten() {
    endPending = true;
    ended = true;
  }

  /** Whether the content is complete. */
  public boolean endPending() {
    return endPending;
  }

  /** Whether its end is written. */
  public boolean ended() {
    return ended;
  }

  /** Octets that are pending. */
  public int bytes() {
    return pendingBytes;
  }

  /** The capacity of the buffers that hold them. */
  public long heldBytes() {
    long bytes = 0;
    for (ByteBuf each : pending) {
      bytes += each.capacity();
    }
    return bytes;
  }

  /** Octets that the peer takes on this stream. */
  public long window() {
    return window;
  }

  /**
   * The peer lets more be sent, or less: a change of its settings.
   *
   * @return false if the window is larger than RFC 9113 §6.9.1 allows
   */
  public boolean addWindow(long octets) {
    window += octets;
    return window <= Integer.MAX_VALUE;
  }

  /** Nothing more is sent. */
  public void release() {
    released = true;
    pending.forEach(ByteBuf::release);
    pending.clear();
    pendingBytes = 0;
  }

  // For the queue --------------------------------------------------------------------------------

  boolean queued() {
    return queued;
  }

  void queued(boolean now) {
    queued = now;
  }

  /** Whether there is something that its own window allows to be sent. */
  boolean hasSomethingToSend() {
    return !released && (pendingBytes > 0 ? window > 0 : endPending && !ended);
  }

  void drained() {
    owner.drained();
  }

  /**
   * Sends one frame of what is pending, and the trailers if nothing else is.
   *
   * @param most octets, at least 1 if any are pending
   * @return how many octets of the connection's window it took
   */
  int sendFrame(int most) {
    int octets = 0;
    int written = 0;
    ByteBuf front = pending.peek();
    if (front != null) {
      octets = FrameOutput.frameBytes(front.readableBytes());
      octets = (int) Math.min(octets, Math.min(most, window));
      boolean whole = octets == front.readableBytes();
      boolean last = whole && endPending && pending.size() == 1 && trailers == null;
      boolean own = ownsFront(front, octets);
      ByteBuf part = whole ? front : part(front, octets, own ? FrameOutput.FRAME_HEAD_BYTES : 0);
      frontIsOwn = whole;
      before = whole ? null : part;
      if (whole) {
        pending.remove();
      }
      pendingBytes -= octets;
      window -= octets;
      output.data(stream, part, own, last);
      written = octets + FrameOutput.FRAME_HEAD_BYTES;
    }
    if (endPending && pendingBytes == 0) {
      ended = true;
      written += sendEnd(front == null);
    }
    owner.frameWritten(octets, written);
    return octets;
  }

  /**
   * Whether the head of a frame may be written in front of this buffer's octets. Behind a part that
   * was written, it may when that is free: otherwise the octets have to be copied.
   */
  private boolean ownsFront(ByteBuf front, int octets) {
    if (front.readerIndex() < FrameOutput.FRAME_HEAD_BYTES) {
      return false;
    }
    ByteBuf part = before;
    if (part == null) {
      return frontIsOwn;
    }
    return octets >= COPIED_BYTES && output.isFree(part);
  }

  /** Takes the next octets of a buffer, with so many before them. */
  private static ByteBuf part(ByteBuf front, int octets, int extra) {
    ByteBuf part = front.retainedSlice(front.readerIndex() - extra, extra + octets);
    front.skipBytes(octets);
    return part.skipBytes(extra);
  }

  /** RFC 9113 §8.1: trailers end the stream; without them the last frame of content does. */
  private int sendEnd(boolean noContent) {
    List<AsciiString> fields = trailers;
    if (fields != null) {
      output.startBlock();
      for (int at = 0; at < fields.size(); at += 2) {
        output.field(fields.get(at), fields.get(at + 1));
      }
      return output.headers(stream, true);
    }
    if (noContent) {
      output.data(stream, Unpooled.EMPTY_BUFFER, false, true);
      return FrameOutput.FRAME_HEAD_BYTES;
    }
    return 0;
  }
}
