// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client.h1;

import dev.rsp.client.CountedRefusal;
import dev.rsp.config.Limits;
import dev.rsp.http.Parsed;
import dev.rsp.http.RequestHead;
import dev.rsp.http.h1.BodyFraming;
import dev.rsp.http.h1.BodyFraming.Progress;
import dev.rsp.http.h1.HeadParser;
import dev.rsp.net.ReadBuffers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import org.jspecify.annotations.Nullable;

/**
 * Parses heads and bodies from the bytes of one client connection, and holds bytes that are not
 * consumed yet: part of a head, or pipelined requests.
 *
 * <p>At most one read is held behind the bytes being parsed: while a request is answered, the
 * connection is not read, and pipelined requests wait in the socket.
 */
final class RequestReader {
  /** Two CRLFs: see {@link HeadParser}. */
  private static final int MAX_EMPTY_LINES_BYTES = 4;

  /** More than rsp adds to a head and the free bytes in front: see {@link ReadBuffers}. */
  private static final int ROOM_BYTES = ReadBuffers.HEADROOM_BYTES + 1024;

  private final ByteBufAllocator allocator;
  private final BodyFraming framing = new BodyFraming();
  private @Nullable ByteBuf held;
  private long maxBodyBytes;

  /** The Content-Length of the body; 0 if it is chunked. */
  private long length;

  private Progress progress = Progress.DONE;

  /** Whether nothing more is read. */
  private boolean closed;

  RequestReader(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  /** Holds bytes, and takes over the buffer. */
  void hold(ByteBuf bytes) {
    ByteBuf before = held;
    if (before == null) {
      held = bytes;
    } else {
      try {
        before.discardReadBytes();
        before.writeBytes(bytes);
      } finally {
        bytes.release();
      }
    }
  }

  /**
   * Holds more of a head, and takes over the buffer.
   *
   * @return whether to parse it: an incomplete head is parsed again only when a line has ended, see
   *     {@link HeadParser}
   */
  boolean holdHead(ByteBuf bytes, int maxHeadBytes) {
    ByteBuf before = held;
    if (closed) {
      bytes.release();
      return false;
    }
    if (before == null) {
      held = bytes;
      return true;
    }
    boolean look =
        before.readableBytes() <= MAX_EMPTY_LINES_BYTES
            || before.readableBytes() + bytes.readableBytes() >= maxHeadBytes
            || ByteBufUtil.indexOf(bytes, bytes.readerIndex(), bytes.writerIndex(), (byte) '\n')
                >= 0;
    hold(bytes);
    return look;
  }

  /** Whether more is held than the empty lines that may stand before a request. */
  boolean headHasBegun() {
    ByteBuf bytes = held;
    if (bytes == null || bytes.readableBytes() > MAX_EMPTY_LINES_BYTES) {
      return bytes != null;
    }
    for (int i = bytes.readerIndex(); i < bytes.writerIndex(); i++) {
      if (bytes.getByte(i) != '\r' && bytes.getByte(i) != '\n') {
        return true;
      }
    }
    return false;
  }

  /** The capacity of what is held. */
  int heldBytes() {
    return held == null ? 0 : held.capacity();
  }

  /** Whether a buffer is held, even an empty one. */
  boolean holdsBuffer() {
    return held != null;
  }

  /**
   * Parses the head at the start of the bytes without consuming it. Releases an empty buffer.
   *
   * @return null if there are no bytes
   */
  @Nullable Parsed readHead(HeadParser parser, RequestHead head) {
    ByteBuf bytes = held;
    if (bytes == null) {
      return null;
    }
    if (!bytes.isReadable()) {
      release();
      return null;
    }
    return parser.request(bytes, head);
  }

  /**
   * Consumes a parsed head, and the bytes of its body that have come.
   *
   * @return the first bytes of the body, perhaps none, for the caller; null if there is a {@link
   *     #fault}
   */
  @Nullable ByteBuf startBody(RequestHead head, Limits limits) {
    ByteBuf bytes = held;
    if (bytes == null) {
      throw new IllegalStateException("no bytes");
    }
    maxBodyBytes = limits.bodyBytes();
    length = Math.max(0, head.contentLength());
    if (head.chunked()) {
      framing.limitChunks(limits.chunkExtBytes(), limits.trailerBytes());
      framing.startChunked(true);
    } else {
      framing.startLength(length);
    }
    progress = framing.accept(bytes.skipBytes(head.length()));
    return progress == Progress.MALFORMED || isTooLarge() ? null : split(bytes);
  }

  /**
   * Consumes more of the body, and takes over the buffer.
   *
   * @return the bytes of the body, for the caller; null if there is a {@link #fault}
   */
  @Nullable ByteBuf readBody(ByteBuf bytes) {
    boolean fault = true;
    try {
      progress = framing.accept(bytes);
      fault = progress == Progress.MALFORMED || isTooLarge();
    } finally {
      if (fault) {
        bytes.release();
      }
    }
    return fault ? null : split(bytes);
  }

  /** Whether the body is complete with what was read of it. */
  boolean bodyEnded() {
    return progress == Progress.DONE;
  }

  private boolean isTooLarge() {
    return maxBodyBytes > 0 && length + framing.announced() > maxBodyBytes;
  }

  /**
   * Why the body is not passed on. Only if {@link #startBody} or {@link #readBody} returned null.
   */
  CountedRefusal fault() {
    if (progress != Progress.MALFORMED) {
      return CountedRefusal.BODY_TOO_LARGE;
    }
    return framing.tooManyExtensions()
        ? CountedRefusal.CHUNK_EXT
        : framing.tooManyTrailers() ? CountedRefusal.TRAILER : CountedRefusal.BODY_MALFORMED;
  }

  /** Splits off the bytes of the body, for the caller; what follows is held. */
  private ByteBuf split(ByteBuf in) {
    if (framing.consumedEnd() == in.writerIndex()) {
      held = null;
      return in.writerIndex(framing.forwardEnd());
    }
    held = in; // first: if the next lines throw, it is released with the connection
    int bytes = framing.forwardEnd() - in.readerIndex();
    ByteBuf body = allocator.directBuffer(ROOM_BYTES + bytes);
    body.setIndex(ROOM_BYTES, ROOM_BYTES);
    body.writeBytes(in, in.readerIndex(), bytes);
    in.readerIndex(framing.consumedEnd());
    return body;
  }

  /** Gives all held bytes to the caller; null if none. */
  @Nullable ByteBuf takeAll() {
    ByteBuf all = held;
    held = null;
    return all;
  }

  /** Reads no more requests: releases what is held, and what still comes. */
  void close() {
    closed = true;
    release();
  }

  private void release() {
    ByteBuf bytes = held;
    held = null;
    if (bytes != null) {
      bytes.release();
    }
  }
}
