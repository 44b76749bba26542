// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h2;

import io.netty.util.AsciiString;
import java.util.Arrays;

/** Bytes that grow. */
final class GrowingBytes {
  private byte[] bytes = new byte[1024];
  private int length;

  /** What was put, from 0 to {@link #length()}. Valid until more is put. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  void clear() {
    length = 0;
  }

  void put(byte[] from, int start, int count) {
    if (bytes.length - length < count) {
      bytes = Arrays.copyOf(bytes, Math.max(length + count, bytes.length * 2));
    }
    System.arraycopy(from, start, bytes, length, count);
    length += count;
  }

  void put(byte[] from) {
    put(from, 0, from.length);
  }

  void put(AsciiString text) {
    put(text.array(), text.arrayOffset(), text.length());
  }

  void put(GrowingBytes other) {
    put(other.bytes, 0, other.length);
  }

  /** A line of a field. */
  void putField(AsciiString name, AsciiString value) {
    put(name);
    put(FieldOctets.COLON);
    put(value);
    put(FieldOctets.CRLF);
  }
}
