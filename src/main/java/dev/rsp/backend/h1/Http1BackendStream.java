// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend.h1;

import dev.rsp.backend.BackendConnection;
import dev.rsp.backend.ConnectionStream;
import dev.rsp.config.Place;
import dev.rsp.exchange.BackendEvents;
import dev.rsp.exchange.BodyKind;
import dev.rsp.exchange.ConnectFailure;
import dev.rsp.exchange.Terms;
import dev.rsp.http.Hop;
import dev.rsp.http.Parsed;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.ResponseHead;
import dev.rsp.http.Trailers;
import dev.rsp.http.WireOptions;
import dev.rsp.http.h1.BodyFraming;
import dev.rsp.http.h1.BodyFraming.Progress;
import dev.rsp.http.h1.HeadParser;
import dev.rsp.http.h1.HeadWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The stream of a connection to a backend that speaks HTTP/1: writes requests, and reads responses
 * strictly, one after the other: interim heads, the final head, the body. It passes them to the
 * exchange.
 *
 * <p>A protocol whose responses are HTTP/1 extends it and writes its own requests.
 */
public class Http1BackendStream implements ConnectionStream {
  private static final Refusal MALFORMED_BODY =
      new Refusal(502, "malformed body of the backend's response");

  /** The progress of a response. */
  private enum Stage {
    HEAD,
    BODY,
    /** After a 101. */
    TUNNEL
  }

  /** Carries the stream. */
  protected final BackendConnection connection;

  private final Place place;
  private final ResponseHead head;
  private final HeadWriter writer;

  /** Allocates the loop's buffers. */
  protected final ByteBufAllocator allocator;

  private final BodyFraming framing = new BodyFraming();

  private @Nullable BackendEvents exchange;

  /** Whose request it is. */
  private @Nullable Hop client;

  /** For how long the backend says to keep the connection open; -1 if it does not say. */
  private int keepAliveSeconds = -1;

  /** Whether the request or its response authenticates the connection. */
  private boolean authenticates;

  /** Reads heads by the terms of the exchange. */
  private @Nullable HeadParser parser;

  private int maxHeadBytes;

  /** Whether this stream writes the body of the request in its own chunks. */
  private boolean chunks;

  private boolean insideChunks;
  private Stage stage = Stage.HEAD;

  /** Part of a head. */
  private @Nullable ByteBuf partial;

  private boolean requestIsHead;
  private boolean requestEnded;
  private boolean reused;

  /** Whether a 101 waits, as {@link #partial}, for the end of the request. */
  private boolean switches;

  /** Whether any byte of the response has come. */
  private boolean responseBegun;

  /** Whether the backend keeps the connection open, and sent nothing after the response. */
  private boolean keepAlive;

  /**
   * The stream of a new connection.
   *
   * @param head the loop's table, used for one response at a time
   * @param writer the loop's, used for one message at a time
   * @param allocator of the loop's buffers
   */
  protected Http1BackendStream(
      BackendConnection connection,
      ResponseHead head,
      HeadWriter writer,
      ByteBufAllocator allocator) {
    this.connection = connection;
    this.place = connection.leadsTo();
    this.head = head;
    this.writer = writer;
    this.allocator = allocator;
  }

  // For subclasses --------------------------------------------------------------------------------

  /** Whether a connection can carry another request. */
  protected boolean mayReuse() {
    return true;
  }

  /** Whether a request can ask for another protocol (RFC 9110 §7.8). */
  protected boolean passesUpgrade() {
    return true;
  }

  @Override
  public boolean answersExpect() {
    return true;
  }

  // The request ----------------------------------------------------------------------------------

  @Override
  public final boolean mayRefuse() {
    return false;
  }

