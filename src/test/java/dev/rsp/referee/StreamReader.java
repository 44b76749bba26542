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
 * first violation. The grammar is here; what a request or a response must say is in the subclasses.
 */
abstract class StreamReader {
  /** How much of a body a {@link Message} shows. */
  static final int KEPT_BODY_BYTES = 64 * 1024;

  /** More than rsp lets through by default, and enough to stop a reader that lost its way. */
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
    /** Nothing may come any more. */
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

  /** Checks a head and says how its body is framed. */
  abstract Framing head(Head head);

  /** Checks the fields behind the last chunk. */
  abstract void trailers(Head trailers);

  /** The message is complete; returns whether another may follow. */
  abstract boolean mayFollow();

  /** Checks what there is of a start line that never ended. */
  abstract void partialStartLine(String text, End end);

  /** Whether what follows is no HTTP any more; asked before a message begins. */
  boolean switched() {
    return false;
  }

  /** The first byte of a message is there. */
  void begins() {}

  /** An empty line before a message. */
  void emptyLine() {
    throw new Foul("RFC 9112 §2.2", "an empty line where a message should begin");
  }

  /** The size in a line that begins a chunk; the whole line, for a strict reader. */
  String chunkSize(String text) {
    return text;
  }

  /** Whether white space around values may be other than one space before them. */
  boolean anySpace() {
    return false;
  }

  /** Hears of the first violation, and that nothing is read after it. */
  void broken(boolean insideHead, String partOfHead) {}

  /** Reads on. */
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

  /** The stream ended; a message that was begun is over, whole or not. */
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

  /** Whether a head was begun and is not complete. */
  final boolean inHead() {
    return state == State.FIELDS || (state == State.START_LINE && (line.size() > 0 || afterCr));
  }

  /** Whether the end of the stream is no surprise here. */
  private boolean between() {
    return state == State.START_LINE || state == State.TUNNEL || state == State.OVER;
  }

  /** Whether nothing at all has come. */
  final boolean untouched() {
    return offset == 0;
  }

  /** The start line, or the part of it that has come. */
  final String partOfHead() {
    // One that is whole but wrong is not in the line any more.
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

  /** Takes some of the bytes; says how many. */
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

  /** RFC 9112 §2.2: CR and LF stand together, and only to end a line. */
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
      default -> state = State.CHUNK_SIZE; // the empty line behind a chunk
    }
  }

  private static void checkSize(String size) {
    if (!Grammar.CHUNK_SIZE.matcher(size).matches()) {
      throw new Foul("RFC 9112 §7.1", "chunk size \"" + size + "\"");
    }
  }

  /** RFC 9112 §5: a token, a colon at once, a value; no folding. */
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

  /** Without the spaces and tabs at both ends, and without other controls' removal. */
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
