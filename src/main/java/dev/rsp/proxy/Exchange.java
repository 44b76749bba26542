// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Protocol;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.ResponseHead;
import dev.rsp.http.UwsgiWriter;
import dev.rsp.journal.HostTally;
import dev.rsp.proxy.ClientStream.BodyKind;
import dev.rsp.route.Asked;
import dev.rsp.route.Route;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One request and its response: routes the request, has its {@link RequestSender} bring it to a
 * backend, and passes the rest of it on, and the response back.
 *
 * <p>Made once per client connection and begun again for each request. All methods run on the
 * connection's loop.
 */
final class Exchange {
  private static final Refusal BACKEND_GONE =
      new Refusal(502, "the backend closed the connection without an answer");
  private static final Refusal UNASKED_UPGRADE =
      new Refusal(502, "the backend changed to a protocol that was not asked for");
  private static final Refusal TOO_MANY_INTERIM =
      new Refusal(502, "the backend sent too many interim responses");

  private static final byte[] CONTINUE =
      "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final Refusal OWN_ANSWER =
      new Refusal(200, "answered by the proxy: Max-Forwards is 0");

  /** Bounds how long a backend can put off its answer. Real ones send one or two. */
  private static final int MAX_INTERIM = 16;

  private final ProxyLoop loop;
  private final ClientStream client;
  private final RequestSender sender;
  private final TunnelEnds tunnel = new TunnelEnds();
  private final HostTally.Visit visit = new HostTally.Visit();

  private @Nullable Terms terms;
  private @Nullable BackendConnection backend;

  /** Bytes of the body, or of the client's half of a tunnel, that were given to the backend. */
  private long requestBytes;

  private int interims;
  private boolean requestEnded;

  Exchange(ProxyLoop loop, ClientStream client) {
    this.loop = loop;
    this.client = client;
    this.sender = new RequestSender(loop, this);
  }

  /** What is kept of the configuration that the exchange began with. */
  Terms terms() {
    return terms == null ? loop.service().terms : terms;
  }

  /** Sets the terms of the exchange that is about to begin. */
  void holdTo(Terms current) {
    terms = current;
  }

  /**
   * Begins with a request.
   *
   * @param body the first bytes of the body, perhaps none; taken over
   * @param whole whether the body is complete with them
   */
  void begin(
      Service current, RequestHead head, ByteBuf body, boolean whole, ClientAddress address) {
    requestBytes = 0;
    interims = 0;
    requestEnded = whole;
    tunnel.start(head);
    if (head.endsHere()) {
      body.release();
      client.refuse(OWN_ANSWER, Ending.OWN_ANSWER);
      return;
    }
    Route route = current.router.route(head, address);
    current.sampler.look(head, address);
    Refusal refusal = route.refusal();
    if (refusal != null) {
      body.release();
      client.refuse(refusal, Ending.REFUSED_BY_ROUTE);
      return;
    }
    visit.begin(head.hostBytes(), head.hostLength());
    Asked asked = current.router.keep(head, address);
    boolean trust = current.trustForwarded;
    // Where on_failure may name another place, that may be one of the other protocol.
    boolean inHttp = route.http() || asked != null;
    if (route.uwsgi() || asked != null) {
      ByteBuf own = inHttp ? body.copy() : body;
      UwsgiWriter.Hop hop = address.hop(head.http10(), current.viaName);
      sender.uwsgi().start(head, own, whole, hop, trust, current.held);
    }
    ByteBuf bytes = Unpooled.EMPTY_BUFFER;
    if (inHttp) {
      loop.writer.request(head, address.forwardingFields(head.http10(), current.viaName), trust);
      bytes = loop.withHead(body);
    }
    sender.knowSite(head, current.initialise);
    // RFC 9110 §9.2.2: what may be sent twice, and can be, because all of it is at hand.
    boolean repeatable = whole && head.idempotent();
    sender.start(current.router, route, asked, bytes, head.isHead(), repeatable);
  }

  /** A connection is being opened, or could not be. */
  void connecting(@Nullable BackendConnection opened) {
    backend = opened;
    if (!requestEnded) {
      client.setReading(false);
    }
  }

  /** The backend accepted the connection. */
  void connected(BackendConnection connection) {
    sender.send(connection);
  }

  /** The first bytes of the request are about to go out over a connection. */
  void sending(BackendConnection connection) {
    backend = connection;
  }

  /** They went; the rest is read while the connection takes it. */
  void sent(BackendConnection connection) {
    if (!requestEnded) {
      client.setReading(connection.writable());
    }
  }

  /** No connection could be made to a place. */
  void connectFailed(ConnectFailure failure) {
    backend = null;
    sender.connectFailed(failure);
  }

  /** The request waits for its site to start, and its client with it. */
  void stillWaiting() {
    backend = null;
    if (!requestEnded) {
      client.setReading(false);
    }
    client.awaitResponse();
  }

  /** It waits no longer, and is about to be sent. */
  void waited() {
    if (requestEnded) {
      client.awaitResponse();
    } else {
      client.awaitBody();
    }
  }

  /** None of the places could be reached; why the last one could not. */
  void unreachable(ConnectFailure failure) {
    refuse(failure.refusal(), failure.ending());
  }

  /** Answers in the place of a backend: nothing was sent to one. */
  void refuse(Refusal refusal, Ending ending) {
    sender.forget();
    client.refuse(refusal, ending);
  }