  @Override
  public boolean request(
      BackendEvents next,
      RequestHead request,
      Hop hop,
      Terms terms,
      BodyKind kind,
      ByteBuf body,
      boolean last) {
    try {
      begin(next, request, terms, last);
      client = hop;
      authenticates = request.connectionAuth();
      byte[] fields = hop.fieldLines(request, terms.viaName);
      writer.request(request, fields, hop.trusted());
      chunks = kind == BodyKind.CONTENT && request.chunked();
      insideChunks = chunks && body.isReadable();
      if (insideChunks) {
        writer.appendChunkSize(body.readableBytes(), false);
      }
    } catch (Throwable e) {
      body.release();
      throw e;
    }
    connection.send(writer.before(body, allocator));
    if (last && chunks) {
      lastChunk();
    }
    return reused;
  }

  /** Begins to serve an exchange, whose request is written next. */
  protected final void begin(BackendEvents next, RequestHead request, Terms terms, boolean last) {
    exchange = next;
    parser = terms.parser;
    maxHeadBytes = terms.limits.headBytes();
    reused = connection.begin();
    stage = Stage.HEAD;
    requestIsHead = request.isHead();
    requestEnded = last;
    responseBegun = false;
    keepAlive = false;
    switches = false;
  }

  @Override
  public final void body(ByteBuf bytes, boolean last) {
    if (!bytes.isReadable()) {
      bytes.release();
    } else if (chunks) {
      writeChunk(bytes);
    } else {
      connection.send(bytes);
    }
    if (last) {
      requestEnded = true;
      if (chunks) {
        lastChunk();
      }
      if (switches) {
        switchNow();
      }
    }
  }

  /** Dropped: readers of HTTP/1 disagree about them. */
  @Override
  public final void trailers(Trailers fields) {}

  /** The request is complete, and the backend has answered with 101 before. */
  private void switchNow() {
    BackendEvents current = exchange;
    ByteBuf in = partial;
    switches = false;
    if (current == null || in == null) {
      return;
    }
    connection.setReading(true);
    try {
      readHeads(current, in);
    } catch (Throwable e) {
      connection.failed(current, e);
    }
  }

  private void writeChunk(ByteBuf bytes) {
    try {
      writer.startChunk(bytes.readableBytes(), insideChunks);
    } catch (Throwable e) {
      bytes.release();
      throw e;
    }
    insideChunks = true;
    connection.send(writer.before(bytes, allocator));
  }

  /** The CRLF of the chunk before, and the last chunk (RFC 9112 §7.1). */
  private void lastChunk() {
    writer.lastChunk(insideChunks);
    connection.send(writer.before(Unpooled.EMPTY_BUFFER, allocator));
  }

  // The response ---------------------------------------------------------------------------------

  @Override
  public final void read(ByteBuf bytes) {
    BackendEvents current = exchange;
    if (current == null) {
      bytes.release();
      return;
    }
    try {
      switch (stage) {
        case HEAD -> readHead(current, bytes);
        case BODY -> readBody(current, bytes);
        case TUNNEL -> current.backendTunnelBytes(bytes);
      }
    } catch (Throwable e) {
      // The exchange may have left this stream already, and would wait forever.
      connection.failed(current, e);
    }
  }

  private void readHead(BackendEvents to, ByteBuf bytes) {
    if (!responseBegun) {
      responseBegun = true;
      try {
        to.responseBegins();
      } catch (Throwable e) {
        bytes.release();
        throw e;
      }
    }
    if (partial == null) {
      partial = bytes;
    } else {
      // An incomplete head is parsed again only when a line has ended: see HeadParser.
      boolean look =
          partial.readableBytes() + bytes.readableBytes() >= maxHeadBytes
              || ByteBufUtil.indexOf(bytes, bytes.readerIndex(), bytes.writerIndex(), (byte) '\n')
                  >= 0;
      try {
        partial.writeBytes(bytes);
      } finally {
        bytes.release();
      }
      if (!look) {
        return;
      }
    }
    readHeads(to, partial);
  }

