// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Timeouts;
import dev.rsp.http.BodyFraming;
import dev.rsp.http.BodyFraming.Progress;
import dev.rsp.http.Parsed;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.ResponseHead;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's HTTP/1 connection: reads its requests one after the other, gives each to the exchange,
 * and writes the responses in the same order.
 *
 * <p>A request is not looked at before the response to the one before it has gone out, so there is
 * never more than one exchange, and what a client pipelines waits in the socket. All methods run on
 * the connection's loop.
 */
final class ClientConnection extends ChannelInboundHandlerAdapter implements ClientStream {
  private static final Logger log = LoggerFactory.getLogger(ClientConnection.class);

  private static final Refusal HEAD_TIMEOUT = new Refusal(408, "the request head took too long");
  private static final Refusal BODY_TIMEOUT = new Refusal(408, "the request body took too long");
  private static final Refusal BACKEND_TIMEOUT =
      new Refusal(504, "the backend took too long to answer");
  private static final Refusal MALFORMED_BODY = new Refusal(400, "malformed request body");
  private static final Refusal NO_HOST = new Refusal(400, "no Host field");
  private static final Refusal TOO_MANY = new Refusal(503, "too many connections");

  /*
   * HEAD ──whole head──► BODY ──whole body──► ANSWER ──response out──► HEAD
   *   │                    │                    │  └──101──► TUNNEL
   *   └──────────refused, or cannot go on───────┴──► LINGER ──► CLOSED
   */
  private enum State {
    /** Between requests, or in the middle of a head. */
    HEAD,
    /** The request's body is coming; the response may be, too. */
    BODY,
    /** The request is complete; the response is awaited or on its way. */
    ANSWER,
    /** Bytes pass both ways as they are. */
    TUNNEL,
    /** The last answer is out; the client is given time to read it. */
    LINGER,
    CLOSED
  }

  private final ProxyLoop loop;
  private final Channel channel;
  private final Exchange exchange;
  private final ResponseWriter response;
  private final BodyFraming framing = new BodyFraming();
  private final Deadline deadline = new Deadline(this::expired);
  private final ClientAddress address;

  private State state = State.HEAD;

  /** Bytes that were read and not yet consumed: part of a head, or requests that were pipelined. */
  private @Nullable ByteBuf inbound;

  private boolean counted;
  private boolean parsing;
  private boolean headStarted;
  private boolean keepAlive;
  private boolean inputEnded;
  private boolean reading = true;
  private long unsentAtLastLook;

  ClientConnection(ProxyLoop loop, Channel channel) {
    this.loop = loop;
    this.channel = channel;
    this.response = new ResponseWriter(loop, channel);
    this.exchange = new Exchange(loop, this);
    this.address = new ClientAddress(channel);
  }

  // Requests ------------------------------------------------------------------------------------

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    loop.opened(this);
    Service service = loop.service();
    counted = loop.connections.enter(service.limits.connections());
    if (counted) {
      loop.deadlines.arm(deadline, service.timeouts.headMillis());
    } else {
      response.refusal(TOO_MANY, false);
      loop.ended(Ending.REFUSED);
      // Not counted, so it must not stay.
      state = State.LINGER;
      loop.deadlines.arm(deadline, service.timeouts.lingerMillis());
      Closing.closeAfterFlush(channel);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    switch (state) {
      case HEAD -> readHead(bytes);
      case BODY -> readBody(bytes);
      case ANSWER -> {
        hold(bytes);
        setReading(false);
      }
      case TUNNEL -> {
        progressed();
        exchange.requestBody(bytes);
      }
      case LINGER, CLOSED -> bytes.release();
    }
  }

  private void readHead(ByteBuf bytes) {
    // A head that is incomplete is read again only when a line has ended: see HeadParser.
    boolean look =
        inbound == null
            || inbound.readableBytes() + bytes.readableBytes() >= loop.service().limits.headBytes()
            || ByteBufUtil.indexOf(bytes, bytes.readerIndex(), bytes.writerIndex(), (byte) '\n')
                >= 0;
    hold(bytes);
    if (look) {
      readRequests();
    }
  }

