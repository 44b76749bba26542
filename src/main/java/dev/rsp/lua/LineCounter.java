// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.io.ByteArrayInputStream;

/**
 * A source text that knows how far it was read: the compiler tells no line of some of its faults.
 *
 * <p>Its lexer has always read one character more than it has used.
 */
final class LineCounter extends ByteArrayInputStream {
  LineCounter(byte[] source, int start) {
    super(source, start, source.length - start);
  }

  /** The line of the last character that was used, from 1. */
  int line() {
    return line(buf, pos - 1);
  }

  /** The line of what begins at some place in a source, from 1, by Lua's four line ends. */
  static int line(byte[] source, int at) {
    int line = 1;
    for (int i = 0; i < at; i++) {
      if (isLineEnd(source[i])) {
        line++;
        if (i + 1 < at && isLineEnd(source[i + 1]) && source[i] != source[i + 1]) {
          i++;
        }
      }
    }
    return line;
  }

  private static boolean isLineEnd(byte c) {
    return c == '\n' || c == '\r';
  }
}