  /**
   * Reads interim heads and the final one. The bytes stay {@link #partial} meanwhile, so that they
   * are released with the connection if anything throws.
   */
  private void readHeads(BackendEvents to, ByteBuf in) {
    HeadParser by = Objects.requireNonNull(parser);
    while (true) {
      if (!in.isReadable()) {
        release();
        return;
      }
      Parsed parsed = by.response(in, head);
      if (parsed == Parsed.MORE) {
        return;
      }
      if (parsed == Parsed.REFUSED) {
        Refusal refusal = by.refusal(in, head);
        release();
        to.malformed(refusal);
        return;
      }
      if (head.status() == 101 && !requestEnded) {
        // RFC 9110 §7.8: the new protocol begins when the request is complete. What comes behind
        // the 101 waits for that in the socket.
        switches = true;
        connection.setReading(false);
        return;
      }
      in.skipBytes(head.length());
      if (!head.interim()) {
        break;
      }
      if (!to.interim(head)) {
        release();
        return;
      }
    }
    if (head.status() == 101) {
      startTunnel(to, in);
    } else {
      startBody(to, in);
    }
  }

  private void startTunnel(BackendEvents to, ByteBuf in) {
    stage = Stage.TUNNEL;
    connection.allowHalfClosure();
    connection.answered();
    partial = null;
    to.switchProtocols(head, passesUpgrade(), in);
  }

  private void startBody(BackendEvents to, ByteBuf in) {
    authenticates |= head.connectionAuth();
    keepAliveSeconds = head.keepAliveSeconds();
    BodyKind kind = startFraming(to);
    Progress progress = framing.accept(in);
    if (progress == Progress.MALFORMED) {
      release();
      to.malformed(malformedBody());
      return;
    }
    stage = Stage.BODY;
    partial = null;
    ByteBuf body = takeBody(in);
    boolean last = progress == Progress.DONE;
    if (last) {
      ended(body);
    }
    to.respond(head, kind, body, last);
  }

  private BodyKind startFraming(BackendEvents to) {
    keepAlive = head.keepAlive();
    // RFC 9112 §6.3 rule 1: these have no body, with any fields.
    if (requestIsHead || head.status() == 204 || head.status() == 304) {
      framing.startLength(0);
      // RFC 9110 §8.6, RFC 9112 §6.1: a 204 must not announce a body. If one does, the body may
      // follow, and must not be read as the next response.
      boolean announced = head.chunked() || head.contentLength() > 0;
      keepAlive = keepAlive && !(announced && head.status() == 204);
    } else if (head.status() == 205) {
      // RFC 9110 §15.3.6: no content. If some comes, it ends with the connection.
      framing.startLength(0);
      keepAlive = keepAlive && head.contentLength() == 0;
    } else if (head.chunked()) {
      boolean lf = Objects.requireNonNull(parser).responseLf();
      framing.startResponseChunks(to.takesChunks(), lf);
      return lf ? BodyKind.CONTENT : BodyKind.CHUNKED;
    } else if (head.contentLength() >= 0) {
      framing.startLength(head.contentLength());
    } else {
      framing.startUntilClose();
      keepAlive = false;
      return BodyKind.CONTENT;
    }
    return BodyKind.LENGTH;
  }

  private Refusal malformedBody() {
    return framing.loneLfRefused()
        ? MALFORMED_BODY.liftedBy(WireOptions.RESPONSE_LF)
        : MALFORMED_BODY;
  }

  private void readBody(BackendEvents to, ByteBuf in) {
    Progress progress;
    try {
      progress = framing.accept(in);
    } catch (Throwable e) {
      in.release();
      throw e;
    }
    if (progress == Progress.MALFORMED) {
      in.release();
      exchange = null;
      connection.streamReset(true);
      to.malformedBody(malformedBody());
      return;
    }
    ByteBuf body = takeBody(in);
    boolean last = progress == Progress.DONE;
    if (last) {
      ended(body);
    }
    to.responseBody(body, last);
  }

