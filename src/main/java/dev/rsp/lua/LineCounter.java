// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.io.InputStream;

/**
 * A source text that knows how far it was read: the compiler tells no line of some of its faults.
 *
 * <p>Its lexer has always read one character more than it has used.
 */
final class LineCounter extends InputStream {
  private final byte[] source;
  private int at;

  LineCounter(byte[] source, int start) {
    this.source = source;
    this.at = start;
  }

  @Override
  public int read() {
    return at < source.length ? source[at++] & 0xff : -1;
  }

  /** The line of the last character that was used, from 1. */
  int line() {
    int line = 1;
    for (int i = 0; i < at - 1; i++) {
      if (source[i] == '\n') {
        line++;
      }
    }
    return line;
  }
}
