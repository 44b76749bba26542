// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.UwsgiWriter;
import dev.rsp.route.Asked;
import dev.rsp.route.Route;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * One request and its response: routes the request, has its {@link RequestSender} bring it to a
 * backend, and passes the rest of it on. The response comes back through its {@link BackendAnswer}.
 *
 * <p>Made once per client connection and begun again for each request. The client's connection, its
 * sender and the backend's connection call it, on the connection's loop.
 */
final class Exchange {
  private static final Refusal OWN_ANSWER =
      new Refusal(200, "answered by the proxy: Max-Forwards is 0");

  final BackendAnswer answer;

  private final ProxyLoop loop;
  private final ClientStream client;
  private final RequestSender sender;
  private final TunnelEnds tunnel = new TunnelEnds();

  private @Nullable Terms terms;
  private @Nullable BackendConnection backend;

  /** Bytes of the body, or of the client's half of a tunnel, that were given to the backend. */
  private long requestBytes;

  private boolean requestEnded;

  Exchange(ProxyLoop loop, ClientStream client) {
    this.loop = loop;
    this.client = client;
    this.sender = new RequestSender(loop, this);
    this.answer = new BackendAnswer(loop, client, this, sender, tunnel);
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
    requestEnded = whole;
    ByteBuf mine = body; // what is to be released here; null once it is passed on
    ByteBuf bytes = Unpooled.EMPTY_BUFFER;
    Route route;
    Asked asked;
    try {
      tunnel.start(head);
      if (head.endsHere()) {
        client.refuse(OWN_ANSWER, Ending.OWN_ANSWER);
        return;
      }
      route = current.router.route(head, address);
      loop.sample(current.sampler, head, address);
      Refusal refusal = route.refusal();
      if (refusal != null) {
        client.refuse(refusal, Ending.REFUSED_BY_ROUTE);
        return;
      }
      answer.start(head);
      asked = current.router.keep(head, address);
      boolean trust = current.trustForwarded;
      sender.knowSite(head, current.router, current.initialise);
      // Where on_failure may name another place, that may be one of the other protocol.
      boolean inHttp = route.http() || asked != null;
      if (route.uwsgi() || asked != null) {
        UwsgiWriter.Hop hop = address.hop(head.http10(), current.viaName);
        UwsgiRequest form = sender.uwsgi();
        ByteBuf own = inHttp ? body.copy() : body;
        mine = inHttp ? body : null;
        form.start(head, own, whole, hop, trust, current.held);
      }
      if (inHttp) {
        loop.writer.request(head, address.forwardingFields(head.http10(), current.viaName), trust);
        mine = null;
        bytes = loop.withHead(body);
      }
    } finally {
      if (mine != null) {
        mine.release();
      }
    }
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

  /** A connection looked open and was not: nothing was sent. */
  void connectMisled() {
    backend = null;
    sender.connectMisled();
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
      answer.sayContinue();
    }
    client.setReading(true);
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

  /** The backend takes no more of the request for now. */
  void backendFull() {
    boolean inTunnel = backend != null && backend.inTunnel();
    // A client that has sent its request is read, only to see whether it leaves.
    if (!requestEnded || inTunnel) {
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

  /** The client takes no more of the response for now. */
  void clientFull() {
    if (backend != null) {
      backend.setReading(false);
    }
  }

  /** The client takes more of the response. */
  void clientWritable() {
    if (backend != null) {
      backend.setReading(true);
    }
  }

  // The backend connection -----------------------------------------------------------------------

  /** The connection that carries the exchange; null if there is none yet, or none any more. */
  @Nullable BackendConnection backend() {
    return backend;
  }

  /** The same, which the exchange then knows no more: the caller says what becomes of it. */
  @Nullable BackendConnection leaveBackend() {
    BackendConnection left = backend;
    backend = null;
    return left;
  }

  /** Whether the client has sent all of the request. */
  boolean requestEnded() {
    return requestEnded;
  }

  /** Ends the exchange from the client's side: nobody waits for the answer. */
  void abandon() {
    BackendConnection connection = leaveBackend();
    try {
      sender.forget();
    } finally {
      if (connection != null) {
        connection.end.abandon();
      }
    }
  }

  /** How large the next read from the client may be, in bytes. */
  int mostReadBytes() {
    return backend == null ? ReadBuffers.MIDDLE_BYTES : backend.mostWriteBytes();
  }

  /** The capacity of the buffers that it holds besides those of the client's connection. */
  long heldBytes() {
    return sender.heldBytes() + (backend == null ? 0 : backend.heldBytes());
  }

  /** Ends the exchange and the client's connection: see {@link ClientStream#fail}. */
  void fail() {
    client.fail();
  }

  /** Whether the body is held until it is whole, which reading alone brings about. */
  boolean holdsBody() {
    return sender.holdsBody();
  }

  /** Bytes of the request that the backend has not taken yet. */
  long unsent() {
    return backend == null ? 0 : backend.unsent();
  }

  /** A number that changes whenever the backend's side has taken something. */
  long taken() {
    return requestBytes - unsent();
  }
}