  private void hold(ByteBuf bytes) {
    if (inbound == null) {
      inbound = bytes;
    } else {
      inbound.discardReadBytes();
      inbound.writeBytes(bytes);
      bytes.release();
    }
  }

  /** Takes requests out of what was read, as long as each is answered at once. */
  private void readRequests() {
    if (parsing) {
      return;
    }
    parsing = true;
    // Answers to a client that sends but does not read must not pile up.
    while (state == State.HEAD && inbound != null && channel.isWritable()) {
      if (!inbound.isReadable()) {
        inbound.release();
        inbound = null;
        break;
      }
      Service service = loop.service();
      RequestHead head = loop.requestHead;
      Parsed parsed = service.parser.request(inbound, head);
      if (parsed == Parsed.MORE) {
        if (!headStarted) {
          headStarted = true;
          loop.deadlines.arm(deadline, service.timeouts.headMillis());
        }
        break;
      }
      if (parsed == Parsed.REFUSED) {
        response.start(false, false);
        keepAlive = false;
        refuse(head.refusal());
      } else {
        begin(service, head, inbound);
      }
    }
    parsing = false;
    if (state == State.HEAD) {
      if (!channel.isWritable()) {
        setReading(false);
      } else if (inputEnded) {
        state = State.LINGER;
        Closing.closeAfterFlush(channel);
      } else {
        setReading(true);
      }
    }
  }

  private void begin(Service service, RequestHead head, ByteBuf in) {
    headStarted = false;
    response.start(head.http10(), head.isHead());
    // What follows an offer to change protocols is of the new one, or of none: if the backend
    // declines, it must not be read as a request.
    keepAlive = head.keepAlive() && !head.upgrade();
    if (head.hostLength() == 0) {
      if (service.defaultHost == null) {
        keepAlive = false;
        refuse(NO_HOST);
        return;
      }
      head.assumeHost(service.defaultHost);
    }
    in.skipBytes(head.length());
    if (head.chunked()) {
      framing.startChunked(true);
    } else {
      framing.startLength(Math.max(0, head.contentLength()));
    }
    Progress progress = framing.accept(in);
    if (progress == Progress.MALFORMED) {
      keepAlive = false;
      refuse(MALFORMED_BODY);
      return;
    }
    state = progress == Progress.DONE ? State.ANSWER : State.BODY;
    loop.deadlines.arm(
        deadline,
        state == State.BODY ? service.timeouts.idleMillis() : service.timeouts.responseMillis());
    exchange.begin(service, head, takeBody(in), progress == Progress.DONE, address);
  }

  /** Splits off what the framing consumed; what follows it stays, or nothing does. */
  private ByteBuf takeBody(ByteBuf in) {
    if (framing.consumedEnd() == in.writerIndex()) {
      inbound = null;
      return in.writerIndex(framing.forwardEnd());
    }
    int length = framing.forwardEnd() - in.readerIndex();
    ByteBuf body = loop.allocator().directBuffer(ReadBuffers.HEADROOM_BYTES + 1024 + length);
    body.setIndex(ReadBuffers.HEADROOM_BYTES + 1024, ReadBuffers.HEADROOM_BYTES + 1024);
    body.writeBytes(in, in.readerIndex(), length);
    in.readerIndex(framing.consumedEnd());
    inbound = in;
    return body;
  }

  private void readBody(ByteBuf bytes) {
    Progress progress = framing.accept(bytes);
    if (progress == Progress.MALFORMED) {
      bytes.release();
      keepAlive = false;
      exchange.abandon();
      refuseOrCut(MALFORMED_BODY);
      return;
    }
    progressed();
    ByteBuf body = takeBody(bytes);
    if (progress == Progress.DONE) {
      state = State.ANSWER;
      exchange.requestBody(body);
      exchange.requestEnded();
    } else {
      exchange.requestBody(body);
    }
  }

