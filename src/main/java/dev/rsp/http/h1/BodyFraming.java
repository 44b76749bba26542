// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h1;

import io.netty.buffer.ByteBuf;

/**
 * Finds the end of a body in a stream of bytes (RFC 9112 §6).
 *
 * <p>One per connection and direction, started again for each message. Not for several threads.
 */
public final class BodyFraming {
  /** How much of a body has been read. */
  public enum Progress {
    /** The body continues; all bytes were consumed. */
    MORE,
    /** The body has ended; what follows is not part of it. */
    DONE,
    /** The framing is malformed; none of the bytes may be forwarded. */
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

  /** Starts a body of a known length; 0 if there is none. */
  public void startLength(long bytes) {
    kind = Kind.LENGTH;
    remaining = bytes;
  }

  /**
   * Starts the chunked body of a request.
   *
   * @param keepChunks whether the chunks are forwarded, or only their content
   */
  public void startChunked(boolean keepChunks) {
    kind = Kind.CHUNKED;
    chunks.start(keepChunks);
  }

  /**
   * Starts the chunked body of a response. Blanks after a chunk size are accepted.
   *
   * @param keepChunks as of {@link #startChunked}
   * @param loneLf whether LF alone may end a line; then the chunks are not kept
   */
  public void startResponseChunks(boolean keepChunks, boolean loneLf) {
    kind = Kind.CHUNKED;
    chunks.startResponse(keepChunks, loneLf);
  }

  /** After MALFORMED: whether a line of a chunked response ends with LF alone. */
  public boolean loneLfRefused() {
    return kind == Kind.CHUNKED && chunks.loneLfRefused();
  }

  /**
   * Limits the extensions and trailers of chunked bodies.
   *
   * @param extensionBytes of the extensions of one chunk
   * @param trailerBytes of all trailer lines
   */
  public void limitChunks(int extensionBytes, int trailerBytes) {
    chunks.limit(extensionBytes, trailerBytes);
  }

  /** The sum of the sizes of the chunks read so far, in bytes; 0 if the body is not chunked. */
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

  /** Starts a body that ends with the connection. */
  public void startUntilClose() {
    kind = Kind.UNTIL_CLOSE;
  }

  /** Whether this body ends with the connection. */
  public boolean untilClose() {
    return kind == Kind.UNTIL_CLOSE;
  }

  /** Whether this is a chunked body. */
  public boolean isChunked() {
    return kind == Kind.CHUNKED;
  }

  /**
   * Consumes bytes from the reader index, which does not move. The bytes to forward are then from
   * the reader index to {@link #forwardEnd()}: unchanged, or, of a chunked body, moved together
   * without extensions and trailers. The consumed bytes end at {@link #consumedEnd()}.
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

  /** Where the bytes to forward end, after {@link #accept}. */
  public int forwardEnd() {
    return forwardEnd;
  }

  /** Where the bytes that belong to the body end, after {@link #accept}. */
  public int consumedEnd() {
    return consumedEnd;
  }
}
