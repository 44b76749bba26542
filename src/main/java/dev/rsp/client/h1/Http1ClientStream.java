// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client.h1;

import dev.rsp.access.Entry;
import dev.rsp.client.ClientTimer;
import dev.rsp.client.CountedRefusal;
import dev.rsp.client.EdgeRules;
import dev.rsp.exchange.BackendFailure;
import dev.rsp.exchange.BodyKind;
import dev.rsp.exchange.ClientStream;
import dev.rsp.exchange.Counters;
import dev.rsp.exchange.Ending;
import dev.rsp.exchange.Exchange;
import dev.rsp.exchange.LoopState;
import dev.rsp.exchange.Terms;
import dev.rsp.http.Hop;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.ResponseHead;
import dev.rsp.http.Trailers;
import dev.rsp.http.h1.DateField;
import dev.rsp.http.h1.HeadWriter;
import dev.rsp.http.h1.HeadWriter.Persistence;
import dev.rsp.net.Closing;
import dev.rsp.net.NetLoop;
import dev.rsp.net.ReadBuffers;
import dev.rsp.net.ReadSize;
import dev.rsp.net.TurnFlusher;
import dev.rsp.trace.RequestSpan;
import dev.rsp.trace.Traces;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/**
 * The current request of an HTTP/1 client, and its response: gives the request to the exchange,
 * writes the response in the client's version and in a framing that it understands, and counts the
 * ending of the exchange, once.
 *
 * <p>One per connection, reused for its next request. When the response is written, the connection
 * decides what is next.
 */
final class Http1ClientStream implements ClientStream {
  /**
   * The progress of the current request.
   *
   * <pre>
   * IDLE ──head──► BODY ──whole body──► RESPONSE ──response out──► IDLE
   *                                       └──101──► TUNNEL
   * </pre>
   */
  enum State {
    /** No request, or an incomplete head. */
    IDLE,
    /** Its body is incomplete; the response may have begun. */
    BODY,
    /** It is complete; the response is not. */
    RESPONSE,
    /** Bytes pass both ways unchanged. */
    TUNNEL
  }

  private final LoopState loop;
  private final Hop hop;
  private final Channel channel;
  private final Http1Connection connection;
  private final ClientTimer timer;
  private final Exchange exchange;
  private final HeadWriter writer;
  private final DateField date;
  private final TurnFlusher flusher;
  private final ByteBufAllocator allocator;
  private final Counters counters;
  private final NetLoop net;
  private final ReadSize size = new ReadSize();

  /** Is added to final responses of backends; null for none. */
  private final byte @Nullable [] hstsLine;

  private State state = State.IDLE;

  /** Whether an exchange has begun, with the first byte of its head, and is not counted yet. */
  private boolean owesEnding;

  /** What is recorded of the exchange; null if nothing reads it. */
  private @Nullable Entry entry;

  /** The span of the exchange at hand; null if it is not traced. */
  private @Nullable RequestSpan span;

  /** What was written before the exchange began. */
  private long writtenBefore;

  /** Whether this request and its response let the connection persist. */
  private boolean keepAlive;

  /** Whether the request ends with the client's side, until its response begins. */
  private boolean abortOnEnd;

  private boolean http10;
  private boolean isHead;
  private boolean rechunk;
  private boolean insideChunks;

  /** Whether the final head is written: then no refusal is possible. */
  private boolean headWritten;

  /** Whether the end of the connection ends the body. */
  private boolean endedByClose;

  /** Bytes written since the connection was opened. */
  private long written;

  Http1ClientStream(
      Http1Resources shared,
      Channel channel,
      Http1Connection connection,
      ClientTimer timer,
      Hop hop,
      byte @Nullable [] hstsLine) {
    this.hstsLine = hstsLine;
    this.loop = shared.loop;
    this.net = loop.net();
    this.hop = hop;
    this.channel = channel;
    this.connection = connection;
    this.timer = timer;
    this.writer = shared.writer;
    this.date = shared.date;
    this.flusher = net.flusher();
    this.allocator = net.allocator();
    this.counters = loop.counters();
    this.exchange = new Exchange(loop, shared.backends, this, hop);
  }

