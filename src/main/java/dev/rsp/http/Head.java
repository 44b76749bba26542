// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What requests and responses have in common: field lines as ranges of the bytes that were parsed.
 *
 * <p>A head is made once per event loop and filled again for each message, so nothing is allocated
 * per message. It is valid until the next parse on the same object.
 */
public abstract class Head {
  /** Numbers kept per field: where name and value start and end, and which name it is. */
  private static final int STRIDE = 5;

  /** Bytes that are copied out of a receive buffer before more is asked for. */
  private static final int FIRST_WINDOW_BYTES = 4096;

  byte[] bytes = new byte[FIRST_WINDOW_BYTES];
  int length;
  int startLineEnd;

  /** Where the last field line ends and the empty line starts. */
  int fieldsEnd;

  int fieldCount;
  private int[] fields = new int[32 * STRIDE];

  long contentLength;
  int contentLengthField;
  boolean chunked;
  boolean connectionClose;
  boolean connectionKeepAlive;
  boolean connectionUpgrade;
  boolean http10;
  private @Nullable Refusal refusal;

  Head() {}

  /** Bytes of the head, the empty line included. Only after {@link Parsed#DONE}. */
  public final int length() {
    return length;
  }

  /** Why the head is refused. Only after {@link Parsed#REFUSED}. */
  public final Refusal refusal() {
    return Objects.requireNonNull(refusal, "the head was not refused");
  }

  /** The value of Content-Length, or -1 if there is none. */
  public final long contentLength() {
    return contentLength;
  }

  /** Whether the body is chunked. */
  public final boolean chunked() {
    return chunked;
  }

  /** Whether the sender speaks HTTP/1.0. */
  public final boolean http10() {
    return http10;
  }

  void clear() {
    length = 0;
    startLineEnd = 0;
    fieldsEnd = 0;
    fieldCount = 0;
    contentLength = -1;
    contentLengthField = -1;
    chunked = false;
    connectionClose = false;
    connectionKeepAlive = false;
    connectionUpgrade = false;
    http10 = false;
    refusal = null;
  }

  final Parsed refuse(Refusal why) {
    refusal = why;
    return Parsed.REFUSED;
  }

  final void addField(int nameStart, int nameEnd, int valueStart, int valueEnd, int name) {
    int at = fieldCount * STRIDE;
    if (at == fields.length) {
      fields = Arrays.copyOf(fields, at * 2);
    }
    fields[at] = nameStart;
    fields[at + 1] = nameEnd;
    fields[at + 2] = valueStart;
    fields[at + 3] = valueEnd;
    fields[at + 4] = name;
    fieldCount++;
  }

  final int nameStart(int field) {
    return fields[field * STRIDE];
  }

  final int nameEnd(int field) {
    return fields[field * STRIDE + 1];
  }

  final int valueStart(int field) {
    return fields[field * STRIDE + 2];
  }

  final int valueEnd(int field) {
    return fields[field * STRIDE + 3];
  }

  final int name(int field) {
    return fields[field * STRIDE + 4];
  }

  final void setName(int field, int name) {
    fields[field * STRIDE + 4] = name;
  }

  /** Makes room for so many bytes at the front of {@link #bytes}; what is there may be lost. */
  final byte[] room(int size) {
    if (bytes.length < size) {
      bytes = new byte[Math.max(size, bytes.length * 2)];
    }
    return bytes;
  }

  /**
   * The value of the first field of that name, compared without case, one character per byte; null
   * if there is none.
   */
  public final @Nullable String field(String fieldName) {
    byte[] wanted = lowerCase(fieldName);
    for (int field = 0; field < fieldCount; field++) {
      if (Octets.equalsIgnoreCase(bytes, nameStart(field), nameEnd(field), wanted)) {
        return text(valueStart(field), valueEnd(field));
      }
    }
    return null;
  }

  /** Every field, in order, one character per byte. */
  public final void eachField(BiConsumer<String, String> reader) {
    for (int field = 0; field < fieldCount; field++) {
      reader.accept(
          text(nameStart(field), nameEnd(field)), text(valueStart(field), valueEnd(field)));
    }
  }

  final String text(int start, int end) {
    return new String(bytes, start, end - start, StandardCharsets.ISO_8859_1);
  }

  private static byte[] lowerCase(String text) {
    byte[] lower = text.getBytes(StandardCharsets.ISO_8859_1);
    for (int i = 0; i < lower.length; i++) {
      lower[i] = Octets.lower(lower[i]);
    }
    return lower;
  }
}
