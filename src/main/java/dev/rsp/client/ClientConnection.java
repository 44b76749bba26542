// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client;

import dev.rsp.exchange.Ending;

/** A client's connection, whatever its protocol. Called on the loop. */
public interface ClientConnection {
  /** Ends the connection after the exchange in flight, or at once if there is none. */
  void drain();

  /** What {@link #idleSinceMillis} returns for a connection that does not give way. */
  long NOT_IDLE = Long.MAX_VALUE;

  /**
   * Since when the connection has waited for a request, by the loop's deadlines; {@link #NOT_IDLE}
   * if it has an exchange, or must not give way to another connection for other reasons.
   */
  long idleSinceMillis();

  /** Gives its place to another connection: leaves the count, and closes. It must be idle. */
  void giveWay();

  /** Ends the connection and its exchanges at once. */
  void close(Ending ending);

  /** An unexpected exception: ends this connection, and logs it. */
  void failed(Throwable cause);

  /** Ends its exchanges and the connection: memory is exhausted, and it holds much. */
  void endForMemory();

  /** Pauses reading because memory is short, or resumes it. */
  void pause(boolean on);

  /**
   * Whether a body is held until it is complete: only reading on frees it. {@code
   * limits.held_total_bytes} bounds that.
   */
  boolean holdsBody();

  /** The capacity of the buffers that the connection and its exchanges hold. */
  long heldBytes();

  /** Bytes sent on, in both directions, that the kernel has not taken yet. */
  long unsentBytes();

  /** Whether a request has begun and its exchange has not ended. */
  boolean hasExchange();
}
