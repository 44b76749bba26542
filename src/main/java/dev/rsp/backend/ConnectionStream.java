// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend;

import dev.rsp.exchange.BackendEvents;
import dev.rsp.exchange.BackendStream;
import dev.rsp.exchange.ConnectFailure;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The stream of a {@link BackendConnection}, as the connection sees it: gets the bytes and events
 * of the connection. One exchange at a time. Called on the loop.
 */
public interface ConnectionStream extends BackendStream {
  /** The exchange that it serves, or will serve when the connection is open; or null. */
  @Nullable BackendEvents exchange();

  /** The connection is being opened for an exchange; passes the stream to it. */
  void openedFor(BackendEvents exchange);

  /** The connection is open: its exchange may send. */
  void connected();

  /** No connection could be made. No effect if there is no exchange. */
  void notConnected(ConnectFailure failure);

  /** The connection only seemed to be open. */
  void misled();

  /** Bytes came for the exchange; taken over. */
  void read(ByteBuf bytes);

  /** The backend takes more of the request, or stops taking it. */
  void writableChanged();

  /** The backend has ended its side. Returns whether the connection stays: a tunnel. */
  boolean inputEnded();

  /**
   * The connection is closed.
   *
   * @param cleanly whether its end can be the end of a response
   */
  void closed(boolean cleanly);
}
