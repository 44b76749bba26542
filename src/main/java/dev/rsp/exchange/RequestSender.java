// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

import dev.rsp.config.HeldBodyLimits;
import dev.rsp.config.Place;
import dev.rsp.http.Hop;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.Trailers;
import dev.rsp.net.ConnectionCount;
import dev.rsp.route.RequestSnapshot;
import dev.rsp.route.Route;
import dev.rsp.route.Router;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * Sends a request to a backend: over an idle connection or a new one, to the next place of its
 * route while none accepts, and once more where that is safe. Until then it keeps the request.
 *
 * <p>One per {@link Exchange}, reused for its next request. The exchange, its {@link StartWait} and
 * the queue of a place call it, on the loop.
 */
final class RequestSender implements QueuedRequest {
  private static final Refusal OVER_SHARE =
      new Refusal(503, "too many requests wait for this backend");
  private static final Refusal LENGTH_REQUIRED =
      new Refusal(411, "the backend's protocol needs a Content-Length");

  /**
   * How much of a body is kept until the response begins, so that a request that the backend
   * refuses can be sent again: most calls of gRPC are smaller.
   */
  private static final int KEPT_BODY_BYTES = 64 * 1024;

  /** A backend that refuses again and again is not asked for ever. */
  private static final int MOST_REFUSALS = 2;

  private final LoopState loop;
  private final Backends backends;
  private final ConnectionCount connections;
  private final ByteBufAllocator allocator;
  private final Exchange exchange;
  private final Hop hop;

  // The request ----------------------------------------------------------------------------------

  /** The head as it came, as long as it may have to be sent, or sent again; null otherwise. */
  private @Nullable ByteBuf head;

  private BodyKind kind = BodyKind.LENGTH;

  /** The first bytes of the body, as long as they may have to be sent, or sent again. */
  private @Nullable ByteBuf body;

  /**
   * Bytes that {@link #hold} added to the body, and that are reserved for it; not those that came
   * with the head.
   */
  private int reservedBytes;

  /** The body of a request that is held until it is complete; stays until that is sent. */
  private @Nullable HeldBody held;

  /** Whether the rest of the body is awaited, and held. */
  private boolean holding;

  /** Whether the client waits for 100 (Continue), of which the backend may know nothing. */
  private boolean expectsContinue;

  /** RFC 9110 §9.2.2: whether it may be sent twice, and can be, because all of it is at hand. */
  private boolean repeatable;

  private boolean repeated;
  private boolean sent;

  /** Whether a stream has been given {@link #body}, so that its memory must not move. */
  private boolean bodyShared;

  /** The fields behind the body, as long as they may have to be sent, or sent again. */
  private @Nullable Trailers trailers;

  /** How often backends have refused the request without processing it. */
  private int refusals;

  // Where it goes --------------------------------------------------------------------------------

  private @Nullable Route route;

  /** The place of the route that is being tried, from 0. */
  private int attempt;

  /** Places that could not be reached so far. */
  private int failures;

  /** Runs {@code on_failure}; null if the file has none. */
  private @Nullable Router router;

  /** The request as {@code on_failure} sees it; made on first use. */
  private @Nullable RequestSnapshot asked;

  /** Whether the last connection to the place only seemed to be open. */
  private boolean misled;

  /** Whether it has waited for a place where nothing listened: it waits once, in all. */
  private boolean hasWaited;

  /** The place in whose queue it is; null if in none. */
  private @Nullable Place queuedFor;

  /** Made with the first request of a configuration that starts sites. */
  private @Nullable StartWait wait;

  /** When the last connect began, if sites are started. */
  private long triedNanos;

  RequestSender(LoopState loop, Backends backends, Exchange exchange, Hop hop) {
    this.loop = loop;
    this.backends = backends;
    this.connections = loop.connections();
    this.allocator = loop.net().allocator();
    this.exchange = exchange;
    this.hop = hop;
  }

