// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Place;
import dev.rsp.http.BodyFraming;
import dev.rsp.http.BodyFraming.Progress;
import dev.rsp.http.Parsed;
import dev.rsp.http.Refusal;
import dev.rsp.http.ResponseHead;
import dev.rsp.proxy.ClientStream.BodyKind;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.io.IOException;
import java.net.BindException;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection to a backend: sends the requests of one exchange after the other, reads the
 * responses strictly, and is kept for the next exchange only if nothing about its state is in
 * doubt.
 *
 * <p>All methods run on its loop, which is that of every client it serves.
 */
final class BackendConnection extends ChannelInboundHandlerAdapter {
  private static final Logger log = LoggerFactory.getLogger(BackendConnection.class);

  private static final Refusal MALFORMED_BODY =
      new Refusal(502, "malformed body of the backend's response");

  private enum State {
    CONNECTING,
    IDLE,
    HEAD,
    BODY,
    TUNNEL,
    CLOSED
  }

  private final ProxyLoop loop;
  private final Place place;
  private final boolean listed;
  private final Channel channel;
  private final BodyFraming framing = new BodyFraming();
  private final Deadline deadline = new Deadline(this::expired);

  private State state = State.CONNECTING;
  private @Nullable Exchange exchange;

  /** Part of a response head. */
  private @Nullable ByteBuf partial;

  private boolean requestIsHead;
  private boolean used;
  private boolean reused;
  private boolean answered;
  private boolean keepAlive;
  private boolean timedOut;
  private boolean failed;
  private boolean writeFailed;
  private boolean reading = true;

  private BackendConnection(ProxyLoop loop, Place place, Channel channel, Exchange exchange) {
    this.loop = loop;
    this.place = place;
    this.listed = loop.service().lists(place);
    this.channel = channel;
    this.exchange = exchange;
  }

  /** A connection that is yet to {@link #connect}, or null if no socket could be had. */
  static @Nullable BackendConnection open(ProxyLoop loop, Place place, Exchange exchange) {
    Channel channel;
    try {
      channel = loop.transport.newClient(place.unixPath() != null);
    } catch (ChannelException e) {
      // Out of descriptors, most likely.
      log.warn("no socket for backend={}: {}", place, e.getMessage());
      return null;
    }
    loop.prepareBackend(channel);
    BackendConnection connection = new BackendConnection(loop, place, channel, exchange);
    channel.pipeline().addLast(connection);
    return connection;
  }

  /** Connects; the exchange hears of the result, perhaps before this returns. */
  void connect() {
    String unixPath = place.unixPath();
    SocketAddress address =
        unixPath != null ? loop.transport.unixAddress(unixPath) : place.address();
    loop.deadlines.arm(deadline, loop.service().timeouts.connectMillis());
    loop.eventLoop.register(channel);
    channel.connect(address).addListener(done -> connected(done.cause()));
  }

  private void connected(@Nullable Throwable cause) {
    Exchange waiting = exchange;
    loop.deadlines.disarm(deadline);
    if (cause == null) {
      state = State.IDLE;
      if (waiting == null) {
        close();
      } else {
        waiting.connected(this);
      }
      return;
    }
    state = State.CLOSED;
    exchange = null;
    channel.close();
    if (waiting != null) {
      log.debug("connect failed backend={}: {}", place, cause.toString());
      waiting.connectFailed(timedOut, outOfPorts(cause));
    }
  }

  /** Whether it was this machine that had no port left: EADDRNOTAVAIL, which Netty only words. */
  private static boolean outOfPorts(Throwable cause) {
    return cause instanceof BindException
        || String.valueOf(cause.getMessage()).contains("Cannot assign requested address");
  }

  /** Starts to serve an exchange. */
  void begin(Exchange next, boolean isHead) {
    loop.deadlines.disarm(deadline);
    exchange = next;
    state = State.HEAD;
    requestIsHead = isHead;
    reused = used;
    used = true;
    answered = false;
    keepAlive = false;
  }

  Place place() {
    return place;
  }

  /** Whether its place was one of the configuration's slots when it was opened. */
  boolean listed() {
    return listed;
  }

  /** Whether it can carry a request. */
  boolean usable() {
    return channel.isActive() && !failed && !writeFailed;
  }

  /** Takes over the buffer. */
  void send(ByteBuf bytes) {
    loop.flusher.send(channel, bytes);
  }

  boolean writable() {
    return channel.isWritable();
  }

  /** Whether more of a request makes sense: not after the backend has stopped to read. */
  boolean takesRequest() {
    return !writeFailed;
  }

  long unsent() {
    return Closing.unsent(channel);
  }

  void setReading(boolean on) {
    if (reading != on) {
      reading = on;
      channel.config().setAutoRead(on);
    }
  }

  void shutOutput() {
    Closing.shutOutputAfterFlush(channel);
  }

  void closeAfterFlush() {
    Closing.closeAfterFlush(channel);
  }

