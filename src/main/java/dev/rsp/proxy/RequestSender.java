// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Initialise;
import dev.rsp.config.Place;
import dev.rsp.config.Protocol;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.route.Asked;
import dev.rsp.route.Route;
import dev.rsp.route.Router;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Gets the first bytes of a request to a backend: over an idle connection or a new one, to the next
 * place of its route while none accepts, and once more where that is safe.
 *
 * <p>One {@link Exchange}'s, and used again for its next request. The exchange and its {@link
 * StartWait} call it, on the loop.
 */
final class RequestSender {
  private static final Refusal OVER_SHARE =
      new Refusal(503, "too many requests wait for this backend");

  private final ProxyLoop loop;
  private final Exchange exchange;
  private final OutgoingRequest request;
  private final PlacesToTry places = new PlacesToTry();
  private final QueueWait queue;

  private boolean isHead;
  private boolean repeatable;
  private boolean repeated;
  private boolean misled;
  private boolean holding;
  private boolean sent;

  /** Made with the first request of a configuration that starts sites. */
  private @Nullable StartWait wait;

  /** When the last connection was asked for, if sites are started. */
  private long triedNanos;

  RequestSender(ProxyLoop loop, Exchange exchange) {
    this.loop = loop;
    this.exchange = exchange;
    this.request = new OutgoingRequest(loop);
    this.queue = new QueueWait(loop, this);
  }

  /**
   * Sends a request.
   *
   * @param router chose the route
   * @param chosen at least one place
   * @param asked what the file's {@code on_failure} will want to know; null if it has none
   * @param bytes the head and what came with it, for places that are spoken with in HTTP; taken
   *     over
   * @param isHead whether it is a HEAD request
   * @param repeatable whether it may be sent twice, and can be, because all of it is at hand
   */
  void start(
      Router router,
      Route chosen,
      @Nullable Asked asked,
      ByteBuf bytes,
      boolean isHead,
      boolean repeatable) {
    request.start(bytes);
    places.start(chosen, router, asked);
    this.isHead = isHead;
    this.repeatable = repeatable;
    repeated = false;
    holding = false;
    sent = false;
    reuseOrConnect();
  }

  /**
   * Over an idle connection, if there is one and nobody waits for the place already; not at all if
   * the place has its share of requests. Then no other place is tried: what hangs this one would
   * hang that one next, and its hosts would move.
   */
  private void reuseOrConnect() {
    Service service = loop.service();
    if (!service.share.admits(places.current(), loop.connections.get())) {
      loop.backendLog.overShare(service, places.current());
      exchange.refuse(OVER_SHARE, Ending.LIMIT_SLOT);
    } else if (loop.acceptQueues.isFull(places.current()) || !reuse()) {
      connect();
    }
  }

  /** The same for the first of those that wait. */
  void reuseOrOpen() {
    if (!reuse()) {
      open(places.current());
    }
  }

  /** Sends it over an idle connection, if there is one that it may use. */
  boolean reuse() {
    BackendConnection idle = mayReuse() ? loop.pools.take(places.current(), repeatable) : null;
    if (idle != null) {
      send(idle);
    }
    return idle != null;
  }

  /** A second time, no connection is trusted that may have been closed. */
  boolean mayReuse() {
    return !repeated;
  }

  private void connect() {
    Place place = places.current();
    if (place.protocol() == Protocol.UWSGI && !readyForUwsgi()) {
      return;
    }
    misled = false;
    if (loop.acceptQueues.isFull(place)) {
      exchange.connecting(null);
      queue.join(place);
    } else {
      open(place);
    }
  }

  private void open(Place place) {
    if (wait != null) {
      triedNanos = System.nanoTime();
    }
    BackendConnection opened = BackendConnection.open(loop, place, exchange);
    exchange.connecting(opened);
    if (opened == null) {
      connectFailed(ConnectFailure.EXHAUSTED);
    } else {
      opened.connect();
    }
  }

  /** Whether it can be sent in that protocol; if not, it is refused, or the body is held first. */
  private boolean readyForUwsgi() {
    UwsgiRequest form = uwsgi();
    Refusal unfit = form.unfit();
    if (unfit != null) {
      exchange.refuse(unfit, form.ending());
    } else if (!form.isComplete()) {
      holding = true;
      exchange.holding(form.expectsContinue());
    }
    return unfit == null && form.isComplete();
  }

  /** Keeps what has to be known of a request if its site has to be started. */
  void knowSite(RequestHead head, Router by, @Nullable Initialise how) {
    if (how != null && wait == null) {
      wait = new StartWait(loop, exchange, this);
    }
    if (wait != null) {
      wait.begin(head, by, how);
    }
  }