  // The request ----------------------------------------------------------------------------------

  State state() {
    return state;
  }

  boolean isIdle() {
    return state == State.IDLE;
  }

  boolean awaitsResponse() {
    return state == State.RESPONSE;
  }

  /** Whether the client has more of its request to send. */
  boolean owesBody() {
    return state == State.BODY;
  }

  /** Whether the request ends if the client ends its side now. */
  boolean abortsOnEnd() {
    return abortOnEnd && !headWritten;
  }

  /** Whether an exchange has begun and not ended. */
  boolean owesEnding() {
    return owesEnding;
  }

  /**
   * The first bytes of a head have come, or another event that counts as an exchange.
   *
   * @param recorded whether something reads what is known of it
   */
  void begin(boolean recorded) {
    owesEnding = true;
    if (recorded) {
      openEntry();
    }
  }

  private @Nullable Entry openEntry() {
    if (entry == null) {
      entry = loop.newEntry();
      writtenBefore = written;
    }
    return entry;
  }

  private void recordHead(RequestHead head) {
    Entry opened = openEntry();
    if (opened != null) {
      opened.headCame(head);
    }
  }

  /** A head has come. */
  void begin(RequestHead head, boolean recorded) {
    owesEnding = true;
    if (recorded) {
      recordHead(head);
    }
    // Bytes after an offer to upgrade belong to the new protocol: if the backend declines, they
    // must not be read as a request.
    startResponse(head.http10(), head.isHead(), head.keepAlive() && !head.upgrade());
  }

  private void startResponse(boolean clientSpeaks10, boolean toHead, boolean mayKeepAlive) {
    http10 = clientSpeaks10;
    isHead = toHead;
    keepAlive = mayKeepAlive;
    rechunk = false;
    insideChunks = false;
    headWritten = false;
    endedByClose = false;
  }

  /**
   * Gives the request to the exchange.
   *
   * @param terms that the exchange begins with
   * @param body its first bytes, perhaps none; taken over
   * @param last whether the request is complete with them
   */
  void request(Terms terms, RequestHead head, ByteBuf body, boolean last) {
    try {
      state = last ? State.RESPONSE : State.BODY;
      abortOnEnd = terms.abortOnClose.ends(head.isGet() || head.isHead());
      boolean expectsContinue = !last && head.expectContinue() && !body.isReadable();
      timer.requestBegan(terms, last, expectsContinue);
    } catch (Throwable e) {
      body.release();
      throw e;
    }
    BodyKind kind = head.chunked() ? BodyKind.CHUNKED : BodyKind.LENGTH;
    if (entry != null) {
      entry.bodyCame(body.readableBytes());
    }
    exchange.begin(head, kind, body, last, entry);
  }

  /** Gives more of the body to the exchange, and takes over the buffer. */
  void requestBody(ByteBuf body, boolean last) {
    int length = body.readableBytes();
    if (last) {
      state = State.RESPONSE;
    }
    if (entry != null) {
      entry.bodyCame(length);
    }
    exchange.requestBody(body, last);
    // With the last bytes this exchange may have ended, and the next begun.
    if (!last && state == State.BODY) {
      timer.bodyCame(length, headWritten);
    }
  }

  /** Gives bytes of the client's half of a tunnel to the exchange, and takes over the buffer. */
  void tunnelBytes(ByteBuf bytes) {
    timer.movedInTunnel();
    if (entry != null) {
      entry.bodyCame(bytes.readableBytes());
    }
    exchange.tunnelBytes(bytes);
  }

  /** The client has ended its half of a tunnel. */
  void clientHalfClosed() {
    exchange.clientHalfClosed();
  }

  /** The maximal size of the next read from the client, in bytes. */
  int mostRequestReadBytes() {
    return switch (state) {
      case BODY, TUNNEL -> exchange.mostReadBytes();
      case IDLE, RESPONSE -> ReadBuffers.MIDDLE_BYTES;
    };
  }

  /** The capacity of the buffers that the exchange holds. */
  long heldBytes() {
    return exchange.heldBytes();
  }

