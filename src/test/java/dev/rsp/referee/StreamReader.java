// SPDX-License-Identifier: Apache-2.0
package dev.rsp.referee;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the messages of one direction of one connection, in pieces of any size, and stops at the
 * first violation. This class has the grammar; the subclasses have the rules for requests and
 * responses.
 */
abstract class StreamReader {
  /** How much of a body a {@link Message} contains. */
  static final int KEPT_BODY_BYTES = 64 * 1024;

  /** Above rsp's default limit; stops a reader that is out of sync. */
  private static final int MAX_LINE_BYTES = 128 * 1024;

  private enum State {
    START_LINE,
    FIELDS,
    LENGTH,
    UNTIL_CLOSE,
    CHUNK_SIZE,
    CHUNK_DATA,
    CHUNK_END,
    TRAILERS,
    TUNNEL,
    /** No more bytes are allowed. */
    OVER
  }

  private final Consumer<Message> messages;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();

  private State state = State.START_LINE;
  private boolean afterCr;
  private long offset;
  private long lineOffset;
  private long remaining;
  private long bodyBytes;
  private String startLine = "";
  private List<Field> fields = new ArrayList<>();
  private List<Field> trailers = new ArrayList<>();
  private @Nullable Violation violation;

  StreamReader(Consumer<Message> messages) {
    this.messages = messages;
  }

  /** Checks a start line. */
  abstract void startLine(String text);

  /** Checks a head and returns the framing of its body. */
  abstract Framing head(Head head);

  /** Checks the fields after the last chunk. */
  abstract void trailers(Head trailers);

  /** Called when a message is complete; returns whether another may follow. */
  abstract boolean mayFollow();

  /** Checks an incomplete start line. */
  abstract void partialStartLine(String text, End end);

  /** Whether the following bytes are no longer HTTP; called before each message. */
  boolean switched() {
    return false;
  }

  /** Called at the first byte of a message. */
  void begins() {}

  /** An empty line before a message. */
  void emptyLine() {
    throw new Foul("RFC 9112 §2.2", "an empty line where a message should begin");
  }

  /** The size in a chunk's first line; for a strict reader, the whole line. */
  String chunkSize(String text) {
    return text;
  }

  /** Whether white space around values may differ from one space before them. */
  boolean anySpace() {
    return false;
  }

  /** Called at the first violation; nothing is read after it. */
  void broken(boolean insideHead, String partOfHead) {}

  /** Reads more bytes. */
  final void accept(byte[] bytes, int start, int length) {
    int at = start;
    int end = start + length;
    try {
      while (at < end && violation == null) {
        int taken = take(bytes, at, end);
        at += taken;
        offset += taken;
      }
    } catch (Foul foul) {
      fail(foul);
    }
  }

  /** Handles the end of the stream, which ends a current message, complete or not. */
  final void end(End end) {
    if (violation != null) {
      return;
    }
    try {
      if (state == State.UNTIL_CLOSE) {
        finish(end == End.FIN);
      } else if (inHead() || !between()) {
        String text = text();
        if (!Grammar.VALUE.matcher(text).matches()) {
          throw new Foul("RFC 9110 §5.5", "a control in a line that never ended");
        }
        if (state == State.START_LINE) {
          partialStartLine(text, end);
          startLine = text;
        }
        finish(false);
      }
      state = State.OVER;
    } catch (Foul foul) {
      fail(foul);
    }
  }

  final @Nullable Violation violation() {
    return violation;
  }

  /** Whether a head is incomplete. */
  final boolean inHead() {
    return state == State.FIELDS || (state == State.START_LINE && (line.size() > 0 || afterCr));
  }

  /** Whether the stream may end here. */
  private boolean between() {
    return state == State.START_LINE || state == State.TUNNEL || state == State.OVER;
  }

  /** Whether nothing has been received. */
  final boolean untouched() {
    return offset == 0;
  }

  /** The start line, or the part of it received so far. */
  final String partOfHead() {
    // A complete but invalid one is no longer in the line.
    return state == State.FIELDS || line.size() == 0 ? startLine : text();
  }

  private void fail(Foul foul) {
    boolean insideHead = state == State.START_LINE || state == State.FIELDS;
    violation = foul.at(lineOffset);
    broken(insideHead, partOfHead());
  }

  private String text() {
    return line.toString(StandardCharsets.ISO_8859_1);
  }

  /** Consumes some of the bytes; returns how many. */
  private int take(byte[] bytes, int at, int end) {
    switch (state) {
      case LENGTH, CHUNK_DATA -> {
        int taken = (int) Math.min(remaining, end - at);
        keep(bytes, at, taken);
        remaining -= taken;
        if (remaining == 0) {
          if (state == State.LENGTH) {
            finish(true);
          } else {
            state = State.CHUNK_END;
          }
        }
        return taken;
      }
      case UNTIL_CLOSE -> {
        keep(bytes, at, end - at);
        return end - at;
      }
      case TUNNEL -> {
        return end - at;
      }
      case OVER -> {
        lineOffset = offset;
        throw new Foul("RFC 9112 §9.6", "bytes after the last message");
      }
      default -> {
        if (line.size() == 0 && !afterCr) {
          lineOffset = offset;
          if (state == State.START_LINE) {
            startLine = "";
            if (switched()) {
              state = State.TUNNEL;
              return 0;
            }
            begins();
          }
        }
        octet(bytes[at]);
        return 1;
      }
    }
  }