  // Request --------------------------------------------------------------------------------------

  /** The body is read to its end before the next place can get it. */
  void holding(boolean expectsContinue) {
    backend = null;
    if (expectsContinue) {
      sayContinue();
    }
    client.setReading(true);
  }

  /** Tells the client, in place of a backend whose protocol has no word for it, to go on. */
  void sayContinue() {
    ByteBuf continues = Unpooled.wrappedBuffer(CONTINUE);
    terms().parser.response(continues, loop.responseHead);
    interim(loop.responseHead);
  }

  /**
   * Sends more of the request, and takes over the buffer.
   *
   * @param last whether the request is complete with it
   */
  void requestBody(ByteBuf bytes, boolean last) {
    if (sender.sent()) {
      tunnelBody(bytes);
    } else {
      Refusal refusal = sender.hold(bytes);
      if (refusal != null) {
        refuse(refusal, Ending.LIMIT_HELD_BODY);
        return;
      }
    }
    if (last) {
      requestEnded = true;
      client.awaitResponse();
      sender.bodyEnded();
    }
  }

  /** Sends more of what the client sends, and takes over the buffer. */
  void tunnelBody(ByteBuf bytes) {
    BackendConnection connection = backend;
    if (connection == null || !connection.takesRequest()) {
      // The backend has answered and reads no more; the answer is on its way to the client.
      bytes.release();
      return;
    }
    requestBytes += bytes.readableBytes();
    connection.send(bytes);
    if (!connection.writable()) {
      client.setReading(false);
    }
  }

  /** The backend takes more of the request. */
  void backendWritable() {
    if (!requestEnded || tunnel.offered()) {
      client.setReading(true);
    }
  }

  /** The client has ended its side of a tunnel. */
  void clientHalfClosed() {
    tunnel.endClient(backend);
  }

  // Response -------------------------------------------------------------------------------------

  /** The backend has begun to answer: the request cannot be sent again. */
  void answerBegan() {
    sender.forget();
  }

  /** Whether a chunked response can be passed on in its chunks. */
  boolean clientTakesChunks() {
    return client.takesChunks();
  }

  /** Passes an interim response on; false if the exchange ended because there were too many. */
  boolean interim(ResponseHead head) {
    if (++interims > MAX_INTERIM) {
      malformed(TOO_MANY_INTERIM);
      return false;
    }
    if (client.takesInterim()) {
      client.interim(head);
    }
    return true;
  }

  /** Passes the final head on, with the first bytes of the body, which are taken over. */
  void respond(ResponseHead head, BodyKind kind, ByteBuf body, boolean last) {
    answered(head);
    if (last) {
      finished();
    }
    client.respond(head, kind, body, last);
    pauseIfFull();
  }

  private void answered(ResponseHead head) {
    if (backend != null) {
      visit.answered(loop.hosts, head.status(), loop.service().nameOf(backend.place()));
    }
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
   */
  void switchProtocols(ResponseHead head, ByteBuf bytes) {
    boolean offered = !inUwsgi() && tunnel.offered(head.upgradeTo());
    if (!offered) {
      bytes.release();
      malformed(UNASKED_UPGRADE);
      return;
    }
    answered(head);
    client.startTunnel(head, bytes);
    pauseIfFull();
  }

  private boolean inUwsgi() {
    return backend != null && backend.place().protocol() == Protocol.UWSGI;
  }

  /** The backend ended its side of a tunnel. */
  void tunnelHalfClosed() {
    tunnel.endBackend(backend, client);
  }

  /** The backend connection of a tunnel is closed. */
  void tunnelClosed() {
    backend = null;
    client.tunnelClosed();
  }

  // Endings --------------------------------------------------------------------------------------

  /** The response is complete; the connection goes back if it can carry another. */
  private void finished() {
    BackendConnection connection = backend;
    backend = null;
    sender.forget();
    if (connection != null) {
      connection.finished(requestEnded);
    }
  }

  /** The backend's answer is none, or not to this request. */
  void malformed(Refusal refusal) {
    BackendConnection connection = backend;
    backend = null;
    if (connection != null) {
      connection.abandon();
    }
    refuse(refusal, Ending.BACKEND_MALFORMED);
  }

  /** What comes of the response, whose head the client has, is no body. */
  void malformedBody() {
    backend = null;
    sender.forget();
    client.cut(Ending.BACKEND_MALFORMED_BODY);
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
      sender.forget();
      client.cut(Ending.BACKEND_TRUNCATED);
    } else if (answered || !sender.sendAgain(reused)) {
      refuse(BACKEND_GONE, Ending.BACKEND_GONE);
    }
  }

  /** Ends the exchange from the client's side: nobody waits for the answer. */
  void abandon() {
    BackendConnection connection = backend;
    backend = null;
    sender.forget();
    if (connection != null) {
      connection.abandon();
    }
  }

  /** Bytes of the request that the backend has not taken yet. */
  long unsent() {
    return backend == null ? 0 : backend.unsent();
  }

  /** A number that changes whenever the backend's side has taken something. */
  long taken() {
    return requestBytes - unsent();
  }

  /** What an empty end of a body is passed on with. */
  static ByteBuf nothing() {
    return Unpooled.EMPTY_BUFFER;
  }
}
