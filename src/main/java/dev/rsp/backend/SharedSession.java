// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend;

import dev.rsp.exchange.BackendStream;

/**
 * The session of a protocol that carries many exchanges at a time: more may wait for the connection
 * to be open. Called on the loop.
 */
public interface SharedSession extends Session {
  /**
   * The transport is open: the protocol begins. {@link BackendConnection#greeted} or {@link
   * BackendConnection#notGreeted} follows.
   */
  void begin();

  /** Whether one more stream can be opened, or can wait until the connection is open. */
  boolean hasRoom();

  /** Opens a stream, whose request follows at once, or which is reset. Only with room. */
  BackendStream open();

  /** The connection is about to be closed: says so to the backend. */
  void closing();
}