  /**
   * Starts with a request: finds an idle stream for it, or connects.
   *
   * @param chosen at least one place, by the router of the service
   * @param request good until this returns
   * @param form of the body
   * @param first its first bytes, perhaps none; taken over
   * @param last whether the body is complete
   * @return the stream on which to send the request now; or null
   */
  @Nullable BackendStream start(
      Service service,
      Route chosen,
      RequestHead request,
      BodyKind form,
      ByteBuf first,
      boolean last) {
    kind = form;
    body = first;
    route = chosen;
    attempt = 0;
    failures = 0;
    hasWaited = false;
    router = service.hasOnFailure ? service.router : null;
    repeatable = last && request.idempotent();
    repeated = false;
    refusals = 0;
    sent = false;
    expectsContinue = !last && request.expectContinue() && hasNoBody();
    if (service.initialise != null || wait != null) {
      knowSite(service);
    }
    Place place = chosen.place(0);
    if (!admitted(service, place)) {
      return null;
    }
    if (repeatable) {
      keepHead(request); // while there is no stream yet, because this may throw
    }
    BackendStream idle = backends.reuse(place, hop, repeatable, false);
    if (idle == null) {
      if (!repeatable) {
        keepHead(request);
      }
      releaseIfEmpty();
      connect();
    }
    return idle;
  }

  /** A request that waits for a connection holds no empty buffer. */
  private void releaseIfEmpty() {
    ByteBuf empty = body;
    if (empty != null && !empty.isReadable()) {
      body = null;
      empty.release();
    }
  }

  private boolean hasNoBody() {
    return body == null || !body.isReadable();
  }

  private void keepHead(RequestHead request) {
    ByteBuf copy = allocator.directBuffer(request.length());
    head = copy;
    request.copyTo(copy);
  }

  /** The kept head, read into the table of the loop. */
  RequestHead keptHead() {
    ByteBuf bytes = head;
    if (bytes == null) {
      throw new IllegalStateException("no head is kept");
    }
    return loop.readAgain(bytes, exchange.terms());
  }

  /**
   * Whether the place may have one more request; otherwise the request is refused. No other place
   * is tried: it would hang next, and hosts would move.
   */
  private boolean admitted(Service service, Place place) {
    boolean admits = service.share.admits(place, connections.get());
    if (!admits) {
      loop.backendLog().overShare(place);
      exchange.refuse(OVER_SHARE, Ending.LIMIT_SLOT);
    }
    return admits;
  }

  /** The place of the route that is being tried. */
  Place place() {
    Route current = route;
    if (current == null) {
      throw new IllegalStateException("no route");
    }
    return current.place(attempt);
  }

  /** Goes to the current place of the route. */
  private void reuseOrConnect() {
    Place place = place();
    if (admitted(loop.service(), place)) {
      BackendStream idle = mayReuse() ? backends.reuse(place, hop, repeatable, false) : null;
      if (idle == null) {
        connect();
      } else {
        exchange.send(idle);
      }
    }
  }

  private void connect() {
    Place place = place();
    if (backends.needsLength(place) && !readyFor(place)) {
      return;
    }
    misled = false;
    // One that has waited already tries at once, and fails if the place refuses it.
    if (!hasWaited && backends.isQueued(place)) {
      exchange.connecting(null);
      joined(place, null);
    } else {
      open(place);
    }
  }

  private void open(Place place) {
    if (wait != null) {
      triedNanos = System.nanoTime();
    }
    backends.connect(place, hop, exchange);
  }