  private void keep(byte[] bytes, int at, int length) {
    bodyBytes += length;
    body.write(bytes, at, Math.min(length, KEPT_BODY_BYTES - body.size()));
  }

  /** RFC 9112 §2.2: CR and LF occur only together, at the end of a line. */
  private void octet(byte octet) {
    if (afterCr) {
      if (octet != '\n') {
        throw new Foul("RFC 9112 §2.2", "a CR without a LF");
      }
      afterCr = false;
      String text = text();
      line.reset();
      line(text);
    } else if (octet == '\r') {
      afterCr = true;
    } else if (octet == '\n') {
      throw new Foul("RFC 9112 §2.2", "a LF without a CR");
    } else if (state == State.CHUNK_END) {
      throw new Foul("RFC 9112 §7.1", "a chunk that is longer than its size");
    } else if (line.size() == MAX_LINE_BYTES) {
      throw new Foul("RFC 9110 §5.4", "a line of more than " + MAX_LINE_BYTES + " bytes");
    } else {
      line.write(octet);
      if (state == State.CHUNK_SIZE) {
        checkSize(chunkSize(text()));
      }
    }
  }

  private void line(String text) {
    switch (state) {
      case START_LINE -> {
        if (text.isEmpty()) {
          emptyLine();
        } else {
          startLine = text;
          startLine(text);
          fields = new ArrayList<>();
          trailers = new ArrayList<>();
          body.reset();
          bodyBytes = 0;
          state = State.FIELDS;
        }
      }
      case FIELDS -> {
        if (text.isEmpty()) {
          frame(head(new Head(fields)));
        } else {
          fields.add(field(text));
        }
      }
      case CHUNK_SIZE -> {
        String size = chunkSize(text);
        checkSize(size);
        remaining = Long.parseLong(size, 16);
        state = remaining == 0 ? State.TRAILERS : State.CHUNK_DATA;
      }
      case TRAILERS -> {
        if (text.isEmpty()) {
          trailers(new Head(trailers));
          finish(true);
        } else {
          trailers.add(field(text));
        }
      }
      default -> state = State.CHUNK_SIZE; // the empty line after a chunk
    }
  }

  private static void checkSize(String size) {
    if (!Grammar.CHUNK_SIZE.matcher(size).matches()) {
      throw new Foul("RFC 9112 §7.1", "chunk size \"" + size + "\"");
    }
  }

  /** RFC 9112 §5: a token, immediately a colon, a value; no folding. */
  private Field field(String text) {
    int colon = text.indexOf(':');
    String name = text.substring(0, Math.max(0, colon));
    if (!Grammar.TOKEN.matcher(name).matches()) {
      throw new Foul("RFC 9112 §5.1", "no field name in \"" + text + "\"");
    }
    String raw = text.substring(colon + 1);
    String value = strip(raw);
    if (!Grammar.VALUE.matcher(value).matches()) {
      throw new Foul("RFC 9110 §5.5", "a control in the value of " + name);
    }
    if (!anySpace() && !raw.equals(value) && !raw.equals(" " + value)) {
      throw new Foul("RFC 9112 §5.1", "white space around the value of " + name);
    }
    return new Field(name, value);
  }

  /** Removes spaces and tabs at both ends, but no other control characters. */
  private static String strip(String raw) {
    int start = 0;
    int end = raw.length();
    while (start < end && " \t".indexOf(raw.charAt(start)) >= 0) {
      start++;
    }
    while (end > start && " \t".indexOf(raw.charAt(end - 1)) >= 0) {
      end--;
    }
    return raw.substring(start, end);
  }

  private void frame(Framing framing) {
    switch (framing.kind()) {
      case LENGTH -> {
        remaining = framing.length();
        state = State.LENGTH;
        if (remaining == 0) {
          finish(true);
        }
      }
      case CHUNKED -> state = State.CHUNK_SIZE;
      case UNTIL_CLOSE -> state = State.UNTIL_CLOSE;
      case TUNNEL -> {
        finish(true);
        state = State.TUNNEL;
      }
    }
  }

  private void finish(boolean whole) {
    messages.accept(
        new Message(
            startLine,
            List.copyOf(fields),
            body.toString(StandardCharsets.ISO_8859_1),
            bodyBytes,
            List.copyOf(trailers),
            whole));
    state = mayFollow() ? State.START_LINE : State.OVER;
  }
}
