// SPDX-License-Identifier: Apache-2.0
package dev.rsp.referee;

/** How the end of a body is determined. */
record Framing(Kind kind, long length) {
  enum Kind {
    LENGTH,
    CHUNKED,
    UNTIL_CLOSE,
    /** No body; the following bytes are not HTTP. */
    TUNNEL
  }

  static final Framing NONE = length(0);
  static final Framing CHUNKED = new Framing(Kind.CHUNKED, 0);
  static final Framing UNTIL_CLOSE = new Framing(Kind.UNTIL_CLOSE, 0);
  static final Framing TUNNEL = new Framing(Kind.TUNNEL, 0);

  static Framing length(long bytes) {
    return new Framing(Kind.LENGTH, bytes);
  }
}
