// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The common part of request and response heads: the bytes of one head, and a table of its field
 * lines as ranges of these bytes.
 *
 * <p>There is one object per event loop. It is filled again for each message, so that a message
 * allocates nothing; all that it returns is valid until the next {@link #start}.
 *
 * <p><b>Filling.</b> A parser or decoder calls {@link #start} and puts the bytes into the array;
 * then it calls {@code startLine} of the subclass (of a request, {@link RequestHead#recordMethod}
 * before), {@link #addField} for each line in order, and {@link #end}; then it has {@link
 * RequestRules} or {@link ResponseRules} check the head. {@link #refuse} may replace any of these
 * steps. The bytes have the layout of HTTP/1: start line, field lines, empty line, each ended by CR
 * LF (or LF alone; see {@link WireOptions#responseLf}). A decoder of another version writes the
 * same layout.
 *
 * <p><b>Reading.</b> Fields are numbered from 0 to {@link #fieldCount()}, exclusive. Ranges are
 * indexes of {@link #bytes()}: the start is inclusive, the end exclusive.
 */
public abstract class Head {
  /** Numbers kept per field: where name and value start and end, and which name it is. */
  private static final int STRIDE = 5;

  /** Enough for most heads, so that the array seldom grows. */
  private static final int INITIAL_BYTES = 4096;

  byte[] bytes = new byte[INITIAL_BYTES];
  int fieldCount;

  /** The number of the Content-Length field; -1 if there is none. */
  int contentLengthField;

  long contentLength;
  boolean chunked;
  boolean connectionClose;
  boolean connectionKeepAlive;
  boolean connectionUpgrade;
  boolean http10;
  boolean connectionAuth;
  private int length;
  private int startLineEnd;
  private int fieldsEnd;
  private int[] fields = new int[32 * STRIDE];
  private @Nullable Refusal refusal;

  Head() {}

  /**
   * Starts a new message and drops the one before.
   *
   * @param size how many bytes of the message are there
   * @return the array that takes them, from 0; at least {@code size} long. It stays the same until
   *     the next start
   */
  public final byte[] start(int size) {
    if (bytes.length < size) {
      bytes = new byte[Math.max(size, bytes.length * 2)];
    }
    clear();
    return bytes;
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
    connectionAuth = false;
    refusal = null;
  }

  final void endStartLine(int lineEnd, boolean isHttp10) {
    startLineEnd = lineEnd;
    http10 = isHttp10;
  }

  /** Adds a field line after those that are there. An empty value has equal indexes. */
  public final void addField(int nameStart, int nameEnd, int valueStart, int valueEnd) {
    int at = fieldCount * STRIDE;
    if (at == fields.length) {
      fields = Arrays.copyOf(fields, at * 2);
    }
    fields[at] = nameStart;
    fields[at + 1] = nameEnd;
    fields[at + 2] = valueStart;
    fields[at + 3] = valueEnd;
    fields[at + 4] = FieldName.of(bytes, nameStart, nameEnd);
    fieldCount++;
  }

  /**
   * Ends the head.
   *
   * @param emptyLine where the empty line starts, which is where the last field line ends
   * @param headLength where the empty line ends
   */
  public final void end(int emptyLine, int headLength) {
    fieldsEnd = emptyLine;
    length = headLength;
  }

  /**
   * Refuses the message.
   *
   * @return {@link Parsed#REFUSED}
   */
  public final Parsed refuse(Refusal why) {
    refusal = why;
    return Parsed.REFUSED;
  }

  /** The bytes that the ranges refer to. The caller must not change them. */
  public final byte[] bytes() {
    return bytes;
  }

  /** Bytes of the head, the empty line included. Only after {@link Parsed#DONE}. */
  public final int length() {
    return length;
  }

  /** Where the start line ends and the first field line starts; 0 while it is not complete. */
  public final int startLineEnd() {
    return startLineEnd;
  }

  /** Where the last field line ends and the empty line starts. Only after {@link Parsed#DONE}. */
  public final int fieldsEnd() {
    return fieldsEnd;
  }

  /** The number of field lines. */
  public final int fieldCount() {
    return fieldCount;
  }

  /** Where the name of a field starts, which is also where its line starts. */
  public final int nameStart(int field) {
    return fields[field * STRIDE];
  }

  /** Where the name of a field ends. */
  public final int nameEnd(int field) {
    return fields[field * STRIDE + 1];
  }

  /** Where the value of a field starts, after white space. */
  public final int valueStart(int field) {
    return fields[field * STRIDE + 2];
  }

  /** Where the value of a field ends, before white space. */
  public final int valueEnd(int field) {
    return fields[field * STRIDE + 3];
  }

  /** Which name a field has: one of the constants of {@link FieldName}. */
  public final int name(int field) {
    return fields[field * STRIDE + 4];
  }

  final void setName(int field, int name) {
    fields[field * STRIDE + 4] = name;
  }

  /** Whether there is a field of that name: one of the constants of {@link FieldName}. */
  public final boolean has(int name) {
    for (int field = 0; field < fieldCount; field++) {
      if (name(field) == name) {
        return true;
      }
    }
    return false;
  }

  /** Lets a field have only a part of its value. */
  final void setValue(int field, int start, int end) {
    fields[field * STRIDE + 2] = start;
    fields[field * STRIDE + 3] = end;
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

  /**
   * Whether it has credentials or a challenge of NTLM or Negotiate: these authenticate the
   * connection, so that a request of another client must not follow on it.
   */
  public final boolean connectionAuth() {
    return connectionAuth;
  }

  /** Whether the sender uses HTTP/1.0. */
  public final boolean http10() {
    return http10;
  }

  /**
   * The value of the first field of that name, compared without case, one character per byte; null
   * if there is none.
   */
  public final @Nullable String field(String fieldName) {
    int field = find(lowerCase(fieldName));
    return field < 0 ? null : text(valueStart(field), valueEnd(field));
  }

  /**
   * The number of the first field of that name, compared without case; -1 if there is none.
   *
   * @param lowerCaseName read only
   */
  public final int find(byte[] lowerCaseName) {
    for (int field = 0; field < fieldCount; field++) {
      if (name(field) != FieldName.SUPERSEDED
          && Octets.equalsIgnoreCase(bytes, nameStart(field), nameEnd(field), lowerCaseName)) {
        return field;
      }
    }
    return -1;
  }

  /** Gives every field to {@code reader}, in order: name and value, one character per byte. */
  public final void eachField(BiConsumer<String, String> reader) {
    for (int field = 0; field < fieldCount; field++) {
      if (name(field) != FieldName.SUPERSEDED) {
        reader.accept(
            text(nameStart(field), nameEnd(field)), text(valueStart(field), valueEnd(field)));
      }
    }
  }

  /** A range of the bytes, one character per byte. */
  public final String text(int start, int end) {
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
