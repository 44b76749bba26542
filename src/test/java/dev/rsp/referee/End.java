// SPDX-License-Identifier: Apache-2.0
package dev.rsp.referee;

/** How one direction of a connection ended, as its reader saw it. */
public enum End {
  /** Closed: the reader saw the end of the stream. */
  FIN,
  /** By a reset. */
  RESET,
  /** Unknown: still open, or the reader stopped before the end. */
  UNSEEN
}
