// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import io.netty.buffer.ByteBuf;

/**
 * Finds the end of a body in a stream of bytes (RFC 9112 §6).
 *
 * <p>Made once per connection and direction, and started again for each message.
 */
public final class BodyFraming {
  /** How far a body has come. */
  public enum Progress {
    /** More is to come; all bytes were consumed. */
    MORE,
    /** The body ended; what follows is not part of it. */
    DONE,
    /** The bytes are no body; nothing of them may be forwarded. */
    MALFORMED
  }

  private enum Kind {
    LENGTH,
    CHUNKED,
    UNTIL_CLOSE
  }

  private final ChunkedFraming chunks = new ChunkedFraming();
  private Kind kind = Kind.LENGTH;
  private long remaining;
  private int forwardEnd;
  private int consumedEnd;

  /** Starts a body of so many bytes; none is 0. */
  public void startLength(long bytes) {
    kind = Kind.LENGTH;
    remaining = bytes;
  }

  /**
   * Starts a chunked body.
   *
   * @param keepChunks whether the chunks are forwarded, or their content alone
   */
  public void startChunked(boolean keepChunks) {
    kind = Kind.CHUNKED;
    chunks.start(keepChunks);
  }

  /**
   * Bounds what chunked bodies may have beside their content, from the next one on.
   *
   * @param extensionBytes of the extensions of one chunk
   * @param trailerBytes of all trailer lines
   */
  public void limitChunks(int extensionBytes, int trailerBytes) {
    chunks.limit(extensionBytes, trailerBytes);
  }

  /** Bytes of content that the chunks read so far have announced; 0 if the body is not chunked. */
  public long announced() {
    return kind == Kind.CHUNKED ? chunks.content() : 0;
  }

  /** After MALFORMED: whether a chunk's extensions exceeded their limit. */
  public boolean tooManyExtensions() {
    return kind == Kind.CHUNKED && chunks.tooManyExtensions();
  }

  /** After MALFORMED: whether the trailers exceeded their limit. */
  public boolean tooManyTrailers() {
    return kind == Kind.CHUNKED && chunks.tooManyTrailers();
  }

  /** Starts a body that the end of the connection ends. */
  public void startUntilClose() {
    kind = Kind.UNTIL_CLOSE;
  }

  /** Whether the end of the connection ends this body. */
  public boolean untilClose() {
    return kind == Kind.UNTIL_CLOSE;
  }

  /** Whether this is a chunked body. */
  public boolean isChunked() {
    return kind == Kind.CHUNKED;
  }

  /**
   * Consumes bytes from the reader index on, which stays. What is to be forwarded then stands from
   * the reader index to {@link #forwardEnd()}: the bytes as they are, or, of chunks, the bytes
   * moved together without extensions and trailers. What was consumed ends at {@link
   * #consumedEnd()}.
   */
  public Progress accept(ByteBuf in) {
    int start = in.readerIndex();
    int end = in.writerIndex();
    switch (kind) {
      case LENGTH -> {
        int taken = (int) Math.min(remaining, end - start);
        remaining -= taken;
        forwardEnd = start + taken;
        consumedEnd = forwardEnd;
        return remaining == 0 ? Progress.DONE : Progress.MORE;
      }
      case CHUNKED -> {
        Progress progress = chunks.accept(in);
        forwardEnd = chunks.forwardEnd();
        consumedEnd = chunks.consumedEnd();
        return progress;
      }
      default -> {
        forwardEnd = end;
        consumedEnd = end;
        return Progress.MORE;
      }
    }
  }

  /** Where the bytes to be forwarded end, after {@link #accept}. */
  public int forwardEnd() {
    return forwardEnd;
  }

  /** Where the bytes that belong to the body end, after {@link #accept}. */
  public int consumedEnd() {
    return consumedEnd;
  }
}