  /**
   * Prepares the request for a place that needs its length. False: it was refused, or its body is
   * being held, and {@link #bodyEnded} goes on.
   */
  private boolean readyFor(Place place) {
    HeldBodyLimits limits = exchange.terms().held;
    boolean unknown = kind != BodyKind.LENGTH && held == null;
    if (unknown && limits.bodyBytes() == 0) {
      exchange.refuse(LENGTH_REQUIRED, Ending.LIMIT_HELD_BODY);
      return false;
    }
    Refusal unfit = backends.unfit(place, keptHead(), hop, exchange.terms());
    if (unfit != null) {
      exchange.refuse(unfit, Ending.REFUSED);
      return false;
    }
    if (unknown) {
      ByteBuf first = body;
      body = null;
      loop.held().free(reservedBytes); // the held body reserves them again
      reservedBytes = 0;
      HeldBody whole = new HeldBody(allocator, loop.held(), limits, kind == BodyKind.CHUNKED);
      held = whole;
      Refusal refusal = first == null ? null : whole.add(first);
      if (refusal != null) {
        exchange.refuse(refusal, Ending.LIMIT_HELD_BODY);
        return false;
      }
      if (exchange.requestEnded()) {
        heldBodyEnded(whole);
      } else {
        holding = true;
        boolean say = expectsContinue;
        expectsContinue = false;
        exchange.holding(say);
      }
    }
    return !holding;
  }

  /** The body is complete and its length known. */
  private void heldBodyEnded(HeldBody whole) {
    body = whole.take();
    kind = BodyKind.CONTENT;
  }

  /**
   * Sends the request.
   *
   * @param request its head
   * @param terms of the exchange
   * @param last whether all of it has come
   * @return whether the client waits for 100 (Continue), which the backend will not send
   */
  boolean send(BackendStream stream, RequestHead request, Terms terms, boolean last) {
    if (queuedFor != null) {
      leaveQueue();
    }
    if (wait != null) {
      wait.connected();
    }
    sent = true;
    ByteBuf bytes = body == null ? Unpooled.EMPTY_BUFFER : body;
    boolean keeps = repeatable || stream.mayRefuse();
    if (keeps && bytes.isReadable()) {
      bytes = bytes.retainedSlice();
      bodyShared = true;
    } else {
      body = null;
    }
    Trailers behind = trailers;
    boolean mayBeLost =
        stream.request(exchange, request, hop, terms, kind, bytes, last && behind == null);
    if (behind != null) {
      stream.trailers(behind);
      if (last) {
        stream.body(Unpooled.EMPTY_BUFFER, true);
      }
    }
    if (!mayBeLost || !keeps) {
      forget();
    } else if (head == null) {
      keepHead(request);
    }
    return expectsContinue && !stream.answersExpect();
  }

  /** Whether the request was sent, so that the rest of its body can follow. */
  boolean sent() {
    return sent;
  }

  /** Whether the request may have to be sent again. */
  boolean keepsRequest() {
    return head != null;
  }

  /** Keeps more of the body of a request that was sent; too much of it is forgotten. */
  void keep(ByteBuf bytes) {
    int more = bytes.readableBytes();
    int before = body == null ? 0 : body.readableBytes();
    if (before + more > KEPT_BODY_BYTES
        || !loop.held().reserve(more, exchange.terms().held.totalBytes())) {
      forget();
      return;
    }
    reservedBytes += more;
    ownBody(more).writeBytes(bytes, bytes.readerIndex(), more);
  }

  /** The body in a buffer that nobody else has, to append to. */
  private ByteBuf ownBody(int more) {
    ByteBuf before = body;
    if (before != null && !bodyShared) {
      return before;
    }
    int known = before == null ? 0 : before.readableBytes();
    ByteBuf own = allocator.directBuffer(Math.max(256, known + more));
    body = own;
    bodyShared = false;
    if (before != null) {
      own.writeBytes(before, before.readerIndex(), known);
      before.release();
    }
    return own;
  }

  /** Keeps the fields behind the body until they are sent. */
  void trailers(Trailers fields) {
    if (!sent || head != null) {
      trailers = fields;
    }
  }

  /** Whether the body is held until it is complete. */
  boolean holdsBody() {
    return holding;
  }

  /** The capacity of the buffers that are kept for sending. */
  long heldBytes() {
    return (head == null ? 0 : head.capacity())
        + (body == null ? 0 : body.capacity())
        + (held == null ? 0 : held.heldBytes());
  }

