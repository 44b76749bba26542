// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

/** The form of a message's body between the two streams of an exchange. */
public enum BodyKind {
  /** Content whose length is known from the head, or no content. */
  LENGTH,
  /**
   * In the original chunks (RFC 9112 §7.1), checked and without trailers. Only if both streams can
   * pass them on.
   */
  CHUNKED,
  /** Content whose length is unknown before its end. */
  CONTENT
}