  /** Tries the places of the route again from the first on. */
  void retry() {
    places.restart();
    connect();
  }

  /** Sends the request over a connection that is there. */
  void send(BackendConnection connection) {
    queue.leave();
    if (wait != null) {
      wait.connected();
    }
    connection.begin(exchange, isHead);
    // First of all, so that the two end together if anything throws.
    exchange.sending(connection);
    sent = true;
    if (connection.place().protocol() == Protocol.UWSGI) {
      sendUwsgi(connection);
      return;
    }
    ByteBuf bytes = request.take(repeatable);
    if (!repeatable) {
      forget();
    }
    connection.send(bytes);
    exchange.sent(connection);
  }

  private void sendUwsgi(BackendConnection connection) {
    boolean expectsContinue = uwsgi().expectsContinue();
    uwsgi().sendTo(connection);
    forget(); // never sent twice: the connection was a fresh one
    if (expectsContinue) {
      exchange.answer.sayContinue();
    }
    exchange.sent(connection);
  }

  /** Whether the body is held until it is whole. */
  boolean holdsBody() {
    return holding;
  }

  /** The capacity of the buffers of what may yet have to be sent. */
  long heldBytes() {
    return request.heldBytes();
  }

  /** The request in the form for uwsgi places. */
  UwsgiRequest uwsgi() {
    return request.uwsgi();
  }

  /** Whether the request was sent, so that what comes of its body follows it. */
  boolean sent() {
    return sent;
  }

  /**
   * Holds more of the body until the request can be sent, and takes over the buffer. That is how a
   * chunked body gets its length, and what a client sent that has ended its side: Netty reads it to
   * the end, whether or not it is to be read.
   *
   * @return why it is not held, if it is not
   */
  @Nullable Refusal hold(ByteBuf bytes) {
    if (holding) {
      uwsgi().hold(bytes);
      return uwsgi().unfit();
    }
    return request.keep(bytes) ? null : UwsgiRequest.TOO_MANY;
  }

  /** The body has come to its end: if it was held, it can be sent. */
  void bodyEnded() {
    if (!sent) {
      request.bodyEnded();
    }
    if (holding) {
      holding = false;
      reuseOrConnect();
    }
  }

  /** No connection could be made, or not yet. */
  void connectFailed(ConnectFailure failure) {
    if (failure == ConnectFailure.FULL) {
      queue.join(places.current());
    } else {
      queue.leave();
      notConnected(failure);
    }
  }

  /** The place is not at fault, so it is tried once more. */
  void connectMisled() {
    if (misled) {
      connectFailed(ConnectFailure.UNREACHABLE);
    } else {
      misled = true;
      open(places.current());
    }
  }

  /**
   * Nothing was sent, so any request may go to the next place: the one that the file's {@code
   * on_failure} names, else the next of its route.
   */
  void notConnected(ConnectFailure failure) {
    if (wait != null && wait.active()) {
      if (places.next()) {
        connect();
      } else {
        wait.again();
      }
      return;
    }
    Place place = places.current();
    Route other = places.afterFailure(failure);
    if (other != null) {
      loop.backendLog.unreachable(place, failure);
      Refusal refusal = other.refusal();
      if (refusal != null) {
        exchange.refuse(refusal, Ending.REFUSED_BY_ROUTE);
        return;
      }
      places.follow(other);
      reuseOrConnect();
    } else if (places.next()) {
      loop.backendLog.unreachable(place, failure);
      reuseOrConnect();
    } else if (wait == null || !wait.enter(place, failure, triedNanos)) {
      loop.backendLog.unreachable(place, failure);
      exchange.unreachable(failure);
    }
  }

  /**
   * Sends the request again, if it may be: the connection that it was sent over is lost, and had
   * answered nothing.
   *
   * @param reused whether that connection had served before. RFC 9112 §9.3.1: then most likely the
   *     backend closed it while it was idle, and the request was still on its way
   * @return whether it is on its way again
   */
  boolean sendAgain(boolean reused) {
    if (!reused || repeated || !repeatable || !request.rewind()) {
      return false;
    }
    repeated = true;
    sent = false;
    connect();
    return true;
  }

  /** The request need not be sent again. */
  void forget() {
    holding = false;
    places.forgetScript();
    try {
      queue.leave();
      if (wait != null) {
        wait.leave();
      }
    } finally {
      request.release();
    }
  }

  /**
   * Ends the exchange, and its client's connection, because a task of the loop threw on its behalf.
   *
   * @param what a constant, as of {@link FailureLog#failed}
   */
  void failed(String what, Throwable cause) {
    try {
      exchange.fail();
    } finally {
      loop.failureLog.failed(what, cause);
    }
  }
}