  /**
   * Holds more of the body until the request can be sent, and takes over the buffer. For bodies
   * without a length, and for a client that has ended its side: Netty reads that to the end, even
   * with reading off.
   *
   * @return null, or why it is not held
   */
  @Nullable Refusal hold(ByteBuf bytes) {
    expectsContinue = false;
    if (holding && held != null) {
      return held.add(bytes);
    }
    HeldBodyLimits limits = exchange.terms().held;
    try {
      int more = bytes.readableBytes();
      if (!loop.held().reserve(more, limits.totalBytes())) {
        return HeldBody.TOO_MANY;
      }
      reservedBytes += more;
      ByteBuf before = body;
      if (before != null && before.isReadable()) {
        ownBody(more).writeBytes(bytes);
      } else {
        body = bytes.retain();
        if (before != null) {
          before.release();
        }
      }
      return null;
    } finally {
      bytes.release();
    }
  }

  /** The body is complete: if it was held, it can be sent. */
  void bodyEnded() {
    HeldBody whole = held;
    if (holding && whole != null) {
      holding = false;
      heldBodyEnded(whole);
      reuseOrConnect();
    }
  }

  // No connection --------------------------------------------------------------------------------

  /** No connection could be made, or none yet. */
  void connectFailed(ConnectFailure failure) {
    boolean waited = queuedFor != null;
    if (!mayWait(failure) || !joined(place(), failure)) {
      leaveQueue();
      notConnected(failure);
    } else if (!waited) {
      loop.backendLog().waits(place(), failure);
    }
  }

  /** Where sites are started, that is what a place where nothing listens needs. */
  private boolean mayWait(ConnectFailure failure) {
    return failure == ConnectFailure.FULL
        || (failure.nothingListens() && !hasWaited && (wait == null || !wait.startsSites()));
  }

  /** Not the place's fault, so it is tried once more. */
  void connectMisled() {
    if (misled) {
      connectFailed(ConnectFailure.UNREACHABLE);
    } else {
      misled = true;
      open(place());
    }
  }

  /**
   * Nothing was sent, so any request may go to another place: the one that {@code on_failure}
   * names, else the next of its route.
   */
  private void notConnected(ConnectFailure failure) {
    if (wait != null && wait.active()) {
      if (moveToNextPlace()) {
        connect();
      } else {
        wait.stillNotUp();
      }
      return;
    }
    Place place = place();
    Route other = afterFailure(place, failure);
    if (other != null) {
      loop.backendLog().unreachable(place, failure);
      Refusal refusal = other.refusal();
      if (refusal != null) {
        exchange.refuse(refusal, Ending.REFUSED_BY_ROUTE);
        return;
      }
      route = other;
      attempt = 0;
      reuseOrConnect();
    } else if (moveToNextPlace()) {
      loop.backendLog().unreachable(place, failure);
      reuseOrConnect();
    } else if (wait == null || !wait.enter(place, failure, triedNanos)) {
      loop.backendLog().unreachable(place, failure);
      exchange.unreachable(failure);
    }
  }

  /** Moves to the next place of the route; false if there is none. */
  private boolean moveToNextPlace() {
    boolean follows = route != null && attempt + 1 < route.count();
    if (follows) {
      attempt++;
    }
    return follows;
  }

  /** The route that {@code on_failure} chooses; null to keep the route. */
  private @Nullable Route afterFailure(Place place, ConnectFailure failure) {
    failures++;
    Router by = router;
    if (by == null) {
      return null;
    }
    RequestSnapshot request = asked;
    if (request == null) {
      request = RequestSnapshot.of(keptHead(), hop);
      asked = request;
    }
    return by.afterFailure(request, place, failure.text(), failures);
  }

  /**
   * Sends the request again, if allowed: its stream was lost before any byte of a response.
   *
   * @param reused whether its connection had served before. RFC 9112 §9.3.1: then the backend
   *     probably closed it while it was idle, before it got the request
   * @return whether it is sent again
   */
  boolean sendAgain(boolean reused) {
    if (!reused || repeated || !repeatable || head == null) {
      return false;
    }
    repeated = true;
    sent = false;
    connect();
    return true;
  }

