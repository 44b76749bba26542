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
    int line = 1;
    for (int i = 0; i < pos - 1; i++) {
      if (buf[i] == '\n') {
        line++;
      }
    }
    return line;
  }
}
