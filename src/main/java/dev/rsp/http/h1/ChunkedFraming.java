// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h1;

import dev.rsp.http.Octets;
import dev.rsp.http.h1.BodyFraming.Progress;
import io.netty.buffer.ByteBuf;

/**
 * The chunked coding (RFC 9112 §7.1), checked octet by octet.
 *
 * <p>Extensions and trailers are checked and removed: parsers disagree about them, and nothing on
 * this hop needs them. The rest is moved together in place, so a body without them is not changed.
 */
final class ChunkedFraming {
  /** 15 hex digits stay below 2^60, so no count overflows. */
  private static final int MAX_SIZE_DIGITS = 15;

  /** Default limit for one chunk. Extensions are rarely used. */
  private static final int EXTENSION_BYTES = 256;

  /** Default limit for all lines together: the limit of Netty and nginx for a head. */
  private static final int TRAILER_BYTES = 8192;

  /*
   * SIZE ──hex──► SIZE ──";"──► EXTENSION ─┐
   *   └──────────CR──────────► SIZE_LF ◄───┘──CR
   * SIZE_LF ──LF, size > 0──► DATA ──► DATA_CR ──► DATA_LF ──► SIZE
   *         └─LF, size = 0──► TRAILER ──CR──► END_LF ──LF──► done
   *                             └─name──► TRAILER_NAME ─":"─► TRAILER_VALUE ─CR─► TRAILER_LF ─► TRAILER
   */
  private enum State {
    SIZE,
    EXTENSION,
    QUOTED,
    QUOTED_PAIR,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER,
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    END_LF,
    END
  }

  private State state = State.SIZE;
  private boolean keepChunks;
  private long remaining;
  private int sizeDigits;
  private int skippedBytes;
  private int forwardEnd;
  private int consumedEnd;
  private long content;
  private int maxExtensionBytes = EXTENSION_BYTES;
  private int maxTrailerBytes = TRAILER_BYTES;

  /** Limits the extensions of one chunk and all trailer lines together, in bytes. */
  void limit(int extensionBytes, int trailerBytes) {
    maxExtensionBytes = extensionBytes;
    maxTrailerBytes = trailerBytes;
  }

  /** Bytes of the chunks whose sizes were read so far, without sizes, extensions and trailers. */
  long content() {
    return content;
  }

  /** Whether it is malformed because it has more extensions than allowed. */
  boolean tooManyExtensions() {
    return (state == State.EXTENSION || state == State.QUOTED || state == State.QUOTED_PAIR)
        && skippedBytes > maxExtensionBytes;
  }

  /** Whether it is malformed because it has more trailers than allowed. */
  boolean tooManyTrailers() {
    return (state == State.TRAILER || state == State.TRAILER_NAME || state == State.TRAILER_VALUE)
        && skippedBytes > maxTrailerBytes;
  }

  void start(boolean keep) {
    state = State.SIZE;
    keepChunks = keep;
    remaining = 0;
    sizeDigits = 0;
    skippedBytes = 0;
    content = 0;
  }

  int forwardEnd() {
    return forwardEnd;
  }

  int consumedEnd() {
    return consumedEnd;
  }

  /** See {@link BodyFraming#accept}. */
  Progress accept(ByteBuf in) {
    int at = in.readerIndex();
    int end = in.writerIndex();
    int to = at;
    while (at < end && state != State.END) {
      if (state == State.DATA) {
        int taken = (int) Math.min(remaining, end - at);
        if (to != at) {
          in.setBytes(to, in, at, taken);
        }
        at += taken;
        to += taken;
        remaining -= taken;
        if (remaining == 0) {
          state = State.DATA_CR;
        }
        continue;
      }
      byte octet = in.getByte(at++);
      State before = state;
      if (!step(octet)) {
        return Progress.MALFORMED;
      }
      if (keepChunks && kept(before)) {
        if (to != at - 1) {
          in.setByte(to, octet);
        }
        to++;
        if (before == State.SIZE && state == State.EXTENSION) {
          to--; // the semicolon
        }
      }
    }
    forwardEnd = to;
    consumedEnd = at;
    return state == State.END ? Progress.DONE : Progress.MORE;
  }

  /** Whether an octet that was read in a state is forwarded with the chunks. */
  private boolean kept(State before) {
    return switch (before) {
      case SIZE, SIZE_LF, DATA_CR, DATA_LF, END_LF -> true;
      // The CR that ends an extension or the whole body.
      case EXTENSION -> state == State.SIZE_LF;
      case TRAILER -> state == State.END_LF;
      case QUOTED, QUOTED_PAIR, DATA, TRAILER_NAME, TRAILER_VALUE, TRAILER_LF, END -> false;
    };
  }

  /** Consumes one octet; false if it is not allowed there. */
  private boolean step(byte octet) {
    return switch (state) {
      case SIZE -> size(octet);
      case EXTENSION, QUOTED, QUOTED_PAIR -> extension(octet);
      case SIZE_LF -> {
        sizeDigits = 0;
        skippedBytes = 0;
        content += remaining;
        yield expect('\n', octet, remaining > 0 ? State.DATA : State.TRAILER);
      }
      case DATA_CR -> expect('\r', octet, State.DATA_LF);
      case DATA_LF -> expect('\n', octet, State.SIZE);
      case TRAILER, TRAILER_NAME, TRAILER_VALUE -> trailer(octet);
      case TRAILER_LF -> expect('\n', octet, State.TRAILER);
      // END_LF: in DATA and END no octet is read alone.
      default -> expect('\n', octet, State.END);
    };
  }

  private boolean expect(char wanted, byte octet, State next) {
    state = next;
    return octet == wanted;
  }

  /** chunk-size = 1*HEXDIG, and nothing before or around it. */
  private boolean size(byte octet) {
    if (Octets.is(Octets.HEX, octet)) {
      remaining = remaining << 4 | Octets.hexValue(octet);
      return ++sizeDigits <= MAX_SIZE_DIGITS;
    }
    state = octet == ';' ? State.EXTENSION : State.SIZE_LF;
    return sizeDigits > 0 && (octet == ';' || octet == '\r');
  }

  /** RFC 9112 §7.1.1. A CR inside quotes could hide a line end from a careless parser. */
  private boolean extension(byte octet) {
    if (++skippedBytes > maxExtensionBytes) {
      return false;
    }
    if (state == State.QUOTED_PAIR) {
      state = State.QUOTED;
    } else if (octet == '"') {
      state = state == State.QUOTED ? State.EXTENSION : State.QUOTED;
    } else if (state == State.QUOTED) {
      state = octet == '\\' ? State.QUOTED_PAIR : State.QUOTED;
    } else if (octet == '\r') {
      state = State.SIZE_LF;
      return true;
    }
    return Octets.is(Octets.VALUE, octet);
  }

  /** RFC 9112 §7.1.2: field lines as in a head, none of which is forwarded. */
  private boolean trailer(byte octet) {
    if (++skippedBytes > maxTrailerBytes) {
      return false;
    }
    if (state == State.TRAILER) {
      state = octet == '\r' ? State.END_LF : State.TRAILER_NAME;
      return octet == '\r' || Octets.is(Octets.TOKEN, octet);
    }
    if (state == State.TRAILER_NAME) {
      state = octet == ':' ? State.TRAILER_VALUE : State.TRAILER_NAME;
      return octet == ':' || Octets.is(Octets.TOKEN, octet);
    }
    state = octet == '\r' ? State.TRAILER_LF : State.TRAILER_VALUE;
    return octet == '\r' || Octets.is(Octets.VALUE, octet);
  }
}
