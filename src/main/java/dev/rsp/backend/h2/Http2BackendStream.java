// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend.h2;

import dev.rsp.backend.BackendConnection;
import dev.rsp.config.Place;
import dev.rsp.exchange.BackendEvents;
import dev.rsp.exchange.BackendStream;
import dev.rsp.exchange.BodyKind;
import dev.rsp.exchange.Loads;
import dev.rsp.exchange.Terms;
import dev.rsp.http.Hop;
import dev.rsp.http.Parsed;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.ResponseHead;
import dev.rsp.http.Trailers;
import dev.rsp.http.h1.BodyFraming;
import dev.rsp.http.h2.BackendRequestFields;
import dev.rsp.http.h2.BackendResponseFields;
import dev.rsp.net.NetLoop;
import dev.rsp.net.ReadBuffers;
import dev.rsp.net.h2.ErrorCode;
import dev.rsp.net.h2.FrameOutput;
import dev.rsp.net.h2.IncomingContent;
import dev.rsp.net.h2.OutgoingContent;
import dev.rsp.net.h2.ReceiveWindow;
import dev.rsp.net.h2.SendQueue;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One request to a backend that speaks HTTP/2, and its response: writes the request as frames as
 * far as the windows of the stream and of the connection allow, and gives the response to the
 * exchange.
 *
 * <p>Content of the response that the exchange does not want is held in {@link IncomingContent}.
 * With the end of its response the stream leaves its connection, so that nothing that happens there
 * costs what is held (RFC 9113 §8.1).
 *
 * <p>Made for one request. All methods run on the loop.
 */
