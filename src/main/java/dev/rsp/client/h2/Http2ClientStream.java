// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client.h2;

import dev.rsp.access.Entry;
import dev.rsp.client.Admission;
import dev.rsp.client.ClientTimer;
import dev.rsp.client.CountedRefusal;
import dev.rsp.client.EdgeRules;
import dev.rsp.client.TimedClient;
import dev.rsp.config.Limits;
import dev.rsp.exchange.BackendFailure;
import dev.rsp.exchange.BodyKind;
import dev.rsp.exchange.ClientStream;
import dev.rsp.exchange.Ending;
import dev.rsp.exchange.Exchange;
import dev.rsp.exchange.LoopState;
import dev.rsp.exchange.Terms;
import dev.rsp.http.Hop;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.ResponseHead;
import dev.rsp.http.Trailers;
import dev.rsp.net.NetLoop;
import dev.rsp.net.ReadBuffers;
import dev.rsp.net.ReadSize;
import dev.rsp.net.h2.ErrorCode;
import dev.rsp.net.h2.FrameOutput;
import dev.rsp.net.h2.IncomingContent;
import dev.rsp.net.h2.OutgoingContent;
import dev.rsp.net.h2.ReceiveWindow;
import dev.rsp.trace.RequestSpan;
import dev.rsp.trace.Traces;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * One request of an HTTP/2 client, and its response: gives the request to the exchange, writes the
 * response as frames as far as the windows of the stream and of the connection allow, and counts
 * the ending of the exchange, once.
 *
 * <p>Each way has its own back-pressure (RFC 9113 §5.2). Content of the request that the exchange
 * does not want is held in {@link IncomingContent}. Content of the response that the client's
 * windows do not admit is kept in {@link OutgoingContent}, at most one read of it, and the backend
 * is not read meanwhile.
 *
 * <p>Made for one request. When it is over, the connection forgets it. All methods run on the loop.
 */
