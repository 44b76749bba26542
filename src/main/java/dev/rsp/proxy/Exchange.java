// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Place;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.ResponseHead;
import dev.rsp.http.Upgrades;
import dev.rsp.proxy.ClientStream.BodyKind;
import dev.rsp.route.Route;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One request and its response: chooses the backend, sends the request, retries where that is safe,
 * and passes the response on.
 *
 * <p>Made once per client connection and begun again for each request. All methods run on the
 * connection's loop.
 */
final class Exchange {
  private static final Refusal UNREACHABLE = new Refusal(502, "the backend cannot be reached");
  private static final Refusal CONNECT_TIMEOUT =
      new Refusal(504, "the backend took too long to accept the connection");
  private static final Refusal EXHAUSTED = new Refusal(503, "out of connections to the backend");
  private static final Refusal BACKEND_GONE =
      new Refusal(502, "the backend closed the connection without an answer");
  private static final Refusal UNASKED_UPGRADE =
      new Refusal(502, "the backend changed to a protocol that was not asked for");
  private static final Refusal TOO_MANY_INTERIM =
      new Refusal(502, "the backend sent too many interim responses");

  /** Bounds how long a backend can put off its answer. Real ones send one or two. */
  private static final int MAX_INTERIM = 16;

  private final ProxyLoop loop;
  private final ClientStream client;

  private @Nullable Service service;
  private @Nullable Route route;
  private @Nullable BackendConnection backend;

  /** The first bytes of the request, as long as they may have to be sent, or sent again. */
  private @Nullable ByteBuf request;

  private int requestStart;
  private int requestEnd;
  private int attempt;
  private int interims;
  private boolean requestEnded;
  private boolean requestIsHead;
  private boolean repeatable;
  private boolean repeated;
  private boolean clientEnded;
  private boolean backendEnded;
  private @Nullable String upgradeOffer;

  Exchange(ProxyLoop loop, ClientStream client) {
    this.loop = loop;
    this.client = client;
  }

  /** The service that the exchange began with. */
  Service service() {
    return service == null ? loop.service() : service;
  }

  /**
   * Begins with a request.
   *
   * @param body the first bytes of the body, perhaps none; taken over
   * @param whole whether the body is complete with them
   */
  void begin(
      Service current, RequestHead head, ByteBuf body, boolean whole, ClientAddress address) {
    service = current;
    attempt = 0;
    interims = 0;
    requestEnded = whole;
    requestIsHead = head.isHead();
    repeated = false;
    clientEnded = false;
    backendEnded = false;
    // RFC 9110 §9.2.2: what may be sent twice, and can be, because all of it is at hand.
    repeatable = whole && head.idempotent();
    upgradeOffer = head.upgrade() ? head.field("upgrade") : null;
    Route chosen = current.router.route(head, address);
    route = chosen;
    Refusal refusal = chosen.refusal();
    if (refusal != null) {
      body.release();
      client.refuse(refusal);
      return;
    }
    loop.writer.request(head, address.forwardingFields(head.http10()), current.trustForwarded);
    ByteBuf bytes = loop.withHead(body);
    request = bytes;
    requestStart = bytes.readerIndex();
    requestEnd = bytes.writerIndex();
    BackendConnection idle = loop.pools.take(chosen.place(0));
    if (idle != null) {
      send(idle);
    } else {
      connect();
    }
  }

  private void connect() {
    Route chosen = Objects.requireNonNull(route);
    Place place = chosen.place(attempt);
    if (!requestEnded) {
      client.setReading(false);
    }
    BackendConnection opened = BackendConnection.open(loop, place, this);
    backend = opened;
    if (opened == null) {
      connectFailed(false, true);
    } else {
      opened.connect();
    }
  }

  /** The backend accepted the connection. */
  void connected(BackendConnection connection) {
    send(connection);
    if (!requestEnded && connection.writable()) {
      client.setReading(true);
    }
  }

  private void send(BackendConnection connection) {
    backend = connection;
    connection.begin(this, requestIsHead);
    ByteBuf bytes = Objects.requireNonNull(request);
    if (repeatable) {
      bytes.retain();
    } else {
      request = null;
    }
    connection.send(bytes);
    if (!requestEnded && !connection.writable()) {
      client.setReading(false);
    }
  }

  /**
   * No connection could be made. Nothing was sent, so any request may go to the next place.
   *
   * @param timedOut whether the time for it ran out
   * @param exhausted whether it was this machine that had no socket or port left
   */
  void connectFailed(boolean timedOut, boolean exhausted) {
    backend = null;
    attempt++;
    if (attempt < Objects.requireNonNull(route).count()) {
      connect();
    } else {
      refuse(timedOut ? CONNECT_TIMEOUT : exhausted ? EXHAUSTED : UNREACHABLE);
    }
  }

  private void refuse(Refusal refusal) {
    forgetRequest();
    client.refuse(refusal);
  }

  // Request
  // ----------------------------------------------------------------------------------------