final class Http2BackendStream
    implements BackendStream, IncomingContent.Owner, OutgoingContent.Owner {
  private static final Refusal HTTP1_REQUIRED =
      new Refusal(502, "the backend demands HTTP/1.1 for this request");
  private static final Refusal NO_TUNNEL =
      new Refusal(501, "the backend does not take WebSockets over HTTP/2");

  private final Http2Session session;
  private final BackendConnection connection;
  private final NetLoop net;
  private final FrameOutput output;
  private final BackendRequestFields requests;
  private final BackendResponseFields responses;
  private final ResponseHead head;
  private final Loads.Share load;

  /** Its number; 0 before its request is sent. */
  private int id;

  private @Nullable BackendEvents exchange;

  /** Whose request waits for the connection. */
  private @Nullable Hop client;

  private @Nullable Terms terms;

  /** Whether it has left its connection: nothing more comes, and nothing more is sent. */
  private boolean closed;

  // The request ----------------------------------------------------------------------------------

  /** Content of the request; null before it is sent. */
  private @Nullable OutgoingContent content;

  /** Takes the content out of chunks; null if it comes without. */
  private @Nullable BodyFraming chunks;

  /** The client's key, if the request is an extended CONNECT (RFC 8441); null if not. */
  private @Nullable String webSocketKey;

  /** Whether the backend has answered that with success. */
  private boolean tunnel;

  /** Whether the tunnel ends when all is sent. */
  private boolean closing;

  /** Whether its connection had carried a whole response before. */
  private boolean reused;

  private boolean requestIsHead;

  /** Whether the exchange was told that no more is taken for now. */
  private boolean full;

  // The response ---------------------------------------------------------------------------------

  private boolean begun;
  private boolean headPassed;

  /** Content of the response; none is held if there is no exchange. */
  private final IncomingContent incoming;

  /** The fields behind the content, until that is passed on. */
  private @Nullable Trailers trailersHeld;

  /** Why the backend ended it, for the log. */
  private @Nullable Throwable fault;

  Http2BackendStream(
      Http2Tables tables, Http2Session session, BackendConnection connection, FrameOutput output) {
    this.session = session;
    this.connection = connection;
    this.net = tables.net();
    this.output = output;
    this.incoming = new IncomingContent(net, this, Http2Session.WINDOW_BYTES);
    this.requests = tables.requests();
    this.responses = tables.responses();
    this.head = tables.head();
    this.load = connection.newShare();
  }

  int id() {
    return id;
  }

  // Before the request ---------------------------------------------------------------------------

  /** It waits until the connection is open. */
  void awaits(BackendEvents waiting, Hop hop) {
    exchange = waiting;
    client = hop;
    load.begin(); // requests count for a backend that is slow to accept, too
  }

  @Nullable BackendEvents exchange() {
    return exchange;
  }

  Hop client() {
    return Objects.requireNonNull(client);
  }

  /** Detaches and returns the exchange. */
  @Nullable BackendEvents leave() {
    BackendEvents left = exchange;
    exchange = null;
    return left;
  }

  /** It is not used. */
  void discard() {
    closed = true;
    load.close();
  }

  // The request ----------------------------------------------------------------------------------

  @Override
  public Place place() {
    return connection.leadsTo();
  }

  @Override
  public String address() {
    return connection.address();
  }

  @Override
  public @Nullable Throwable fault() {
    return fault == null ? connection.fault() : fault;
  }

  @Override
  public boolean answersExpect() {
    return true;
  }

  @Override
  public boolean mayRefuse() {
    return true;
  }

  @Override
  public boolean request(
      BackendEvents next,
      RequestHead request,
      Hop hop,
      Terms current,
      BodyKind kind,
      ByteBuf body,
      boolean last) {
    ByteBuf first = body;
    try {
      exchange = next;
      terms = current;
      load.send();
      boolean tunnelWanted = BackendRequestFields.isWebSocket(request);
      if (tunnelWanted && !(session.allowsTunnels() && last && !request.hasBody())) {
        body.release();
        net.execute(this::refuseTunnel);
        return false;
      }
      requestIsHead = request.isHead();
      if (kind == BodyKind.CHUNKED) {
        chunks = new BodyFraming();
        chunks.startChunked(false);
        first = copyOf(body); // its chunks stay for a repetition
      }
      first = withoutChunks(first);
      if (tunnelWanted) {
        String key = request.field("sec-websocket-key");
        webSocketKey = key == null ? "" : key;
      }
      boolean ends = last && !first.isReadable() && !tunnelWanted;
      output.startBlock();
      requests.each(request, hop, current.viaName, session.secure(), tunnelWanted, output::field);
      reused = session.hasServed();
      id = session.begin(this);
      OutgoingContent out = new OutgoingContent(id, output, this, session.streamWindow());
      content = out;
      output.headers(id, ends);
      if (ends) {
        out.endWritten();
      }
    } catch (Throwable e) {
      first.release();
      if (id != 0) {
        // The backend may know nothing of the stream, which must not be reset then (RFC 9113 §5.1).
        connection.abort(new IOException("a request was not written"));
      }
      throw e;
    }
    queue(first, last && first.isReadable());
    return true;
  }

  private void refuseTunnel() {
    BackendEvents current = exchange;
    if (current != null) {
      begun = true;
      guarded(current, () -> current.unfit(NO_TUNNEL));
    }
  }

  private ByteBuf copyOf(ByteBuf bytes) {
    int octets = bytes.readableBytes();
    ByteBuf copy = net.allocator().directBuffer(Math.max(1, octets));
    copy.writeBytes(bytes, bytes.readerIndex(), octets);
    bytes.release();
    return copy;
  }

  private ByteBuf withoutChunks(ByteBuf bytes) {
    BodyFraming framing = chunks;
    if (framing != null && bytes.isReadable()) {
      framing.accept(bytes);
      bytes.writerIndex(framing.forwardEnd());
    }
    return bytes;
  }

  @Override
  public void body(ByteBuf bytes, boolean last) {
    if (closed || content == null) {
      bytes.release();
      return;
    }
    ByteBuf plain;
    try {
      plain = withoutChunks(bytes);
    } catch (Throwable e) {
      bytes.release();
      throw e;
    }
    queue(plain, last);
  }

  private void queue(ByteBuf bytes, boolean last) {
    OutgoingContent out = Objects.requireNonNull(content);
    out.add(bytes);
    if (last) {
      out.end();
    }
    session.sending().send(out);
  }

  @Override
  public void trailers(Trailers fields) {
    if (content != null) {
      content.trailers(fields.fields());
    }
  }

  @Override
  public boolean takesRequest() {
    return !closed && connection.takesRequest();
  }

  @Override
  public boolean writable() {
    boolean writable = closed || content == null || (content.bytes() == 0 && output.writable());
    full |= !writable;
    return writable;
  }

  /** A read that the window does not admit would be kept, so it is a small one. */
  @Override
  public int mostReadBytes() {
    boolean much = content != null && content.window() >= ReadBuffers.LARGE_BYTES;
    return much ? ReadBuffers.LARGE_BYTES : ReadBuffers.MIDDLE_BYTES;
  }

  @Override
  public long unsentBytes() {
    return content == null ? 0 : content.bytes();
  }

  @Override
  public long heldBytes() {
    return (content == null ? 0 : content.heldBytes()) + incoming.heldBytes();
  }

  @Override
  public void frameWritten(int octets, int frameOctets) {
    OutgoingContent out = Objects.requireNonNull(content);
    if (octets >= SendQueue.SMALL_WINDOW_BYTES || out.bytes() == 0) {
      session.frameSent();
    }
    if (closing && out.ended()) {
      net.execute(this::endTunnel); // not at once: the exchange is still at work
    }
  }

  @Override
  public void drained() {
    BackendEvents current = exchange;
    if (full && !closed && current != null && unsentBytes() == 0 && output.writable()) {
      full = false;
      guarded(current, current::backendWritable);
    }
  }

  /** As of {@link OutgoingContent#addWindow}. */
  boolean addWindow(long octets) {
    return content == null || content.addWindow(octets);
  }

  /** Sends what its window admits now. */
  void send() {
    if (content != null) {
      session.sending().send(content);
    }
  }

  // The response ---------------------------------------------------------------------------------

  /** A field block has come: a head, or trailers. */
  void headers(boolean last) {
    BackendEvents to = exchange;
    if (to == null) {
      return;
    }
    try {
      if (tunnel) {
        malformed(ErrorCode.PROTOCOL_ERROR, "HEADERS in a tunnel");
      } else if (headPassed) {
        readTrailers(last);
      } else {
        readHead(to, last);
      }
    } catch (Throwable e) {
      failed(to, e);
    }
  }

  private void readHead(BackendEvents to, boolean last) {
    if (!begun) {
      begun = true;
      to.responseBegins();
    }
    if (webSocketKey != null && responses.isSuccess()) {
      startTunnel(to, webSocketKey, last);
      return;
    }
    String problem = responses.compose();
    if (problem != null) {
      malformed(ErrorCode.PROTOCOL_ERROR, problem);
      return;
    }
    ByteBuf bytes = Unpooled.wrappedBuffer(responses.bytes(), 0, responses.length());
    if (Objects.requireNonNull(terms).parser.response(bytes, head) != Parsed.DONE) {
      malformed(ErrorCode.PROTOCOL_ERROR, head.refusal());
    } else if (!head.interim()) {
      startBody(to, last);
    } else if (last) {
      malformed(ErrorCode.PROTOCOL_ERROR, "an interim response that ends the stream");
    } else {
      to.interim(head);
    }
  }

  /** RFC 8441 §5. */
  private void startTunnel(BackendEvents to, String key, boolean last) {
    responses.composeTunnel(key);
    ByteBuf bytes = Unpooled.wrappedBuffer(responses.bytes(), 0, responses.length());
    if (Objects.requireNonNull(terms).parser.response(bytes, head) != Parsed.DONE) {
      malformed(ErrorCode.PROTOCOL_ERROR, head.refusal());
      return;
    }
    headPassed = true;
    tunnel = true;
    connection.answered();
    to.switchProtocols(head, true, Unpooled.EMPTY_BUFFER);
    if (last && exchange != null) {
      to.backendHalfClosed();
    }
  }

  private void startBody(BackendEvents to, boolean last) {
    int status = head.status();
    // RFC 9110 §6.4.1: these have no content, with any fields.
    boolean empty = requestIsHead || status == 204 || status == 205 || status == 304;
    long length = empty ? 0 : head.contentLength();
    incoming.announce(length);
    BodyKind kind = length >= 0 ? BodyKind.LENGTH : BodyKind.CONTENT;
    if (last && length > 0) {
      malformed(ErrorCode.PROTOCOL_ERROR, "less content than announced");
      return;
    }
    headPassed = true;
    if (last) {
      ended();
    }
    to.respond(head, kind, Unpooled.EMPTY_BUFFER, last);
  }

  private void readTrailers(boolean last) {
    String problem = responses.trailerProblem();
    if (problem != null || !last) {
      malformed(ErrorCode.PROTOCOL_ERROR, problem == null ? "HEADERS in the content" : problem);
      return;
    }
    trailersHeld = responses.trailers();
    take(Unpooled.EMPTY_BUFFER, 0, true);
  }

  /**
   * Content has come.
   *
   * @param bytes still owned by the caller, good for this call
   * @param padding octets beside it
   */
  void data(ByteBuf bytes, int padding, boolean last) {
    BackendEvents to = exchange;
    if (to == null) {
      return;
    }
    if (!incoming.admits(bytes.readableBytes() + padding)) {
      malformed(ErrorCode.FLOW_CONTROL_ERROR, "content beyond the window");
    } else if (!headPassed) {
      malformed(ErrorCode.PROTOCOL_ERROR, "content before the head");
    } else {
      try {
        take(bytes, padding, last);
      } catch (Throwable e) {
        failed(to, e);
      }
    }
  }

  private void take(ByteBuf bytes, int padding, boolean last) {
    if (!incoming.count(bytes.readableBytes(), padding, last)) {
      // RFC 9113 §8.1.1.
      malformed(ErrorCode.PROTOCOL_ERROR, "not as much content as announced");
      return;
    }
    boolean held = incoming.add(bytes, last);
    if (held && last && !tunnel) {
      complete();
      discardRequest();
    }
  }

  @Override
  public boolean takesContent() {
    return exchange != null;
  }

  @Override
  public void content(ByteBuf bytes, boolean last) {
    BackendEvents to = exchange;
    if (to == null) {
      bytes.release();
      return;
    }
    try {
      pass(to, bytes, last);
    } catch (Throwable e) {
      failed(to, e);
    }
  }

  /** Gives content to the exchange, and takes over the buffer. */
  private void pass(BackendEvents to, ByteBuf bytes, boolean last) {
    if (tunnel) {
      to.backendTunnelBytes(bytes);
      if (last && exchange != null) {
        to.backendHalfClosed();
      }
      return;
    }
    if (last) {
      try {
        Trailers fields = trailersHeld;
        if (fields != null) {
          to.trailers(fields);
        }
        ended();
      } catch (Throwable e) {
        bytes.release();
        throw e;
      }
    }
    to.responseBody(bytes, last);
  }

  @Override
  public void openWindow(ReceiveWindow window, boolean keptUp) {
    if (!closed) {
      output.windowUpdate(id, window.open(0));
    }
  }

  @Override
  public void setReading(boolean on) {
    if (exchange != null && incoming.wanted() != on) {
      incoming.want(on);
    }
  }

  /** The exchange has the complete response with what it is given next. */
  private void ended() {
    exchange = null;
    complete();
  }

  /** The complete response has come: the connection is left, whose end would be no loss. */
  private void complete() {
    if (closed) {
      return;
    }
    session.served();
    if (load.end()) {
      connection.answered();
    }
    OutgoingContent out = content;
    boolean unfinished = out != null && !out.ended();
    if (unfinished) {
      // The rest of the request is not needed: RFC 9113 §8.1, and §7 for the code of a client.
      output.reset(id, ErrorCode.CANCEL);
    }
    leaveConnection(unfinished);
  }

  /** The client, which may take the response only after its request, is read on. */
  private void discardRequest() {
    BackendEvents current = exchange;
    if (full && current != null) {
      full = false;
      current.backendWritable();
    }
  }

  // Ends before that -----------------------------------------------------------------------------

  /** The response breaks a rule: resets the stream, which costs no other. */
  void malformed(int error, String why) {
    malformed(error, new Refusal(502, "malformed HTTP/2 response: " + why));
  }

  private void malformed(int error, Refusal refusal) {
    BackendEvents to = leave();
    if (to == null) {
      return;
    }
    guarded(
        to,
        () -> {
          output.reset(id, error);
          close(true);
          if (tunnel) {
            to.tunnelClosed();
          } else if (headPassed) {
            to.malformedBody(refusal);
          } else {
            to.malformed(refusal);
          }
        });
  }

  /** The backend has reset it. */
  void resetByBackend(long error) {
    BackendEvents to = leave();
    fault = new IOException("it reset the stream: " + Http2Session.name(error));
    guarded(
        to,
        () -> {
          leaveConnection(false);
          if (to == null) {
            return;
          }
          if (!begun && error == ErrorCode.REFUSED_STREAM) {
            to.refused(); // RFC 9113 §8.7
          } else if (!headPassed && error == ErrorCode.HTTP_1_1_REQUIRED) {
            to.unfit(HTTP1_REQUIRED);
          } else {
            lost(to);
          }
        });
  }

  /** The backend goes away, and says that it has not processed the request (RFC 9113 §6.8). */
  void notProcessed(String why) {
    BackendEvents to = leave();
    fault = new IOException(why);
    guarded(
        to,
        () -> {
          leaveConnection(true);
          if (to != null && begun) {
            lost(to);
          } else if (to != null) {
            to.refused();
          }
        });
  }

  /** The connection is closed. */
  void connectionClosed() {
    BackendEvents to = leave();
    guarded(
        to,
        () -> {
          leaveConnection(true);
          if (to != null) {
            lost(to);
          }
        });
  }

  private void lost(BackendEvents to) {
    if (!tunnel) {
      incoming.release();
      to.lost(reused, begun, headPassed);
      return;
    }
    ByteBuf rest = incoming.takeHeld();
    if (rest != null) {
      to.backendTunnelBytes(rest); // as what came before the end of a TCP connection
    }
    to.tunnelClosed();
  }

  /** What a step of this stream throws costs no other. */
  private void guarded(@Nullable BackendEvents to, Runnable step) {
    try {
      step.run();
    } catch (Throwable e) {
      failed(to, e);
    }
  }

  @Override
  public void failed(Throwable cause) {
    failed(exchange, cause);
  }

  /**
   * An unexpected exception: ends this stream, and its exchange with the client's connection.
   *
   * @param served the exchange that was served, which may have left meanwhile
   */
  private void failed(@Nullable BackendEvents served, Throwable cause) {
    net.failureLog().streamFailed(place(), cause);
    exchange = null;
    incoming.release();
    try {
      if (!closed && id != 0) {
        output.reset(id, ErrorCode.INTERNAL_ERROR);
        leaveConnection(true);
      }
    } catch (Throwable e) {
      connection.failed(null, e);
    }
    if (served != null) {
      net.guarded("an exchange was not ended", served::fail);
    }
  }

  @Override
  public void reset() {
    exchange = null;
    incoming.release();
    if (closed) {
      return;
    }
    if (id == 0) {
      discard();
      session.notNeeded(this);
      return;
    }
    output.reset(id, ErrorCode.CANCEL);
    close(true);
  }

  private void close(boolean byReset) {
    incoming.release();
    leaveConnection(byReset);
  }

  private void leaveConnection(boolean byReset) {
    if (closed) {
      return;
    }
    closed = true;
    load.close();
    OutgoingContent out = content;
    if (out != null) {
      session.sending().remove(out);
      out.release();
    }
    session.closed(this, byReset);
  }

  // Tunnels (RFC 8441) ---------------------------------------------------------------------------

  @Override
  public boolean inTunnel() {
    return tunnel;
  }

  /** RFC 8441 §4: the end of a stream is what the end of a side is in TCP. */
  @Override
  public void shutOutput() {
    queue(Unpooled.EMPTY_BUFFER, true);
  }

  @Override
  public void closeAfterFlush() {
    if (closed || closing) {
      return;
    }
    closing = true;
    if (content != null && content.ended()) {
      net.execute(this::endTunnel);
    } else {
      queue(Unpooled.EMPTY_BUFFER, true);
    }
  }

  /** Both sides have ended. */
  private void endTunnel() {
    BackendEvents to = leave();
    guarded(
        to,
        () -> {
          close(false);
          if (to != null) {
            to.tunnelClosed();
          }
        });
  }
}