  // Responses: what the exchange asks for
  // ----------------------------------------------------------

  @Override
  public boolean takesChunks() {
    return response.takesChunks();
  }

  @Override
  public boolean takesInterim() {
    return response.takesChunks();
  }

  @Override
  public void interim(ResponseHead head) {
    response.interim(head);
  }

  @Override
  public void respond(ResponseHead head, BodyKind kind, ByteBuf body, boolean last) {
    progressed();
    // The client of an early answer may still be sending; only the end of the connection stops it.
    boolean keep = keepAlive && state == State.ANSWER && !loop.draining();
    keepAlive = response.head(head, kind, keep, body, last);
    if (last) {
      finish(Ending.SERVED);
    }
  }

  @Override
  public void body(ByteBuf bytes, boolean last) {
    progressed();
    response.body(bytes, last);
    if (last) {
      finish(Ending.SERVED);
    }
  }

  @Override
  public void refuse(Refusal refusal) {
    boolean keep = keepAlive && state == State.ANSWER && !loop.draining();
    keepAlive = keep;
    response.refusal(refusal, keep);
    finish(Ending.REFUSED);
  }

  private void refuseOrCut(Refusal refusal) {
    if (response.headWritten()) {
      cut();
    } else {
      refuse(refusal);
    }
  }

  @Override
  public void startTunnel(ResponseHead head, ByteBuf bytes) {
    state = State.TUNNEL;
    response.tunnel(head, bytes);
    progressed();
    if (inbound != null) {
      exchange.requestBody(inbound);
      inbound = null;
    }
    if (inputEnded) {
      exchange.clientHalfClosed();
    }
    setReading(true);
  }

  @Override
  public void tunnelHalfClosed() {
    Closing.shutOutputAfterFlush(channel);
  }

  @Override
  public void tunnelClosed() {
    if (state == State.TUNNEL) {
      loop.ended(Ending.TUNNELLED);
      state = State.LINGER;
      loop.deadlines.arm(deadline, loop.service().timeouts.lingerMillis());
      Closing.closeAfterFlush(channel);
    }
  }

  /** The response is out: goes on with the next request, or ends the connection. */
  private void finish(Ending ending) {
    loop.ended(ending);
    if (state == State.CLOSED) {
      return;
    }
    if (!keepAlive || loop.stopping()) {
      boolean clientMaySend = state != State.ANSWER || inbound != null;
      if (clientMaySend && !inputEnded) {
        linger();
      } else {
        state = State.LINGER;
        Closing.closeAfterFlush(channel);
      }
      return;
    }
    state = State.HEAD;
    loop.deadlines.arm(deadline, loop.service().timeouts.keepaliveMillis());
    if (inbound != null || !reading || inputEnded) {
      readRequests();
    }
  }

  /**
   * RFC 9112 §9.6: closing with bytes unread would reset the connection, and the client could lose
   * the answer. So only our side is closed; what still comes is thrown away for a while.
   */
  private void linger() {
    state = State.LINGER;
    releaseInbound();
    loop.deadlines.arm(deadline, loop.service().timeouts.lingerMillis());
    setReading(true);
    Closing.shutOutputAfterFlush(channel);
  }

  @Override
  public void cut() {
    loop.ended(Ending.CUT);
    state = State.LINGER;
    releaseInbound();
    if (response.endedByClose()) {
      // RFC 9112 §8: a clean close would make it look whole.
      Closing.reset(channel);
    } else {
      loop.deadlines.arm(deadline, loop.service().timeouts.lingerMillis());
      Closing.closeAfterFlush(channel);
    }
  }

  @Override
  public boolean writable() {
    return channel.isWritable();
  }