final class Http2ClientStream
    implements ClientStream, IncomingContent.Owner, OutgoingContent.Owner, TimedClient {
  private static final Refusal NO_TUNNEL =
      new Refusal(502, "the backend answered a request for a tunnel with a page");

  /**
   * RFC 9113 §6.9.2: the first window of the request's content, which no setting of rsp changes.
   */
  static final int WINDOW_BYTES = 65_535;

  private final int id;
  private final Http2Streams streams;
  private final OwnAnswers answers;
  private final LoopState loop;
  private final NetLoop net;
  private final FrameOutput output;
  private final ResponseWriter responses;
  private final Hop hop;
  private final Exchange exchange;
  private final ClientTimer timer;
  private final ReadSize size;

  // The request ----------------------------------------------------------------------------------

  /**
   * Content of the request, with the window: the first one, and what the connection had to spare.
   */
  private final IncomingContent incoming;

  /** Octets that the body may have; 0 without a limit, as for what a tunnel carries. */
  private long mostBodyBytes;

  private boolean isHead;
  private boolean abortOnEnd;

  /** Whether the request asks for a tunnel (RFC 8441), and whether there is one. */
  private boolean asksForTunnel;

  private boolean tunnel;

  /** Whether the backend's connection of the tunnel is closed. */
  private boolean tunnelOver;

  /** Counts a request of a trusted proxy for its client; null if it is not counted. */
  private @Nullable Admission admission;

  // The response ---------------------------------------------------------------------------------

  private boolean headWritten;

  /** Content of the response; what the client may not be sent yet is kept there. */
  private final OutgoingContent content;

  /** How the exchange ends when that has been written. */
  private Ending endingWhenSent = Ending.SERVED;

  /** Octets of content that were written, and of frames for this stream in all. */
  private long sent;

  private long written;

  /** Whether the exchange was told that no more is taken for now. */
  private boolean full;

  // The exchange ---------------------------------------------------------------------------------

  private boolean owesEnding;
  private boolean closed;
  private @Nullable Entry entry;
  private @Nullable RequestSpan span;

  /**
   * A stream on which nothing has come yet.
   *
   * @param hop for this stream alone, as long as it is open
   * @param size of the connection
   * @param sendWindow octets of content that the client takes at first
   */
  Http2ClientStream(
      int id,
      Http2Streams streams,
      Http2Resources shared,
      FrameOutput output,
      ResponseWriter responses,
      Hop hop,
      ReadSize size,
      long sendWindow) {
    this.id = id;
    this.streams = streams;
    this.answers = shared.answers;
    this.loop = shared.loop;
    this.net = loop.net();
    this.output = output;
    this.responses = responses;
    this.hop = hop;
    this.size = size;
    this.incoming = new IncomingContent(net, this, WINDOW_BYTES);
    this.content = new OutgoingContent(id, output, this, sendWindow);
    this.exchange = new Exchange(loop, shared.backends, this, hop);
    this.timer = new ClientTimer(net.deadlines(), this);
  }

  int id() {
    return id;
  }

  Hop hop() {
    return hop;
  }

  // The request ----------------------------------------------------------------------------------

  /**
   * The request is malformed: its stream is reset (RFC 9113 §8.1.1).
   *
   * @param why a constant, for the access log
   */
  void malformed(Terms terms, String why) {
    begin(terms);
    if (entry != null) {
      entry.refused(0, why);
    }
    reset(ErrorCode.PROTOCOL_ERROR, Ending.REFUSED);
  }

  /** Refuses a request whose head was not read, or breaks a rule. */
  void refuseHead(Terms terms, boolean toHead, Refusal refusal, boolean last) {
    begin(terms);
    if (last) {
      incoming.end();
    }
    isHead = toHead;
    refuse(CountedRefusal.ofHead(refusal));
  }

  private void begin(Terms terms) {
    owesEnding = true;
    if (terms.recorded) {
      entry = loop.newEntry();
    }
    timer.requestBegan(terms, true, false);
  }

  /** The request asks for a tunnel: content before that is held, and is none of the request's. */
  void asksForTunnel() {
    asksForTunnel = true;
  }

  /**
   * Begins the exchange of a request.
   *
   * @param head good until this returns
   * @param last whether the request is complete with it
   * @param rules of the listen address; null if there are none
   */
  void request(Terms terms, RequestHead head, boolean last, @Nullable EdgeRules rules) {
    begin(terms);
    if (last) {
      incoming.end();
    }
    isHead = head.isHead();
    long length = head.contentLength();
    incoming.announce(length);
    mostBodyBytes = asksForTunnel ? 0 : terms.limits.bodyBytes();
    if (entry != null) {
      entry.headCame(head);
      entry.http2();
    }
    hop.begin(head, terms.trusted, terms.requestId);
    Traces traces = terms.traces;
    if (traces != null) {
      span = traces.begin(head, hop);
    }
    if (last && length > 0) {
      reset(ErrorCode.PROTOCOL_ERROR, Ending.REFUSED); // RFC 9113 §8.1.1
    } else if (head.hostLength() == 0) {
      refuse(CountedRefusal.NO_HOST);
    } else if (head.hostLength() > terms.limits.hostBytes()) {
      refuse(CountedRefusal.LONG_HOST);
    } else if (isRefused(head, rules)) {
      return;
    } else if (isTooLarge(length)) {
      refuse(CountedRefusal.BODY_TOO_LARGE);
    } else if (hop.trusted() && isOneTooMany(terms.limits)) {
      refuse(CountedRefusal.TOO_MANY_OF_CLIENT);
    } else {
      abortOnEnd = terms.abortOnClose.ends(head.isGet() || isHead);
      boolean whole = last || asksForTunnel;
      timer.requestBegan(terms, whole, !whole && head.expectContinue());
      BodyKind kind = head.chunked() ? BodyKind.CONTENT : BodyKind.LENGTH;
      exchange.begin(head, kind, Unpooled.EMPTY_BUFFER, whole, entry);
    }
  }

  /** Whether the listen address does not serve the host of this request; it is answered then. */
  private boolean isRefused(RequestHead head, @Nullable EdgeRules rules) {
    CountedRefusal refusal = rules == null ? null : rules.refusal(head);
    if (refusal != null) {
      refuse(refusal);
    }
    return refusal != null;
  }

  private boolean isTooLarge(long bytes) {
    return mostBodyBytes > 0 && bytes > mostBodyBytes;
  }

  /** Counts a request of a trusted proxy for the client that it names. */
  private boolean isOneTooMany(Limits limits) {
    if (limits.clientConnections() == 0) {
      return false;
    }
    Admission own = new Admission(loop.connections());
    admission = own;
    return !own.enterRequest(hop, limits);
  }

  /** Whether the client has ended its side of the stream. */
  boolean requestEnded() {
    return incoming.ended();
  }

  /** Whether so many octets are within the window that the client has. */
  boolean mayReceive(int octets) {
    return incoming.admits(octets);
  }

  /**
   * Content has come, within the window.
   *
   * @param bytes still owned by the caller, good for this call
   * @param padding octets beside it
   */
  void data(ByteBuf bytes, int padding, boolean last) {
    int octets = bytes.readableBytes();
    boolean asAnnounced = incoming.count(octets, padding, last);
    if (entry != null) {
      entry.bodyCame(octets);
    }
    if (!asAnnounced) {
      bodyBroken(); // RFC 9113 §8.1.1
    } else if (isTooLarge(incoming.received())) {
      exchange.abandon();
      refuseOrCut(CountedRefusal.BODY_TOO_LARGE);
    } else if (tunnel || !content.endPending()) { // else nobody needs the rest
      incoming.add(bytes, last);
    }
  }

  @Override
  public boolean takesContent() {
    return !closed && (tunnel || !(asksForTunnel || content.endPending()));
  }

  /** Gives content to the exchange. */
  @Override
  public void content(ByteBuf bytes, boolean last) {
    if (tunnel) {
      timer.movedInTunnel();
      exchange.tunnelBytes(bytes);
      if (last && !closed) {
        exchange.clientHalfClosed();
      }
      return;
    }
    int octets = bytes.readableBytes();
    exchange.requestBody(bytes, last);
    if (!last && !closed) {
      timer.bodyCame(octets, headWritten);
    }
  }

  /**
   * An upload whose backend keeps up is bounded by the window and the way to the client, so it gets
   * a larger one.
   */
  @Override
  public void openWindow(ReceiveWindow window, boolean keptUp) {
    if (!closed) {
      int more = keptUp ? streams.takeSpareWindow(window.bytes()) : 0;
      output.windowUpdate(id, window.open(more));
    }
  }

  /** What it has of the window that the connection had to spare. */
  int spareWindow() {
    return incoming.windowBytes() - WINDOW_BYTES;
  }

  @Override
  public void setReading(boolean on) {
    if (closed || incoming.wanted() == on) {
      return;
    }
    incoming.want(on);
    timer.readingChanged(on, owesBody());
  }

  /**
   * The end of the request without more content.
   *
   * @param trailers the fields behind the content; null if there are none
   */
  void end(@Nullable Trailers trailers) {
    if (trailers != null && !asksForTunnel) {
      exchange.requestTrailers(trailers);
    }
    data(Unpooled.EMPTY_BUFFER, 0, true);
  }

  /** The content is not as announced, or the trailers are malformed. */
  void bodyBroken() {
    exchange.abandon();
    reset(ErrorCode.PROTOCOL_ERROR, headWritten ? Ending.REQUEST_BROKEN : Ending.REFUSED);
  }

  /** The client has reset the stream. */
  void clientReset() {
    exchange.abandon();
    end(gone());
    close(false);
  }

  private Ending gone() {
    if (tunnel) {
      return Ending.TUNNELLED;
    }
    return headWritten
        ? Ending.CLIENT_GONE_READING
        : incoming.ended() || asksForTunnel
            ? Ending.CLIENT_GONE_WAITING
            : Ending.CLIENT_GONE_IN_BODY;
  }

  /** The client sends nothing more on the connection. */
  void inputEnded() {
    if (!incoming.ended() || (abortOnEnd && !headWritten)) {
      clientReset();
    }
  }

  /**
   * The connection is closed.
   *
   * @param ending null for that of a client that has gone
   */
  void connectionClosed(@Nullable Ending ending) {
    end(ending == null ? gone() : ending);
    try {
      exchange.clientClosed();
    } finally {
      close(false);
    }
  }

  @Override
  public void awaitBody() {
    timer.awaitBody();
  }

  @Override
  public void awaitResponse() {
    if (headWritten) {
      timer.moved();
    } else {
      timer.awaitResponse();
    }
  }

  // The response ---------------------------------------------------------------------------------

  /** RFC 9113 §8.1: HTTP/2 has frames, and no chunks. */
  @Override
  public boolean takesChunks() {
    return false;
  }

  @Override
  public boolean takesInterim() {
    return true;
  }

  @Override
  public void backendProgresses() {
    timer.backendProgresses();
  }

  @Override
  public void interim(ResponseHead head) {
    writeHead(head, false, false);
    if (head.status() == 100) {
      timer.continued();
    }
  }

  @Override
  public void respond(ResponseHead head, BodyKind kind, ByteBuf body, boolean last) {
    if (asksForTunnel && head.status() / 100 == 2) {
      // RFC 8441 §5: to this client it would mean that there is a tunnel.
      body.release();
      exchange.abandon();
      refuse(NO_TUNNEL, Ending.BACKEND_MALFORMED);
      return;
    }
    try {
      headWritten = true;
      if (!last) {
        timer.moved();
      }
      // RFC 9110 §8.6: 204 has no length. Responses to HEAD and 304 keep their length.
      boolean hasLength = kind == BodyKind.LENGTH && head.status() != 204;
      writeHead(head, hasLength, last && !body.isReadable());
    } catch (Throwable e) {
      body.release();
      throw e;
    }
    if (last && !body.isReadable()) {
      body.release();
      content.endWritten();
      sent();
    } else {
      queue(body, last);
    }
  }

  private void writeHead(ResponseHead head, boolean hasLength, boolean last) {
    written += responses.headers(id, head, hasLength, last);
  }

  @Override
  public void trailers(Trailers fields) {
    content.trailers(fields.fields());
  }

  @Override
  public void body(ByteBuf bytes, boolean last) {
    try {
      if (!last) {
        moved();
      }
    } catch (Throwable e) {
      bytes.release();
      throw e;
    }
    queue(bytes, last);
  }

  /** Sends content, or as much as may be sent now, and takes over the buffer. */
  private void queue(ByteBuf bytes, boolean last) {
    content.add(bytes);
    if (last) {
      content.end();
    }
    streams.send(content);
    if (content.bytes() > 0) {
      moved();
    }
  }

  private void moved() {
    if (tunnel) {
      timer.movedInTunnel();
    } else {
      timer.moved();
    }
  }

  @Override
  public void frameWritten(int octets, int frameOctets) {
    sent += octets;
    written += frameOctets;
    if (content.ended()) {
      sent();
    } else {
      moved();
    }
  }

  /** All that was pending is sent, and the exchange may pass on more. */
  @Override
  public void drained() {
    if (full && content.bytes() == 0 && !closed && output.writable()) {
      full = false;
      boolean stalled = size.drained(net.deadlines().nowMillis(), output.taken());
      if (!stalled) {
        timer.clientKeepsUp();
      }
      exchange.clientWritable();
    }
  }

  /** The response is written to its end. */
  private void sent() {
    if (tunnel && !tunnelOver) {
      return; // the client may go on
    }
    end(endingWhenSent);
    boolean unfinished = !incoming.ended();
    if (unfinished) {
      // RFC 9113 §8.1: the rest of the request is not needed.
      output.reset(id, ErrorCode.NO_ERROR);
    }
    close(unfinished);
  }

  /** What is left of the response. */
  OutgoingContent content() {
    return content;
  }

  @Override
  public boolean writable() {
    boolean writable = content.bytes() == 0 && output.writable();
    if (!writable && !full) {
      full = true;
      size.full(net.deadlines().nowMillis());
    }
    return writable;
  }

  /** A read that the windows do not admit would be kept, so it is a small one. */
  @Override
  public int mostReadBytes() {
    long window = Math.min(content.window(), streams.sendWindow());
    int most = size.mostBytes(output.taken());
    return window >= most
        ? most
        : window >= ReadBuffers.LARGE_BYTES
            ? Math.min(most, ReadBuffers.LARGE_BYTES)
            : ReadBuffers.MIDDLE_BYTES;
  }

  // Tunnels (RFC 8441) ---------------------------------------------------------------------------

  @Override
  public void startTunnel(ResponseHead head, ByteBuf bytes) {
    try {
      headWritten = true;
      tunnel = true;
      endingWhenSent = Ending.TUNNELLED;
      writeHead(head, false, false);
      timer.movedInTunnel();
    } catch (Throwable e) {
      bytes.release();
      throw e;
    }
    queue(bytes, false);
    setReading(true);
    incoming.passHeld(); // what came before it
  }

  /** RFC 8441 §4: the end of a stream is what the end of a side is in TCP. */
  @Override
  public void tunnelHalfClosed() {
    queue(Unpooled.EMPTY_BUFFER, true);
  }

  @Override
  public void tunnelClosed() {
    tunnelOver = true;
    if (content.ended()) {
      sent();
    } else if (!closed) {
      queue(Unpooled.EMPTY_BUFFER, true);
    }
  }

  // Refusals -------------------------------------------------------------------------------------

  /** RFC 9113 §8.1: a response like any other, which has the same fields and text as in HTTP/1. */
  @Override
  public void refuse(Refusal refusal, Ending ending) {
    if (entry != null) {
      entry.refused(refusal.status(), refusal.why());
    }
    Terms terms = loop.terms();
    ByteBuf text = answers.write(refusal, !isHead, hop.requestId(), terms.parser, net.allocator());
    endingWhenSent = ending;
    respond(answers.head(), BodyKind.LENGTH, text, true);
  }

  private void refuse(CountedRefusal refusal) {
    refuse(refusal.refusal(), refusal.ending());
  }

  /** Refuses a request, or cuts its response if that has begun. */
  private void refuseOrCut(CountedRefusal refusal) {
    if (headWritten) {
      cut(Ending.REQUEST_BROKEN);
    } else {
      refuse(refusal);
    }
  }

  // Endings --------------------------------------------------------------------------------------

  @Override
  public void cut(Ending ending) {
    reset(ErrorCode.INTERNAL_ERROR, ending);
  }

  /** Ends the exchange and resets the stream. */
  void reset(int error, Ending ending) {
    end(ending);
    if (!closed) {
      output.reset(id, error);
      close(true);
    }
  }

  /** Ends the exchange and resets the stream, whatever it does. */
  void abandon(int error, Ending ending) {
    exchange.abandon();
    reset(error, ending);
  }

  private void end(Ending ending) {
    if (!owesEnding) {
      return;
    }
    owesEnding = false;
    loop.counters().count(ending);
    Entry ended = entry;
    if (ended != null) {
      entry = null;
      ended.headWritten(written - sent); // what is left is content, without the heads of its frames
      loop.ended(ended, ending, hop, written, span);
    }
  }

  private void close(boolean byReset) {
    if (closed) {
      return;
    }
    closed = true;
    timer.stop();
    incoming.release();
    content.release();
    if (admission != null) {
      admission.leaveRequest();
    }
    hop.end();
    streams.closed(this, byReset);
  }

  @Override
  public void fail() {
    streams.fail();
  }

  /** The capacity of the buffers that it and its exchange hold. */
  long heldBytes() {
    return exchange.heldBytes() + incoming.heldBytes() + content.heldBytes();
  }

  boolean holdsBody() {
    return exchange.holdsBody();
  }

  // For the timer --------------------------------------------------------------------------------

  @Override
  public boolean reading() {
    return incoming.wanted() && streams.reading();
  }

  @Override
  public long taken() {
    return sent + exchange.taken();
  }

  @Override
  public long responseTaken() {
    return sent;
  }

  @Override
  public long unsentBytes() {
    return content.bytes() + exchange.unsentBytes();
  }

  @Override
  public boolean full() {
    return content.bytes() > 0;
  }

  @Override
  public boolean owesBody() {
    return !incoming.ended() && !asksForTunnel;
  }

  @Override
  public boolean closedOrGone() {
    return streams.closedOrGone() || closed;
  }

  /** Heads come whole: the connection's timer bounds them. */
  @Override
  public void headTimedOut() {
    close();
  }

  @Override
  public void bodyTimedOut() {
    if (incoming.wanted()) {
      exchange.abandon();
      refuseOrCut(CountedRefusal.BODY_TIMEOUT);
    } else {
      exchange.abandonSlow(BackendFailure.REQUEST_STALLED);
      refuseOrCut(CountedRefusal.BACKEND_TIMEOUT);
    }
  }

  @Override
  public void responseTimedOut() {
    exchange.abandonSlow(BackendFailure.RESPONSE_TIMEOUT);
    refuse(CountedRefusal.BACKEND_TIMEOUT);
  }

  @Override
  public void responseStalled(boolean bodyIsLate) {
    boolean clientIsSlow = content.bytes() > 0 || output.unsent() > 0;
    if (clientIsSlow || bodyIsLate) {
      exchange.abandon();
    } else {
      exchange.abandonSlow(BackendFailure.STALLED);
    }
    if (clientIsSlow) {
      reset(ErrorCode.CANCEL, Ending.CLIENT_STALLED);
    } else {
      cut(bodyIsLate ? Ending.REQUEST_BROKEN : Ending.BACKEND_STALLED);
    }
  }

  @Override
  public void sendsTooSlowly() {
    exchange.abandon();
    refuseOrCut(CountedRefusal.BODY_TOO_SLOW);
  }

  @Override
  public void takesTooSlowly() {
    abandon(ErrorCode.CANCEL, Ending.LIMIT_RESPONSE_RATE);
  }

  @Override
  public void close() {
    abandon(ErrorCode.CANCEL, tunnel ? Ending.TUNNELLED : Ending.CLIENT_STALLED);
  }

  @Override
  public void failed(Throwable cause) {
    streams.failed(cause);
  }
}
