// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend;

import dev.rsp.exchange.BackendEvents;
import dev.rsp.exchange.ConnectFailure;
import dev.rsp.http.Hop;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * What a protocol makes of a {@link BackendConnection}: gets the bytes and events of the
 * connection. It is one stream, a {@link ConnectionStream}, or carries many, a {@link
 * SharedSession}. Called on the loop.
 */
public interface Session {
  /** An exchange that it serves, or will serve when the connection is open; or null. */
  @Nullable BackendEvents exchange();

  /**
   * The connection is being opened for the request of a client; passes a stream to its exchange.
   */
  void openedFor(BackendEvents exchange, Hop client);

  /** The connection is open: who waits for it may send. */
  void connected();

  /** No connection could be made. No effect if there is no exchange. */
  void notConnected(ConnectFailure failure);

  /** The connection only seemed to be open. */
  void misled();

  /** Bytes came; taken over. */
  void read(ByteBuf bytes);

  /** The backend takes more of what is sent, or stops taking it. */
  void writableChanged();

  /** The backend has ended its side. Returns whether the connection stays: a tunnel. */
  boolean inputEnded();

  /** Whether the bytes of the connection are those of a tunnel. */
  boolean inTunnel();

  /**
   * The connection is closed.
   *
   * @param cleanly whether its end can be the end of a response
   */
  void closed(boolean cleanly);

  /** The connection ends without events for who waits for it. */
  void reset();
}
