// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Protocol;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.ResponseHead;
import dev.rsp.journal.HostTally;
import dev.rsp.proxy.ClientStream.BodyKind;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * What the backend answers in an exchange, on its way to the client: interim heads, the final head,
 * the body, or the bytes of a tunnel; and what the client is told if it is no answer or breaks off.
 *
 * <p>Made with its {@link Exchange}, and called by {@link ResponseReader} and the backend
 * connection, on the connection's loop.
 */
final class BackendAnswer {
  private static final Refusal BACKEND_GONE =
      new Refusal(502, "the backend closed the connection without an answer");
  private static final Refusal UNASKED_UPGRADE =
      new Refusal(502, "the backend changed to a protocol that was not asked for");
  private static final Refusal TOO_MANY_INTERIM =
      new Refusal(502, "the backend sent too many interim responses");

  private static final byte[] CONTINUE =
      "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  /** Bounds how long a backend can put off its answer. Real ones send one or two. */
  private static final int MAX_INTERIM = 16;

  private final ProxyLoop loop;
  private final ClientStream client;
  private final Exchange exchange;
  private final RequestSender sender;
  private final TunnelEnds tunnel;
  private final HostTally.Visit visit = new HostTally.Visit();

  private int interims;

  BackendAnswer(
      ProxyLoop loop,
      ClientStream client,
      Exchange exchange,
      RequestSender sender,
      TunnelEnds tunnel) {
    this.loop = loop;
    this.client = client;
    this.exchange = exchange;
    this.sender = sender;
    this.tunnel = tunnel;
  }

  /** Starts with a request that is about to be sent. */
  void start(RequestHead head) {
    interims = 0;
    visit.begin(head.hostBytes(), head.hostLength());
  }

  /** What is kept of the configuration that the exchange began with. */
  Terms terms() {
    return exchange.terms();
  }

  /** The backend has begun to answer: the request cannot be sent again. */
  void began() {
    sender.forget();
  }

  /** How large the next read of the response may be for the client, in bytes. */
  int mostReadBytes() {
    return client.mostReadBytes();
  }

  /** Whether a chunked response can be passed on in its chunks. */
  boolean takesChunks() {
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
    try {
      answered(head);
      if (last) {
        finished();
      }
    } catch (Throwable e) {
      body.release();
      throw e;
    }
    client.respond(head, kind, body, last);
    pauseIfFull();
  }

  private void answered(ResponseHead head) {
    BackendConnection backend = exchange.backend();
    if (backend != null) {
      visit.answered(loop.hosts, head.status(), loop.service().nameOf(backend.place()));
    }
  }

  /** Passes more of the body on, and takes over the buffer. */
  void body(ByteBuf bytes, boolean last) {
    try {
      if (last) {
        finished();
      }
    } catch (Throwable e) {
      bytes.release();
      throw e;
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
    BackendConnection connection = exchange.backend();
    if (connection != null && !client.writable()) {
      connection.setReading(false);
    }
  }

  /** Tells the client, in place of a backend whose protocol has no word for it, to go on. */
  void sayContinue() {
    ByteBuf continues = Unpooled.wrappedBuffer(CONTINUE);
    terms().parser.response(continues, loop.responseHead);
    interim(loop.responseHead);
  }

  /**
   * The backend answered 101.
   *
   * @param bytes what followed its head; taken over
   */
  void switchProtocols(ResponseHead head, ByteBuf bytes) {
    boolean offered;
    try {
      offered = !inUwsgi() && tunnel.offered(head.upgradeTo());
      if (offered) {
        answered(head);
      }
    } catch (Throwable e) {
      bytes.release();
      throw e;
    }
    if (!offered) {
      bytes.release();
      malformed(UNASKED_UPGRADE);
      return;
    }
    client.startTunnel(head, bytes);
    pauseIfFull();
  }

  private boolean inUwsgi() {
    BackendConnection backend = exchange.backend();
    return backend != null && backend.place().protocol() == Protocol.UWSGI;
  }

  /** The backend ended its side of a tunnel. */
  void tunnelHalfClosed() {
    tunnel.endBackend(exchange.backend(), client);
  }

  /** The backend connection of a tunnel is closed. */
  void tunnelClosed() {
    exchange.leaveBackend();
    client.tunnelClosed();
  }

  // Endings --------------------------------------------------------------------------------------

  /** The response is complete; the connection goes back if it can carry another. */
  private void finished() {
    BackendConnection connection = exchange.leaveBackend();
    sender.forget();
    if (connection != null) {
      connection.end.finished(exchange.requestEnded());
    }
  }

  /** The backend's answer is none, or not to this request. */
  void malformed(Refusal refusal) {
    BackendConnection connection = exchange.leaveBackend();
    if (connection != null) {
      connection.end.abandon();
    }
    exchange.refuse(refusal, Ending.BACKEND_MALFORMED);
  }

  /** What comes of the response, whose head the client has, is no body. */
  void malformedBody() {
    exchange.leaveBackend();
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
    exchange.leaveBackend();
    if (responded) {
      sender.forget();
      client.cut(Ending.BACKEND_TRUNCATED);
    } else if (answered || !sender.sendAgain(reused)) {
      exchange.refuse(BACKEND_GONE, Ending.BACKEND_GONE);
    }
  }
}
