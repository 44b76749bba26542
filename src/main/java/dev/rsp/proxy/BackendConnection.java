// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Place;
import dev.rsp.config.Protocol;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.concurrent.atomic.LongAdder;
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

  private enum State {
    CONNECTING,
    IDLE,
    /** A request was sent; its response is awaited or on its way, or there is a tunnel. */
    BUSY,
    CLOSED
  }

  private final ProxyLoop loop;
  private final Place place;
  private final boolean listed;

  /** Counts what this place is serving; null if it is not one of the list. */
  private final @Nullable LongAdder load;

  private final Channel channel;
  private final ResponseReader response;
  private final Deadline deadline = new Deadline(this::expired);

  private State state = State.CONNECTING;
  private @Nullable Exchange exchange;

  private boolean loaded;
  private boolean used;
  private boolean reused;
  private boolean timedOut;
  private boolean failed;
  private boolean writeFailed;
  private boolean reading = true;

  private BackendConnection(ProxyLoop loop, Place place, Channel channel, Exchange exchange) {
    this.loop = loop;
    this.place = place;
    this.listed = loop.service().lists(place);
    this.load = listed ? loop.service().loads.of(place) : null;
    // A backend that is slow to accept has its requests, too.
    load();
    this.channel = channel;
    this.exchange = exchange;
    this.response = new ResponseReader(loop, this);
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
    loop.deadlines.arm(deadline, loop.service().terms.timeouts.connectMillis());
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
    unload();
    channel.close();
    if (waiting != null) {
      log.debug("connect failed backend={}: {}", place, cause.toString());
      waiting.connectFailed(
          timedOut ? ConnectFailure.TIMEOUT : ConnectFailure.of(cause, place.unixPath()));
    }
  }

  /** Starts to serve an exchange. */
  void begin(Exchange next, boolean isHead) {
    loop.deadlines.disarm(deadline);
    exchange = next;
    state = State.BUSY;
    load();
    reused = used;
    used = true;
    response.start(isHead);
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

  // Reading --------------------------------------------------------------------------------------

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
    if (state == State.BUSY) {
      response.read(current.answer, bytes);
    } else {
      bytes.release();
    }
  }

  /** What follows is a tunnel, of which each side may end its half. */
  void allowHalfClosure() {
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
  }

  /** The body that the client has begun to get is none. */
  void malformedBody(BackendAnswer current) {
    failed = true;
    exchange = null;
    close();
    current.malformedBody();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (exchange != null && channel.isWritable()) {
      exchange.backendWritable();
    }
  }

  // Endings --------------------------------------------------------------------------------------

  /**
   * The response is complete.
   *
   * @param requestEnded whether the request was complete, too
   */
  void finished(boolean requestEnded) {
    exchange = null;
    unload();
    setReading(true);
    boolean oneOnly = place.protocol() == Protocol.UWSGI;
    if (response.keepsAlive() && requestEnded && !writeFailed && !oneOnly) {
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
      HalfClosed.endSeen(channel);
      if (inTunnel() && exchange != null) {
        exchange.answer.tunnelHalfClosed();
      } else {
        close();
      }
    } else if (event == ChannelInputShutdownReadComplete.INSTANCE && HalfClosed.gone(channel)) {
      close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (state == State.CLOSED || state == State.CONNECTING) {
      return;
    }
    boolean tunnel = inTunnel();
    Exchange current = exchange;
    state = State.CLOSED;
    exchange = null;
    loop.deadlines.disarm(deadline);
    response.release();
    loop.pools.forget(this);
    unload();
    if (current == null) {
      return;
    }
    if (tunnel) {
      current.answer.tunnelClosed();
    } else if (response.untilClose() && !failed) {
      current.answer.body(Unpooled.EMPTY_BUFFER, true);
    } else {
      current.answer.lost(reused, response.answered(), response.inBody());
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (!(cause instanceof IOException)) {
      // A bug: this connection ends, the loop lives on.
      log.error("connection failed backend={}", place, cause);
      failed = true;
      close();
    } else if (inTunnel()) {
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

  /** It serves a request, or is going to. */
  private void load() {
    if (!loaded && load != null) {
      loaded = true;
      load.increment();
    }
  }

  /** It serves no request any more. */
  private void unload() {
    if (loaded && load != null) {
      loaded = false;
      load.decrement();
    }
  }

  private boolean inTunnel() {
    return state == State.BUSY && response.inTunnel();
  }
}