  /** Cuts a buffer to the body for the client; bytes after the body end the reuse. */
  private ByteBuf takeBody(ByteBuf in) {
    if (framing.consumedEnd() < in.writerIndex()) {
      keepAlive = false;
    }
    return in.writerIndex(framing.forwardEnd());
  }

  /** The response is complete. Releases its last bytes if this throws. */
  private void ended(ByteBuf rest) {
    try {
      exchange = null;
      if (authenticates && client != null) {
        connection.bindTo(client);
      }
      if (keepAliveSeconds >= 0) {
        connection.keptOpenFor(keepAliveSeconds);
      }
      connection.responseEnded(keepAlive && requestEnded && mayReuse());
    } catch (Throwable e) {
      rest.release();
      throw e;
    }
  }

  private void release() {
    ByteBuf held = partial;
    partial = null;
    if (held != null) {
      held.release();
    }
  }

  // The connection -------------------------------------------------------------------------------

  @Override
  public final @Nullable BackendEvents exchange() {
    return exchange;
  }

  @Override
  public final void openedFor(BackendEvents first, Hop hop) {
    exchange = first;
    first.connecting(this);
  }

  @Override
  public final void connected() {
    BackendEvents waiting = exchange;
    if (waiting != null) {
      waiting.connected(this);
    }
  }

  @Override
  public final void notConnected(ConnectFailure failure) {
    BackendEvents waiting = leaveExchange();
    if (waiting != null) {
      waiting.connectFailed(failure);
    }
  }

  @Override
  public final void misled() {
    BackendEvents waiting = leaveExchange();
    if (waiting != null) {
      waiting.connectMisled();
    }
  }

  @Override
  public final void writableChanged() {
    BackendEvents current = exchange;
    if (current == null) {
      return;
    }
    if (connection.writable()) {
      current.backendWritable();
    } else {
      current.backendFull();
    }
  }

  @Override
  public final boolean inputEnded() {
    BackendEvents current = exchange;
    boolean goesOn = inTunnel() && current != null;
    if (goesOn && current != null) {
      current.backendHalfClosed();
    }
    return goesOn;
  }

  @Override
  public final void closed(boolean cleanly) {
    BackendEvents current = leaveExchange();
    release();
    if (current == null) {
      return;
    }
    if (stage == Stage.TUNNEL) {
      current.tunnelClosed();
    } else if (stage == Stage.BODY && framing.untilClose() && cleanly) {
      connection.answered();
      current.responseBody(Unpooled.EMPTY_BUFFER, true);
    } else {
      current.lost(reused, responseBegun, stage == Stage.BODY);
    }
  }

  /** Detaches and returns the exchange. */
  private @Nullable BackendEvents leaveExchange() {
    BackendEvents left = exchange;
    exchange = null;
    return left;
  }

  // What the exchange asks -----------------------------------------------------------------------

  @Override
  public final Place place() {
    return place;
  }

  @Override
  public final String address() {
    return connection.address();
  }

  @Override
  public final @Nullable Throwable fault() {
    return connection.fault();
  }

  @Override
  public final boolean takesRequest() {
    return connection.takesRequest();
  }

  @Override
  public final boolean writable() {
    return connection.writable();
  }

  @Override
  public final int mostReadBytes() {
    return connection.mostWriteBytes();
  }

  @Override
  public final long unsentBytes() {
    return connection.unsentBytes();
  }

  @Override
  public final long heldBytes() {
    return connection.heldBytes() + (partial == null ? 0 : partial.capacity());
  }

  @Override
  public final void setReading(boolean on) {
    connection.setReading(on && !switches);
  }

  @Override
  public final boolean inTunnel() {
    return stage == Stage.TUNNEL;
  }

  @Override
  public final void shutOutput() {
    connection.shutOutput();
  }

  @Override
  public final void closeAfterFlush() {
    connection.closeAfterFlush();
  }

  @Override
  public final void reset() {
    exchange = null;
    connection.streamReset(false);
  }
}