  @Override
  public void setReading(boolean on) {
    if (reading != on) {
      reading = on;
      channel.config().setAutoRead(on);
    }
  }

  @Override
  public void progressed() {
    Timeouts timeouts = exchange.service().timeouts;
    loop.deadlines.arm(
        deadline, state == State.TUNNEL ? timeouts.tunnelMillis() : timeouts.idleMillis());
  }

  @Override
  public void awaitResponse() {
    loop.deadlines.arm(deadline, exchange.service().timeouts.responseMillis());
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (channel.isWritable()) {
      exchange.clientWritable();
      if (state == State.HEAD) {
        readRequests();
      }
    }
  }

  // Endings
  // ----------------------------------------------------------------------------------------

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event != ChannelInputShutdownEvent.INSTANCE) {
      return;
    }
    inputEnded = true;
    HalfClosed.keepWritable(channel);
    switch (state) {
      case HEAD -> {
        if (channel.isWritable()) {
          state = State.LINGER;
          Closing.closeAfterFlush(channel);
        }
      }
      case LINGER -> Closing.closeAfterFlush(channel);
      case BODY -> {
        // RFC 9112 §8: an incomplete request. The backend must not take it for a whole one.
        exchange.abandon();
        loop.ended(Ending.CLIENT_GONE);
        state = State.LINGER;
        close();
      }
      case TUNNEL -> exchange.clientHalfClosed();
      case ANSWER, CLOSED -> {}
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (state == State.CLOSED) {
      return;
    }
    if (state == State.BODY || state == State.ANSWER) {
      loop.ended(Ending.CLIENT_GONE);
    } else if (state == State.TUNNEL) {
      loop.ended(Ending.TUNNELLED);
    }
    state = State.CLOSED;
    loop.deadlines.disarm(deadline);
    releaseInbound();
    exchange.abandon();
    loop.closed(this);
    if (counted) {
      loop.connections.leave();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof IOException) {
      log.debug("client gone client={}: {}", address.text(), cause.getMessage());
    } else {
      // A bug: this connection ends, the loop lives on.
      log.error("connection failed client={}", address.text(), cause);
    }
    close();
  }

  private void expired() {
    switch (state) {
      case HEAD -> {
        if (!headStarted && stillSending()) {
          progressed();
        } else if (headStarted) {
          response.start(false, false);
          keepAlive = false;
          refuse(HEAD_TIMEOUT);
        } else {
          close();
        }
      }
      case BODY, ANSWER -> {
        if (stillSending()) {
          progressed();
          return;
        }
        boolean clientIsSlow = state == State.BODY && reading;
        exchange.abandon();
        refuseOrCut(clientIsSlow ? BODY_TIMEOUT : BACKEND_TIMEOUT);
      }
      case TUNNEL -> {
        if (stillSending()) {
          progressed();
        } else {
          close();
        }
      }
      case LINGER -> {
        if (stillSending()) {
          loop.deadlines.arm(deadline, loop.service().timeouts.lingerMillis());
        } else {
          close();
        }
      }
      case CLOSED -> {}
    }
  }

  /** Whether a slow peer has taken something since the last look. */
  private boolean stillSending() {
    long unsent = unsent();
    boolean progress = unsent > 0 && unsent != unsentAtLastLook;
    unsentAtLastLook = unsent;
    return progress;
  }

  /** Bytes that were sent on, either way, and that the kernel has not taken yet. */
  long unsent() {
    return Closing.unsent(channel) + exchange.unsent();
  }

  /** Ends the connection after the response in flight, or at once if there is none. */
  void drain() {
    if (state == State.HEAD && !headStarted) {
      // The answer before may not be out yet.
      state = State.LINGER;
      Closing.closeAfterFlush(channel);
    }
  }

  /** Ends the connection at once. */
  void close() {
    channel.close();
  }

  private void releaseInbound() {
    if (inbound != null) {
      inbound.release();
      inbound = null;
    }
  }
}