  // Reading
  // ----------------------------------------------------------------------------------------

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    Exchange current = exchange;
    if (current == null) {
      // RFC 9112 §9.2: bytes on an idle connection answer nothing; whose would they be?
      bytes.release();
      close();
      return;
    }
    switch (state) {
      case HEAD -> readHead(current, bytes);
      case BODY -> readBody(current, bytes);
      case TUNNEL -> current.tunnelBytes(bytes);
      case CONNECTING, IDLE, CLOSED -> bytes.release();
    }
  }

  private void readHead(Exchange current, ByteBuf bytes) {
    if (!answered) {
      answered = true;
      current.answerBegan();
    }
    ByteBuf in = bytes;
    if (partial != null) {
      int limit = current.service().limits.headBytes();
      boolean look =
          partial.readableBytes() + bytes.readableBytes() >= limit
              || ByteBufUtil.indexOf(bytes, bytes.readerIndex(), bytes.writerIndex(), (byte) '\n')
                  >= 0;
      in = partial.writeBytes(bytes);
      bytes.release();
      if (!look) {
        return;
      }
      partial = null;
    }
    readHeads(current, in);
  }

  /** Reads interim heads and the final one. */
  private void readHeads(Exchange current, ByteBuf in) {
    ResponseHead head = loop.responseHead;
    while (true) {
      if (!in.isReadable()) {
        in.release();
        return;
      }
      Parsed parsed = current.service().parser.response(in, head);
      if (parsed == Parsed.MORE) {
        partial = in;
        return;
      }
      if (parsed == Parsed.REFUSED) {
        in.release();
        current.failed(head.refusal());
        return;
      }
      in.skipBytes(head.length());
      if (!head.interim()) {
        break;
      }
      if (!current.interim(head)) {
        in.release();
        return;
      }
    }
    if (head.status() == 101) {
      state = State.TUNNEL;
      // Each side may end its half of a tunnel.
      channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
      current.switchProtocols(head, in);
    } else {
      startBody(current, head, in);
    }
  }

  private void startBody(Exchange current, ResponseHead head, ByteBuf in) {
    keepAlive = head.keepAlive();
    BodyKind kind = BodyKind.LENGTH;
    // RFC 9112 §6.3 rule 1: these have no body, whatever their fields say.
    if (requestIsHead || head.status() == 204 || head.status() == 304) {
      framing.startLength(0);
    } else if (head.chunked()) {
      kind = BodyKind.CHUNKED;
      framing.startChunked(current.clientTakesChunks());
    } else if (head.contentLength() >= 0) {
      framing.startLength(head.contentLength());
    } else {
      kind = BodyKind.UNTIL_CLOSE;
      framing.startUntilClose();
      keepAlive = false;
    }
    Progress progress = framing.accept(in);
    if (progress == Progress.MALFORMED) {
      in.release();
      current.failed(MALFORMED_BODY);
      return;
    }
    state = State.BODY;
    current.respond(head, kind, takeBody(in), progress == Progress.DONE);
  }

  private void readBody(Exchange current, ByteBuf in) {
    Progress progress = framing.accept(in);
    if (progress == Progress.MALFORMED) {
      in.release();
      failed = true;
      exchange = null;
      close();
      current.lost(reused, true, true);
      return;
    }
    current.responseBody(takeBody(in), progress == Progress.DONE);
  }

  /** Cuts a buffer to what the client gets; more than the body is nobody's, and ends the reuse. */
  private ByteBuf takeBody(ByteBuf in) {
    if (framing.consumedEnd() < in.writerIndex()) {
      keepAlive = false;
    }
    return in.writerIndex(framing.forwardEnd());
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (exchange != null && channel.isWritable()) {
      exchange.backendWritable();
    }
  }

  // Endings
  // ----------------------------------------------------------------------------------------

  /**
   * The response is complete.
   *
   * @param requestEnded whether the request was complete, too
   */
  void finished(boolean requestEnded) {
    exchange = null;
    setReading(true);
    if (keepAlive && requestEnded && !writeFailed) {
      state = State.IDLE;
      loop.pools.put(this);
    } else {
      close();
    }
  }

  /** Waits in the pool for so long. */
  void idle(int millis) {
    loop.deadlines.arm(deadline, millis);
  }

  /** Ends the connection without a word to the exchange, whose answer nobody wants any more. */
  void abandon() {
    exchange = null;
    close();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE) {
      HalfClosed.keepWritable(channel);
      if (state == State.TUNNEL && exchange != null) {
        exchange.tunnelHalfClosed();
      } else {
        close();
      }
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (state == State.CLOSED || state == State.CONNECTING) {
      return;
    }
    final State before = state;
    Exchange current = exchange;
    state = State.CLOSED;
    exchange = null;
    loop.deadlines.disarm(deadline);
    releasePartial();
    loop.pools.forget(this);
    if (current == null) {
      return;
    }
    if (before == State.TUNNEL) {
      current.tunnelClosed();
    } else if (before == State.BODY && framing.untilClose() && !failed) {
      current.responseBody(Exchange.nothing(), true);
    } else {
      current.lost(reused, answered, before == State.BODY);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (!(cause instanceof IOException)) {
      // A bug: this connection ends, the loop lives on.
      log.error("connection failed backend={}", place, cause);
      failed = true;
      close();
    } else if (state == State.TUNNEL) {
      // With half-closure on, Netty would have it look like an end of the backend's side alone.
      close();
    } else if (channel.isActive() && !writeFailed) {
      // Most likely a write: the backend reads no more, but may have answered.
      log.debug("backend={}: {}", place, cause.getMessage());
      writeFailed = true;
      failed = true;
    } else {
      failed = true;
    }
  }

  private void expired() {
    timedOut = state == State.CONNECTING;
    close();
  }

  /** Closes at once; an exchange that is still there hears that the connection was lost. */
  void close() {
    channel.close();
  }

  private void releasePartial() {
    if (partial != null) {
      partial.release();
      partial = null;
    }
  }
}