  /** Sends more of the request, or of a tunnel, and takes over the buffer. */
  void requestBody(ByteBuf bytes) {
    BackendConnection connection = backend;
    if (connection == null || !connection.takesRequest()) {
      // The backend has answered and reads no more; the answer is on its way to the client.
      bytes.release();
      return;
    }
    connection.send(bytes);
    if (!connection.writable()) {
      client.setReading(false);
    }
  }

  /** The request is complete. */
  void requestEnded() {
    requestEnded = true;
    client.awaitResponse();
  }

  /** The backend takes more of the request. */
  void backendWritable() {
    if (!requestEnded || upgradeOffer != null) {
      client.setReading(true);
    }
  }

  /** The client has ended its side of a tunnel. */
  void clientHalfClosed() {
    clientEnded = true;
    if (backend != null) {
      if (backendEnded) {
        backend.closeAfterFlush();
      } else {
        backend.shutOutput();
      }
    }
  }

  // Response
  // ---------------------------------------------------------------------------------------

  /** The backend has begun to answer: the request cannot be sent again. */
  void answerBegan() {
    forgetRequest();
  }

  /** Whether a chunked response can be passed on in its chunks. */
  boolean clientTakesChunks() {
    return client.takesChunks();
  }

  /** Passes an interim response on; false if the exchange ended because there were too many. */
  boolean interim(ResponseHead head) {
    if (++interims > MAX_INTERIM) {
      failed(TOO_MANY_INTERIM);
      return false;
    }
    if (client.takesInterim()) {
      client.interim(head);
    }
    return true;
  }

  /** Passes the final head on, with the first bytes of the body, which are taken over. */
  void respond(ResponseHead head, BodyKind kind, ByteBuf body, boolean last) {
    if (last) {
      finished();
    }
    client.respond(head, kind, body, last);
    pauseIfFull();
  }

  /** Passes more of the body on, and takes over the buffer. */
  void responseBody(ByteBuf bytes, boolean last) {
    if (last) {
      finished();
    }
    client.body(bytes, last);
    pauseIfFull();
  }

  /** Bytes of a tunnel, which are taken over. */
  void tunnelBytes(ByteBuf bytes) {
    client.body(bytes, false);
    pauseIfFull();
  }

  private void pauseIfFull() {
    BackendConnection connection = backend;
    if (connection != null && !client.writable()) {
      connection.setReading(false);
    }
  }

  /** The client takes more of the response. */
  void clientWritable() {
    if (backend != null) {
      backend.setReading(true);
    }
  }

  /**
   * The backend answered 101.
   *
   * @param bytes what followed its head; taken over
   * @return whether a tunnel began
   */
  boolean switchProtocols(ResponseHead head, ByteBuf bytes) {
    String offer = upgradeOffer;
    // RFC 9110 §7.8: only to a protocol that the client named.
    if (offer == null || !Upgrades.offered(offer, head.upgradeTo())) {
      bytes.release();
      failed(UNASKED_UPGRADE);
      return false;
    }
    client.startTunnel(head, bytes);
    pauseIfFull();
    return true;
  }

  /** The backend ended its side of a tunnel. */
  void tunnelHalfClosed() {
    backendEnded = true;
    client.tunnelHalfClosed();
    if (clientEnded && backend != null) {
      // What the client sent last may still be on its way to the backend.
      backend.closeAfterFlush();
    }
  }

  /** The backend connection of a tunnel is closed. */
  void tunnelClosed() {
    backend = null;
    client.tunnelClosed();
  }

  // Endings
  // ----------------------------------------------------------------------------------------

  /** The response is complete; the connection goes back if it can carry another. */
  private void finished() {
    BackendConnection connection = backend;
    backend = null;
    forgetRequest();
    if (connection != null) {
      connection.finished(requestEnded);
    }
  }

  /** The backend's answer cannot be used. */
  void failed(Refusal refusal) {
    BackendConnection connection = backend;
    backend = null;
    if (connection != null) {
      connection.abandon();
    }
    refuse(refusal);
  }

  /**
   * The backend connection broke.
   *
   * @param answered whether any byte of an answer had come
   * @param responded whether the client already has the head of the response
   */
  void lost(boolean reused, boolean answered, boolean responded) {
    backend = null;
    if (responded) {
      forgetRequest();
      client.cut();
    } else if (reused && !answered && !repeated && repeatable && request != null) {
      // RFC 9112 §9.3.1: the backend closed an idle connection while the request was on its way.
      repeated = true;
      request.setIndex(requestStart, requestEnd);
      connect();
    } else {
      refuse(BACKEND_GONE);
    }
  }

  /** Ends the exchange from the client's side: nobody waits for the answer. */
  void abandon() {
    BackendConnection connection = backend;
    backend = null;
    forgetRequest();
    if (connection != null) {
      connection.abandon();
    }
  }

  /** Bytes of the request that the backend has not taken yet. */
  long unsent() {
    return backend == null ? 0 : backend.unsent();
  }

  private void forgetRequest() {
    if (request != null) {
      request.release();
      request = null;
    }
  }

  /** What an empty end of a body is passed on with. */
  static ByteBuf nothing() {
    return Unpooled.EMPTY_BUFFER;
  }
}
