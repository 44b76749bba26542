// SPDX-License-Identifier: Apache-2.0
package dev.rsp.access;

import java.io.Closeable;
import java.io.IOException;

/** Takes complete lines. Used by the thread of {@link LogWriter} only; it may block. */
interface Sink extends Closeable {
  /**
   * Writes lines.
   *
   * @return how many of them are lost
   * @throws IOException if none, or only some, could be written
   */
  int write(LineBuffer lines) throws IOException;

  /** Opens the target again, because it was renamed. */
  default void reopen() throws IOException {}
}