  boolean holdsBody() {
    return exchange.holdsBody();
  }

  /** Bytes of the request that the backend has not taken yet. */
  long unsentRequestBytes() {
    return exchange.unsentBytes();
  }

  /** A number that changes whenever the backend has taken something. */
  long requestTaken() {
    return exchange.taken();
  }

  @Override
  public void setReading(boolean on) {
    connection.setReading(on);
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

  @Override
  public boolean takesChunks() {
    return !http10;
  }

  @Override
  public boolean takesInterim() {
    return !http10;
  }

  @Override
  public void backendProgresses() {
    timer.backendProgresses();
  }

  @Override
  public void interim(ResponseHead head) {
    writer.response(head, Persistence.KEEP, false, false, date.now());
    recordHead();
    send(writer.before(Unpooled.EMPTY_BUFFER, allocator));
    if (head.status() == 100) {
      timer.continued();
    }
  }

  @Override
  public void respond(ResponseHead head, BodyKind kind, ByteBuf body, boolean last) {
    try {
      if (!last) {
        timer.moved();
      }
      writeHead(head, kind, body);
    } catch (Throwable e) {
      body.release();
      throw e;
    }
    send(writer.before(body, allocator));
    if (last) {
      if (rechunk) {
        lastChunk();
      }
      responseEnded(Ending.SERVED);
    }
  }

  private void writeHead(ResponseHead head, BodyKind kind, ByteBuf body) {
    boolean plain = kind == BodyKind.LENGTH;
    headWritten = true;
    endedByClose = http10 && !plain;
    keepAlive = mayStay() && !endedByClose;
    rechunk = kind == BodyKind.CONTENT && !http10;
    // RFC 9110 §8.6: 204 has no length. Responses to HEAD and 304 keep their length.
    boolean hasLength = plain && head.status() != 204;
    Persistence persistence =
        !keepAlive ? Persistence.CLOSE : http10 ? Persistence.KEEP_SAID : Persistence.KEEP;
    writer.response(head, persistence, hasLength, !plain && !http10, date.now());
    if (hstsLine != null) {
      writer.addField(head, EdgeRules.HSTS, hstsLine);
    }
    if (entry != null) {
      recordHead();
    }
    if (rechunk && body.isReadable()) {
      writer.appendChunkSize(body.readableBytes(), false);
      insideChunks = true;
    }
  }

  /** The octets of a head are counted apart from those of the body. */
  private void recordHead() {
    if (entry != null) {
      entry.headWritten(writer.length());
    }
  }

  /** After an early answer the client may still be sending; only the connection's end stops it. */
  private boolean mayStay() {
    return keepAlive && state == State.RESPONSE && !loop.draining();
  }

  /** Dropped: readers of HTTP/1 disagree about them. */
  @Override
  public void trailers(Trailers fields) {}

  @Override
  public void body(ByteBuf bytes, boolean last) {
    try {
      if (state == State.TUNNEL) {
        timer.movedInTunnel();
      } else if (!last) {
        timer.moved();
      }
    } catch (Throwable e) {
      bytes.release();
      throw e;
    }
    if (!bytes.isReadable()) {
      bytes.release();
    } else if (rechunk) {
      try {
        writer.startChunk(bytes.readableBytes(), insideChunks);
      } catch (Throwable e) {
        bytes.release();
        throw e;
      }
      insideChunks = true;
      send(writer.before(bytes, allocator));
    } else {
      send(bytes);
    }
    if (last) {
      if (rechunk) {
        lastChunk();
      }
      responseEnded(Ending.SERVED);
    }
  }

  /** The CRLF of the chunk before, and the last chunk (RFC 9112 §7.1). */
  private void lastChunk() {
    writer.lastChunk(insideChunks);
    send(writer.before(Unpooled.EMPTY_BUFFER, allocator));
  }

  @Override
  public void startTunnel(ResponseHead head, ByteBuf bytes) {
    headWritten = true;
    try {
      writer.response(head, Persistence.UPGRADE, false, false, date.now());
      recordHead();
    } catch (Throwable e) {
      bytes.release();
      throw e;
    }
    send(writer.before(bytes, allocator));
    state = State.TUNNEL;
    connection.tunnelBegan();
  }

  @Override
  public void tunnelHalfClosed() {
    if (hop.tls() == null) {
      Closing.shutOutputAfterFlush(channel);
    } else {
      // With close_notify the engine would end both directions, as TLS 1.2 does. So the tunnel ends
      // when each side has what was sent to it.
      exchange.clientHalfClosed();
    }
  }

  @Override
  public void tunnelClosed() {
    if (state == State.TUNNEL) {
      end(Ending.TUNNELLED);
      connection.tunnelEnded();
    }
  }

  @Override
  public boolean writable() {
    return channel.isWritable();
  }

  @Override
  public int mostReadBytes() {
    return size.mostBytes(taken());
  }

  /** The client's socket takes no more for now. */
  void clientFull() {
    size.full(net.deadlines().nowMillis());
    exchange.clientFull();
  }

  /** The client's socket has taken all. */
  void clientWritable() {
    boolean stalled = size.drained(net.deadlines().nowMillis(), taken());
    if (!stalled) {
      timer.clientKeepsUp();
    }
    exchange.clientWritable();
  }

  /** Bytes the client has taken since the connection was opened. */
  long taken() {
    return written - TurnFlusher.unsentBytes(channel);
  }

  private void send(ByteBuf bytes) {
    written += bytes.readableBytes();
    flusher.send(channel, bytes, TurnFlusher.MOST_HELD_BYTES);
  }

  // Refusals -------------------------------------------------------------------------------------

  @Override
  public void refuse(Refusal refusal, Ending ending) {
    keepAlive = mayStay() && (ending != Ending.LIMIT_SLOT || !givesConnectionBack());
    writeRefusal(refusal);
    responseEnded(ending);
  }

  private void refuse(CountedRefusal refusal) {
    refuse(refusal.refusal(), refusal.ending());
  }

  private boolean givesConnectionBack() {
    return loop.service().share.closesRefused(loop.connections().get());
  }

  private void writeRefusal(Refusal refusal) {
    headWritten = true;
    if (entry != null) {
      entry.refused(refusal.status(), refusal.why());
    }
    writer.refusal(refusal, !keepAlive, !isHead, http10 && keepAlive, date.now(), hop.requestId());
    send(writer.before(Unpooled.EMPTY_BUFFER, allocator));
  }

  /**
   * Refuses the request before its exchange begins.
   *
   * @param last whether the request is complete
   */
  void refuseRequest(CountedRefusal refusal, boolean last) {
    state = last ? State.RESPONSE : State.BODY;
    refuse(refusal);
  }

  /** Refuses the request, and ends the connection. */
  void refuseLast(CountedRefusal refusal) {
    keepAlive = false;
    refuse(refusal);
  }

  /**
   * Refuses a malformed or incomplete request, and ends the connection.
   *
   * @param toHead whether the answer has no body, because the bytes begin as a HEAD request
   */
  void refuseUnread(boolean toHead, CountedRefusal refusal) {
    startResponse(false, toHead, false);
    refuse(refusal);
  }

  /** Refuses a connection before its first request. The caller then ends it. */
  void turnAway(CountedRefusal tooMany) {
    startResponse(false, false, false);
    writeRefusal(tooMany.refusal());
    end(tooMany.ending());
  }

  /** The body is malformed or over a limit. */
  void bodyBroken(CountedRefusal refusal) {
    exchange.abandon();
    refuseOrCut(refusal);
  }

  /** Refuses a request, or cuts its response if that has begun. */
  private void refuseOrCut(CountedRefusal refusal) {
    if (headWritten) {
      cut(Ending.REQUEST_BROKEN);
    } else {
      refuseLast(refusal);
    }
  }

  // Endings --------------------------------------------------------------------------------------

  /** The response is complete. */
  private void responseEnded(Ending ending) {
    boolean requestEnded = state == State.RESPONSE;
    end(ending);
    connection.responseEnded(keepAlive, requestEnded);
  }

  /** Ends the exchange, unless it has ended; the connection decides about itself. */
  void end(Ending ending) {
    state = State.IDLE;
    if (owesEnding) {
      owesEnding = false;
      counters.count(ending);
      if (entry != null) {
        record(entry, ending);
      }
    }
  }

  /**
   * The request at hand may be traced.
   *
   * @param head read only during this call
   */
  void trace(Traces traces, RequestHead head) {
    span = traces.begin(head, hop);
  }

  private void record(Entry ended, Ending ending) {
    RequestSpan traced = span;
    entry = null;
    span = null;
    loop.ended(ended, ending, hop, written - writtenBefore, traced);
  }

  /** No request is read any more: a partial head will not be completed. */
  void headBroken() {
    end(Ending.CLIENT_GONE_IN_HEAD);
  }

  @Override
  public void cut(Ending ending) {
    end(ending);
    connection.cut(endedByClose);
  }

  /** Does not wait for a client that takes nothing: it gets what the kernel has. */
  private void cutAtOnce(Ending ending) {
    end(ending);
    connection.cutAtOnce(endedByClose);
  }

  @Override
  public void fail() {
    try {
      exchange.abandon();
    } finally {
      cutAtOnce(Ending.FAILED);
    }
  }

  /** Ends the exchange without an answer. */
  void abandon(Ending ending) {
    exchange.abandon();
    end(ending);
  }

  /**
   * The connection is closed.
   *
   * @param served whether it was still open for requests and responses
   */
  void closed(boolean served) {
    end(
        !served
            ? Ending.FAILED
            : switch (state) {
              case IDLE -> Ending.CLIENT_GONE_IN_HEAD;
              case BODY -> Ending.CLIENT_GONE_IN_BODY;
              case RESPONSE ->
                  headWritten ? Ending.CLIENT_GONE_READING : Ending.CLIENT_GONE_WAITING;
              case TUNNEL -> Ending.TUNNELLED;
            });
    exchange.clientClosed();
  }

  /**
   * No more of the body came, or the backend takes no more of it.
   *
   * @param clientIsSlow which of the two
   */
  void bodyTimedOut(boolean clientIsSlow) {
    if (clientIsSlow) {
      exchange.abandon();
      refuseOrCut(CountedRefusal.BODY_TIMEOUT);
    } else {
      exchange.abandonSlow(BackendFailure.REQUEST_STALLED);
      refuseOrCut(CountedRefusal.BACKEND_TIMEOUT);
    }
  }

  /** The backend did not begin to answer in time. */
  void responseTimedOut() {
    exchange.abandonSlow(BackendFailure.RESPONSE_TIMEOUT);
    refuse(CountedRefusal.BACKEND_TIMEOUT);
  }

  /**
   * No more of the response came, or the client takes no more of it.
   *
   * @param clientIsSlow which of the two
   * @param bodyIsLate whether the client owed more of its request
   */
  void responseStalled(boolean clientIsSlow, boolean bodyIsLate) {
    if (clientIsSlow || bodyIsLate) {
      exchange.abandon();
    } else {
      exchange.abandonSlow(BackendFailure.STALLED);
    }
    if (clientIsSlow) {
      cutAtOnce(Ending.CLIENT_STALLED);
    } else {
      cut(bodyIsLate ? Ending.REQUEST_BROKEN : Ending.BACKEND_STALLED);
    }
  }

  /** The request comes below the minimal rate. */
  void sendsTooSlowly() {
    exchange.abandon();
    refuseOrCut(CountedRefusal.BODY_TOO_SLOW);
  }

  /** The client takes the response below the minimal rate. */
  void takesTooSlowly() {
    exchange.abandon();
    cutAtOnce(Ending.LIMIT_RESPONSE_RATE);
  }

  /** Memory is exhausted, and the connection holds much of it. */
  void memoryExhausted() {
    boolean canRefuse = state == State.BODY && !headWritten && channel.isWritable();
    exchange.abandon();
    if (canRefuse) {
      refuseLast(CountedRefusal.NO_MEMORY);
    } else {
      end(Ending.LIMIT_MEMORY);
      // A reset also frees what the kernel holds for a client that takes nothing.
      connection.reset();
    }
  }
}
