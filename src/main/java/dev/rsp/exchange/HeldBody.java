// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

import dev.rsp.config.HeldBodyLimits;
import dev.rsp.http.Refusal;
import dev.rsp.http.h1.BodyFraming;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * The body of one request, held until it is complete, because the backend's protocol needs its
 * length first. Within {@link HeldBodyLimits#bodyBytes()} each, and {@link
 * HeldBodyLimits#totalBytes()} for the loop.
 */
final class HeldBody {
  private static final Refusal TOO_LARGE =
      new Refusal(413, "too large for a chunked body to this backend: send a Content-Length");
  static final Refusal TOO_MANY = new Refusal(503, "too many bodies are held at a time");

  private final ByteBufAllocator allocator;
  private final HeldBytes held;
  private final HeldBodyLimits limits;
  private final @Nullable BodyFraming chunks;

  private @Nullable ByteBuf content;
  private int length;

  /**
   * An empty body.
   *
   * @param chunked whether its bytes come in chunks, which are already checked
   */
  HeldBody(ByteBufAllocator allocator, HeldBytes held, HeldBodyLimits limits, boolean chunked) {
    this.allocator = allocator;
    this.held = held;
    this.limits = limits;
    this.chunks = chunked ? new BodyFraming() : null;
    if (chunks != null) {
      chunks.startChunked(false);
    }
  }

  /**
   * Appends bytes, and takes over the buffer.
   *
   * @return null, or why they are not held
   */
  @Nullable Refusal add(ByteBuf bytes) {
    try {
      int more = bytes.readableBytes();
      if (chunks != null) {
        chunks.accept(bytes);
        more = chunks.forwardEnd() - bytes.readerIndex();
      }
      if (length + more > limits.bodyBytes()) {
        return TOO_LARGE;
      }
      if (!held.reserve(more, limits.totalBytes())) {
        return TOO_MANY;
      }
      length += more;
      ByteBuf all = content;
      if (all == null) {
        all = allocator.directBuffer(Math.max(more, 256));
        content = all;
      }
      all.writeBytes(bytes, more);
      return null;
    } finally {
      bytes.release();
    }
  }

  /** Gives the body to the caller. Its bytes stay reserved until {@link #release}. */
  @Nullable ByteBuf take() {
    ByteBuf all = content;
    content = null;
    return all;
  }

  /** The capacity of what is held. */
  long heldBytes() {
    return content == null ? 0 : content.capacity();
  }

  /** Releases what is held. */
  void release() {
    held.free(length);
    length = 0;
    ByteBuf all = take();
    if (all != null) {
      all.release();
    }
  }
}
