// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

/** A request that is queued for a place. Its queue calls it, on the loop. */
public interface QueuedRequest {
  /** Its turn: there may be an idle connection now, or room for a new one. */
  void takeTurn();

  /** Whether it may use a connection that has served others. */
  boolean mayReuse();

  /** Uses an idle connection, if there still is one. */
  void useIdle();

  /** Timed out in the queue, which it has left; why the place accepted no connection. */
  void timedOut(ConnectFailure failure);

  /** Its place is not in the configuration any more, and it has left the queue. */
  void routeAgain();

  /** An exception during its turn: the request ends. */
  void failed(Throwable cause);
}
