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
   * SIZE ──hex──► SIZE ──";"──► EXTENSION (see extension()) ─┐
   *   └──────────CR──────────► SIZE_LF ◄─────────────────────┘──CR
   * SIZE_LF ──LF, size > 0──► DATA ──► DATA_CR ──► DATA_LF ──► SIZE
   *         └─LF, size = 0──► TRAILER ──CR──► END_LF ──LF──► done
   *                             └─name──► TRAILER_NAME ─":"─► TRAILER_VALUE ─CR─► TRAILER_LF ─► TRAILER
   */
  private enum State {
    SIZE,
    SIZE_BLANKS,
    EXTENSION,
    NAME,
    NAME_BLANKS,
    EQUALS,
    VALUE,
    VALUE_BLANKS,
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
  private boolean response;
  private boolean loneLf;
  private boolean loneLfRefused;
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
    return inExtension(state) && skippedBytes > maxExtensionBytes;
  }

  private static boolean inExtension(State of) {
    return of.compareTo(State.SIZE) > 0 && of.compareTo(State.SIZE_LF) < 0;
  }

  /** Whether it is malformed because it has more trailers than allowed. */
  boolean tooManyTrailers() {
    return (state == State.TRAILER || state == State.TRAILER_NAME || state == State.TRAILER_VALUE)
        && skippedBytes > maxTrailerBytes;
  }

  /** Starts the body of a request. */
  void start(boolean keep) {
    start(keep, false, false);
  }

  /**
   * Starts the body of a response.
   *
   * @param lf whether LF alone may end a line; only if the chunks are not kept, because a line gets
   *     longer when it is written anew
   */
  void startResponse(boolean keep, boolean lf) {
    start(keep && !lf, true, lf);
  }

  private void start(boolean keep, boolean ofResponse, boolean lf) {
    response = ofResponse;
    loneLf = lf;
    loneLfRefused = false;
    state = State.SIZE;
    keepChunks = keep;
    remaining = 0;
    sizeDigits = 0;
    skippedBytes = 0;
    content = 0;
  }

  /** Whether it is malformed because a line of a response ends with LF alone. */
  boolean loneLfRefused() {
    return loneLfRefused;
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
      }
    }
    forwardEnd = to;
    consumedEnd = at;
    return state == State.END ? Progress.DONE : Progress.MORE;
  }

  /** Whether an octet that was read in a state is forwarded with the chunks. */
  private boolean kept(State before) {
    return switch (before) {
      // Not the blank or the semicolon after a size.
      case SIZE -> state == State.SIZE || state == State.SIZE_LF;
      case SIZE_LF, DATA_CR, DATA_LF, END_LF -> true;
      // The CR that ends an extension or the whole body.
      case TRAILER -> state == State.END_LF;
      default -> inExtension(before) && state == State.SIZE_LF;
    };
  }

  /** Consumes one octet; false if it is not allowed there. */
  private boolean step(byte octet) {
    return switch (state) {
      case SIZE -> size(octet);
      case SIZE_BLANKS,
          EXTENSION,
          NAME,
          NAME_BLANKS,
          EQUALS,
          VALUE,
          VALUE_BLANKS,
          QUOTED,
          QUOTED_PAIR ->
          extension(octet);
      case SIZE_LF -> {
        sizeDigits = 0;
        skippedBytes = 0;
        content += remaining;
        yield expect('\n', octet, remaining > 0 ? State.DATA : State.TRAILER);
      }
      case DATA_CR -> endsLine(octet, State.DATA_LF);
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

  /**
   * Whether the octet ends a line: CR, or LF alone where that is allowed.
   *
   * @param lf the state in which LF is expected
   */
  private boolean endsLine(byte octet, State lf) {
    if (octet == '\n' && response && !loneLf) {
      loneLfRefused = true;
    }
    if (octet != '\r' && (octet != '\n' || !loneLf)) {
      return false;
    }
    state = lf;
    if (octet == '\n') {
      step(octet); // as if a CR had come before it
    }
    return true;
  }

  /** chunk-size = 1*HEXDIG, and nothing before it. */
  private boolean size(byte octet) {
    if (Octets.is(Octets.HEX, octet)) {
      remaining = remaining << 4 | Octets.hexValue(octet);
      return ++sizeDigits <= MAX_SIZE_DIGITS;
    }
    if (sizeDigits == 0) {
      return false;
    }
    if (octet == ';' || Octets.blank(octet)) {
      state = octet == ';' ? State.EXTENSION : State.SIZE_BLANKS;
      return true;
    }
    return endsLine(octet, State.SIZE_LF);
  }

  /**
   * RFC 9112 §7.1.1: chunk-ext = *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ),
   * and blanks at the end of the line. After a size alone these are only for responses: servers pad
   * sizes with them. A CR inside quotes could hide a line end from a careless parser.
   */
  private boolean extension(byte octet) {
    if (++skippedBytes > maxExtensionBytes) {
      return false;
    }
    return switch (state) {
      case QUOTED_PAIR -> {
        state = State.QUOTED;
        yield Octets.is(Octets.VALUE, octet);
      }
      case QUOTED -> {
        state =
            octet == '"' ? State.VALUE_BLANKS : octet == '\\' ? State.QUOTED_PAIR : State.QUOTED;
        yield Octets.is(Octets.VALUE, octet);
      }
      case EXTENSION -> Octets.blank(octet) || token(octet, State.NAME);
      case EQUALS -> {
        if (octet == '"') {
          state = State.QUOTED;
          yield true;
        }
        yield Octets.blank(octet) || token(octet, State.VALUE);
      }
      case NAME -> token(octet, State.NAME) || afterPart(octet, State.NAME_BLANKS);
      case VALUE -> token(octet, State.VALUE) || afterPart(octet, State.VALUE_BLANKS);
      // SIZE_BLANKS, NAME_BLANKS, VALUE_BLANKS
      default -> afterPart(octet, state);
    };
  }

  private boolean token(byte octet, State next) {
    boolean is = Octets.is(Octets.TOKEN, octet);
    if (is) {
      state = next;
    }
    return is;
  }

  /** After a size, a name or a value: blanks, the next part, or the end of the line. */
  private boolean afterPart(byte octet, State blanks) {
    if (Octets.blank(octet)) {
      state = blanks;
    } else if (octet == ';') {
      state = State.EXTENSION;
    } else if (octet == '=' && blanks == State.NAME_BLANKS) {
      state = State.EQUALS;
    } else {
      return (response || blanks != State.SIZE_BLANKS) && endsLine(octet, State.SIZE_LF);
    }
    return true;
  }

  /** RFC 9112 §7.1.2: field lines as in a head, none of which is forwarded. */
  private boolean trailer(byte octet) {
    if (++skippedBytes > maxTrailerBytes) {
      return false;
    }
    if (state == State.TRAILER) {
      return token(octet, State.TRAILER_NAME) || endsLine(octet, State.END_LF);
    }
    if (state == State.TRAILER_NAME) {
      state = octet == ':' ? State.TRAILER_VALUE : State.TRAILER_NAME;
      return octet == ':' || Octets.is(Octets.TOKEN, octet);
    }
    return Octets.is(response ? Octets.VALUE | Octets.HARMLESS_CONTROL : Octets.VALUE, octet)
        || endsLine(octet, State.TRAILER_LF);
  }
}
