// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

import dev.rsp.config.Place;
import dev.rsp.http.Hop;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import org.jspecify.annotations.Nullable;

/** Where the exchanges of one loop get their backend streams. Called on the loop. */
public interface Backends {
  /** Whether a place can only get a request whose body length is known. */
  boolean needsLength(Place place);

  /** Why a request cannot be sent in the protocol of a place; null if it can. */
  @Nullable Refusal unfit(Place place, RequestHead head, Hop hop, Terms terms);

  /**
   * A stream over an idle connection, or null.
   *
   * @param repeatable whether the request can be sent again if the backend has closed the
   *     connection; if not, a system call checks first that it is still open
   * @param client the connection that it belongs to, which may have a connection of its own there
   * @param firstInQueue whether the request is first in the queue for the place; otherwise it gets
   *     none while others are queued
   */
  @Nullable BackendStream reuse(Place place, Hop client, boolean repeatable, boolean firstInQueue);

  /** The connection of a client has ended: connections that are its own are closed. */
  void clientClosed(Hop client);

  /**
   * Opens a connection for a request of a client. Calls {@link BackendEvents#connecting} at once,
   * and then, perhaps before this returns, {@link BackendEvents#connected}, {@link
   * BackendEvents#connectFailed} or {@link BackendEvents#connectMisled}.
   */
  void connect(Place place, Hop client, BackendEvents exchange);

  /**
   * Whether a request has to wait behind others that are queued for a place, because it accepts no
   * connection for now.
   */
  boolean isQueued(Place place);

  /**
   * Queues a request; it keeps its position if it has just tried without success.
   *
   * @param failure why it could not connect: full, refused or missing; null if it has not tried
   * @return false if it is not queued, because the place has refused connections for longer than
   *     {@code timeouts.connect_retry}
   */
  boolean queue(Place place, QueuedRequest request, @Nullable ConnectFailure failure);

  /** Removes a request from the queue, if it is in it. */
  void leaveQueue(Place place, QueuedRequest request);
}
