// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.Arrays;
import org.luaj.vm2.LuaString;

/** Builds a string; charges memory before it grows. */
final class ByteBuilder {
  private final Meter meter;
  private byte[] bytes = new byte[64];
  private int length;

  ByteBuilder(Meter meter) {
    this.meter = meter;
  }

  ByteBuilder append(int c) {
    if (length == bytes.length) {
      reserve(1);
    }
    bytes[length++] = (byte) c;
    return this;
  }

  ByteBuilder append(LuaString string) {
    return append(string.m_bytes, string.m_offset, string.m_length);
  }

  ByteBuilder append(byte[] source, int offset, int count) {
    reserve(count);
    System.arraycopy(source, offset, bytes, length, count);
    length += count;
    return this;
  }

  /** Appends text in which every character is one byte. */
  ByteBuilder append(String text) {
    for (int i = 0; i < text.length(); i++) {
      append(text.charAt(i));
    }
    return this;
  }

  LuaString toLuaString() {
    return LuaString.valueUsing(Arrays.copyOf(bytes, length));
  }

  private void reserve(int count) {
    if (count > bytes.length - length) {
      long capacity = Math.max(2L * bytes.length, (long) length + count);
      meter.allocate(capacity);
      bytes = Arrays.copyOf(bytes, (int) capacity);
    }
  }
}
