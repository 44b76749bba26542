// SPDX-License-Identifier: Apache-2.0
package dev.rsp.top;

import java.io.IOException;

/** Where a table is drawn, and keys come from. */
interface Screen {
  /** So many lines, and characters in each. */
  record Size(int rows, int columns) {
    /** That of a terminal that does not say: the DEC VT100's. */
    static final Size DEFAULT = new Size(24, 80);
  }

  /** Its size now. */
  Size size();

  /**
   * What was typed; waits for a part of a second, and returns an empty text if nothing was.
   *
   * @throws IOException if nothing can be typed any more
   */
  String read() throws IOException;

  /** Writes a text with its control sequences; false if nobody can see it any more. */
  boolean write(String text);
}
