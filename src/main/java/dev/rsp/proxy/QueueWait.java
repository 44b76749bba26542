// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Place;
import org.jspecify.annotations.Nullable;

/**
 * A request's wait in the line before a place whose queue is full, if it comes to that.
 *
 * <p>One {@link RequestSender}'s, and used again for its next request. The {@link AcceptQueues}
 * call it back, on the loop.
 */
final class QueueWait {
  private final ProxyLoop loop;
  private final RequestSender sender;

  /** The place that it waits for; null if it does not. */
  private @Nullable Place place;

  QueueWait(ProxyLoop loop, RequestSender sender) {
    this.loop = loop;
    this.sender = sender;
  }

  /** Waits, or waits on if it has just tried in vain. */
  void join(Place full) {
    place = full;
    loop.acceptQueues.join(full, this);
  }

  /** Waits no more, if it did. */
  void leave() {
    if (place != null) {
      Place left = place;
      place = null;
      loop.acceptQueues.leave(left, this);
    }
  }

  /** It comes first: there may be an idle connection by now, or room. */
  void tryAgain() {
    sender.reuseOrOpen();
  }

  /** Whether it may go over a connection that has served others. */
  boolean mayReuse() {
    return sender.mayReuse();
  }

  /** Goes over an idle connection, if there still is one. */
  void reuse() {
    sender.reuse();
  }

  /** Something threw while it was its turn: the request ends, and the next has its turn. */
  void failed(Throwable cause) {
    sender.failed("a request that waits for a place failed", cause);
  }

  /** It has left the line: there was no room in time. */
  void inVain() {
    place = null;
    sender.notConnected(ConnectFailure.FULL);
  }
}
