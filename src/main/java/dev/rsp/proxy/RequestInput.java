// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Limits;
import dev.rsp.http.BodyFraming;
import dev.rsp.http.BodyFraming.Progress;
import dev.rsp.http.HeadParser;
import dev.rsp.http.Parsed;
import dev.rsp.http.RequestHead;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import org.jspecify.annotations.Nullable;

/**
 * What a client has sent and rsp has not consumed yet: part of a head, or requests that were
 * pipelined. Takes heads and bodies out of it.
 *
 * <p>Never more than one read is held behind what is being parsed: while a request is answered, the
 * connection is not read, and what else a client pipelines waits in the socket.
 */
final class RequestInput {
  /** Two CRLFs: see {@link HeadParser}. */
  private static final int MAX_EMPTY_LINES_BYTES = 4;

  private final ProxyLoop loop;
  private final BodyFraming framing = new BodyFraming();
  private @Nullable ByteBuf held;
  private long maxBodyBytes;

  /** The Content-Length of the body; 0 if it is chunked. */
  private long length;

  RequestInput(ProxyLoop loop) {
    this.loop = loop;
  }

  /** Keeps bytes, and takes over the buffer. */
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
   * Keeps more of a head, and takes over the buffer.
   *
   * @return whether to look at it: a head that was incomplete is read again only when a line has
   *     ended, see {@link HeadParser}
   */
  boolean holdHead(ByteBuf bytes, int maxHeadBytes) {
    boolean look =
        held == null
            || held.readableBytes() <= MAX_EMPTY_LINES_BYTES
            || held.readableBytes() + bytes.readableBytes() >= maxHeadBytes
            || ByteBufUtil.indexOf(bytes, bytes.readerIndex(), bytes.writerIndex(), (byte) '\n')
                >= 0;
    hold(bytes);
    return look;
  }

  /** Whether more is held than the empty lines that may stand before a request. */
  boolean hasBegun() {
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

  /** Whether a buffer is held, be it with nothing left in it. */
  boolean holdsBuffer() {
    return held != null;
  }

  /** Whether there are bytes. A buffer with nothing left in it is let go. */
  boolean hasBytes() {
    if (held != null && !held.isReadable()) {
      release();
    }
    return held != null;
  }

  /**
   * Reads the head that the bytes start with, if there are bytes, and leaves them where they are.
   */
  Parsed head(HeadParser parser, RequestHead head) {
    return held == null ? Parsed.MORE : parser.request(held, head);
  }

  /** Consumes a head that was read, and what has come of its body. */
  Progress startBody(RequestHead head, Limits limits) {
    maxBodyBytes = limits.bodyBytes();
    length = Math.max(0, head.contentLength());
    if (head.chunked()) {
      framing.limitChunks(limits.chunkExtBytes(), limits.trailerBytes());
      framing.startChunked(true);
    } else {
      framing.startLength(length);
    }
    return framing.accept(bytes().skipBytes(head.length()));
  }

  /** The bytes of the body that {@link #startBody} found; the caller's. */
  ByteBuf firstBody() {
    return split(bytes());
  }

  /**
   * Consumes more of the body; if there is no {@link #fault}, {@link #split} is next. If it throws,
   * it has released the buffer.
   */
  Progress moreBody(ByteBuf bytes) {
    try {
      return framing.accept(bytes);
    } catch (Throwable e) {
      bytes.release();
      throw e;
    }
  }

  /** Why what was consumed is not passed on; null if nothing is wrong with it. */
  @Nullable BodyFault fault(Progress progress) {
    if (progress == Progress.MALFORMED) {
      return framing.tooManyExtensions()
          ? BodyFault.CHUNK_EXT
          : framing.tooManyTrailers() ? BodyFault.TRAILER : BodyFault.MALFORMED;
    }
    long announced = length + framing.announced();
    return maxBodyBytes > 0 && announced > maxBodyBytes ? BodyFault.TOO_LARGE : null;
  }

  /**
   * Splits off what belongs to the body, for the caller; what follows it is held. Takes over the
   * buffer.
   */
  ByteBuf split(ByteBuf in) {
    if (framing.consumedEnd() == in.writerIndex()) {
      held = null;
      return in.writerIndex(framing.forwardEnd());
    }
    held = in; // also if what follows throws: it is then released with the connection
    int bytes = framing.forwardEnd() - in.readerIndex();
    ByteBuf body = loop.allocator().directBuffer(ReadBuffers.HEADROOM_BYTES + 1024 + bytes);
    body.setIndex(ReadBuffers.HEADROOM_BYTES + 1024, ReadBuffers.HEADROOM_BYTES + 1024);
    body.writeBytes(in, in.readerIndex(), bytes);
    in.readerIndex(framing.consumedEnd());
    return body;
  }

  /** All that is held, for the caller; or null. */
  @Nullable ByteBuf takeAll() {
    ByteBuf all = held;
    held = null;
    return all;
  }

  void release() {
    ByteBuf bytes = held;
    held = null;
    if (bytes != null) {
      bytes.release();
    }
  }

  private ByteBuf bytes() {
    ByteBuf bytes = held;
    if (bytes == null) {
      throw new IllegalStateException("no bytes");
    }
    return bytes;
  }
}
