// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

/**
 * Where a client's connection stands.
 *
 * <pre>
 * HEAD ──whole head──► BODY ──whole body──► ANSWER ──response out──► HEAD
 *   │                    │                    │  └──101──► TUNNEL
 *   └──────────refused, or cannot go on───────┴──► LINGER ──► CLOSED
 * </pre>
 */
enum ClientState {
  /** Between requests, or in the middle of a head. */
  HEAD,
  /** The request's body is coming; the response may be, too. */
  BODY,
  /** The request is complete; the response is awaited or on its way. */
  ANSWER,
  /** Bytes pass both ways as they are. */
  TUNNEL,
  /** The last answer is out; the client is given time to read it. */
  LINGER,
  CLOSED
}