  /**
   * Sends the request again, if all of it is at hand: the backend has refused it without processing
   * it (RFC 9113 §8.7), so the method does not matter.
   *
   * @return whether it is sent again
   */
  boolean sendRefusedAgain() {
    if (head == null || refusals == MOST_REFUSALS) {
      return false;
    }
    refusals++;
    sent = false;
    reuseOrConnect();
    return true;
  }

  /** The request will not be sent, or not again: releases what is kept of it. */
  void forget() {
    holding = false;
    // A tunnel, which can last for days, must not keep the script that chose its backend.
    router = null;
    asked = null;
    try {
      if (queuedFor != null) {
        leaveQueue();
      }
      if (wait != null) {
        wait.leave();
      }
    } finally {
      release();
    }
  }

  private void release() {
    if (reservedBytes > 0) {
      loop.held().free(reservedBytes);
      reservedBytes = 0;
    }
    trailers = null;
    bodyShared = false;
    ByteBuf oldHead = head;
    ByteBuf oldBody = body;
    HeldBody oldHeld = held;
    head = null;
    body = null;
    held = null;
    if (oldHead != null) {
      oldHead.release();
    }
    if (oldBody != null) {
      oldBody.release();
    }
    if (oldHeld != null) {
      oldHeld.release();
    }
  }

  // Waiting for a site to start ------------------------------------------------------------------

  /** Keeps what the start of the request's site would need. */
  private void knowSite(Service service) {
    StartWait known = wait;
    if (known == null) {
      known = new StartWait(loop, exchange, this);
      wait = known;
    }
    known.begin(service.initialise, service.router);
  }

  /** Tries the places of the route again, from the first. */
  void fromFirstPlace() {
    attempt = 0;
    connect();
  }

  // The queue of a place -------------------------------------------------------------------------

  private boolean joined(Place place, @Nullable ConnectFailure failure) {
    boolean queued = backends.queue(place, this, failure);
    if (queued) {
      queuedFor = place;
    }
    return queued;
  }

  /** Logs that a request was in the queue of a place for longer than it may be. */
  void logQueued() {
    if (queuedFor != null) {
      loop.backendLog().unreachable(queuedFor, ConnectFailure.FULL);
    }
  }

  private void leaveQueue() {
    Place left = queuedFor;
    if (left != null) {
      queuedFor = null;
      backends.leaveQueue(left, this);
    }
  }

  @Override
  public void takeTurn() {
    if (!sendOverIdle()) {
      open(place());
    }
  }

  /** A repeated request uses no connection that may have been closed. */
  @Override
  public boolean mayReuse() {
    return !repeated;
  }

  @Override
  public void useIdle() {
    sendOverIdle();
  }

  private boolean sendOverIdle() {
    BackendStream idle = mayReuse() ? backends.reuse(place(), hop, repeatable, true) : null;
    if (idle != null) {
      exchange.send(idle);
    }
    return idle != null;
  }

  @Override
  public void timedOut(ConnectFailure failure) {
    queuedFor = null;
    hasWaited |= failure.nothingListens();
    notConnected(failure);
  }

  @Override
  public void routeAgain() {
    queuedFor = null;
    exchange.stopConnecting();
    Service service = loop.service();
    Route other = service.router.route(keptHead(), hop);
    Refusal refusal = other.refusal();
    if (refusal != null) {
      exchange.refuse(refusal, Ending.REFUSED_BY_ROUTE);
      return;
    }
    route = other;
    attempt = 0;
    failures = 0;
    router = service.hasOnFailure ? service.router : null;
    asked = null;
    if (service.initialise != null || wait != null) {
      knowSite(service);
    }
    reuseOrConnect();
  }

  @Override
  public void failed(Throwable cause) {
    failed("a queued request failed", cause);
  }

  /**
   * Ends the exchange, and its client's connection, because a task of the loop threw on its behalf.
   *
   * @param what a constant, as of {@link dev.rsp.net.FailureLog#failed}
   */
  void failed(String what, Throwable cause) {
    try {
      exchange.fail();
    } finally {
      loop.net().failureLog().failed(what, cause);
    }
  }
}
