// SPDX-License-Identifier: Apache-2.0
package dev.rsp.referee;

/** How one direction of a connection ended, as its reader saw it. */
public enum End {
  /** In good order: the reader saw the end of the stream. */
  FIN,
  /** By a reset. */
  RESET,
  /** Not at all: it is still open, or the reader looked away before it ended. */
  UNSEEN
}
