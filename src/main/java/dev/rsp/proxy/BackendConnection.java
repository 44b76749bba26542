// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Place;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection to a backend, from its connect to its close: carries one exchange after the other.
 * Its {@link ResponseReader} reads the responses; its {@link BackendEnd} says whether it is kept
 * for the next exchange.
 *
 * <p>All methods run on its loop, which is that of every client it serves.
 */
final class BackendConnection extends ChannelInboundHandlerAdapter {
  private static final Logger log = LoggerFactory.getLogger(BackendConnection.class);

  enum State {
    CONNECTING,
    IDLE,
    /** A request was sent; its response is awaited or on its way, or there is a tunnel. */
    BUSY,
    CLOSED
  }

  final BackendEnd end;

  /** Also moved on by {@link BackendEnd}, as the next. */
  State state = State.CONNECTING;

  @Nullable Exchange exchange;

  private final ProxyLoop loop;
  private final Place place;
  private final boolean listed;

  private final LoadShare load;
  private final Channel channel;
  private final ResponseReader response;
  private final Deadline deadline = new Deadline(this::expired, cause -> failed(exchange, cause));
  private final ReadSize size = new ReadSize();

  /** Bytes that were written to it since it was opened. */
  private long sent;

  /** What it was connected to; null for a Unix socket. */
  private @Nullable InetSocketAddress address;

  private boolean used;
  private boolean reused;
  private boolean timedOut;
  private boolean reading = true;

  private BackendConnection(ProxyLoop loop, Place place, Channel channel, Exchange exchange) {
    this.loop = loop;
    this.place = place;
    this.listed = loop.service().lists(place);
    this.load = new LoadShare(loop.service().loads, place);
    // A backend that is slow to accept has its requests, too.
    load.begin();
    this.channel = channel;
    this.exchange = exchange;
    this.response = new ResponseReader(loop, this);
    this.end = new BackendEnd(loop, channel, this, response);
  }

  /** A connection that is yet to {@link #connect}, or null if no socket could be had. */
  static @Nullable BackendConnection open(ProxyLoop loop, Place place, Exchange exchange) {
    Channel channel;
    try {
      channel = loop.backends.open(place.unixPath() != null);
    } catch (ChannelException e) {
      // Out of descriptors, most likely.
      loop.backendLog.noSocket(place, String.valueOf(e.getMessage()));
      return null;
    }
    BackendConnection connection = null;
    try {
      connection = new BackendConnection(loop, place, channel, exchange);
      loop.prepareBackend(channel, connection::mostReadBytes);
      channel.pipeline().addLast(connection);
      return connection;
    } catch (Throwable e) {
      channel.unsafe().closeForcibly();
      if (connection != null) {
        connection.state = State.CLOSED;
        connection.leaveExchange();
      }
      throw e;
    }
  }

  /** Connects; the exchange hears of the result, perhaps before this returns. */
  void connect() {
    try {
      String unixPath = place.unixPath();
      address = place.address();
      SocketAddress peer = unixPath != null ? loop.transport.unixAddress(unixPath) : address;
      loop.deadlines.arm(deadline, loop.service().terms.timeouts.connectMillis());
      loop.eventLoop.register(channel);
      channel.connect(peer).addListener(done -> connected(done.cause()));
    } catch (Throwable e) {
      endUnconnected();
      channel.unsafe().closeForcibly();
      throw e;
    }
  }

  /** Netty only logs what a listener throws, and the exchange would wait for the result. */
  private void connected(@Nullable Throwable cause) {
    Exchange waiting = exchange;
    try {
      connected(waiting, cause);
    } catch (Throwable e) {
      failed(waiting, e);
    }
  }

  private void connected(@Nullable Exchange waiting, @Nullable Throwable cause) {
    stopWaiting();
    if (cause == null && waiting != null && HalfClosed.notConnected(channel, address)) {
      state = State.CLOSED;
      leaveExchange();
      channel.close();
      waiting.connectMisled();
      return;
    }
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
    leaveExchange();
    channel.close();
    if (waiting != null) {
      log.debug("connect failed backend={}: {}", place, cause.toString());
      waiting.connectFailed(
          timedOut ? ConnectFailure.TIMEOUT : ConnectFailure.of(cause, place.unixPath()));
    }
  }

  /** Starts to serve an exchange. */
  void begin(Exchange next, boolean isHead) {
    stopWaiting();
    exchange = next;
    state = State.BUSY;
    load.begin();
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

  /** Whether it leads to where a place is now: a name may have another address by then. */
  boolean leadsTo(Place other) {
    return Objects.equals(address, other.address());
  }

  /** Whether the backend has closed it, and the loop does not know yet. */
  boolean endedByPeer() {
    return loop.peerEnd.seen(channel);
  }

  /** Whether it can carry a request. */
  boolean usable() {
    return end.usable();
  }

  /** Takes over the buffer. */
  void send(ByteBuf bytes) {
    sent += bytes.readableBytes();
    loop.flusher.send(channel, bytes);
  }

  /** How large the next read from the backend may be: that depends on the client. */
  private int mostReadBytes() {
    Exchange current = exchange;
    return current == null ? ReadBuffers.MIDDLE_BYTES : current.answer.mostReadBytes();
  }

  /** How large the next read of what is to be sent to the backend may be, in bytes. */
  int mostWriteBytes() {
    return size.mostBytes(sent - unsent());
  }

  /** The capacity of the buffers that it holds. */
  long heldBytes() {
    return Closing.held(channel) + response.heldBytes();
  }

  /** Whether it takes more for now: also if it takes nothing any more, which is thrown away. */
  boolean writable() {
    return channel.isWritable() || !end.takesRequest();
  }

  /** Whether more of a request makes sense: not after the backend has stopped to read. */
  boolean takesRequest() {
    return end.takesRequest();
  }

  long unsent() {
    return Closing.unsent(channel);
  }

  void setReading(boolean on) {
    if (reading != on) {
      reading = on;
      channel.config().setAutoRead(on);
      HalfClosed.reading(channel, on);
    }
  }

  void shutOutput() {
    Closing.shutOutputAfterFlush(channel);
  }

  void closeAfterFlush() {
    Closing.closeAfterFlush(channel);
  }

  // Events of the channel ------------------------------------------------------------------------

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
      try {
        response.read(current.answer, bytes);
      } catch (Throwable e) {
        // The exchange may have left this connection by now, and would wait for ever.
        failed(current, e);
      }
    } else {
      bytes.release();
    }
  }

  /** What follows is a tunnel, of which each side may end its half. */
  void allowHalfClosure() {
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    boolean writable = writable();
    if (writable) {
      size.drained(loop.deadlines.nowMillis(), sent - unsent());
    } else {
      size.full(loop.deadlines.nowMillis());
    }
    if (exchange != null && writable) {
      exchange.backendWritable();
    } else if (exchange != null) {
      exchange.backendFull();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE) {
      HalfClosed.endSeen(channel);
      end.inputEnded();
    } else if (event == ChannelOutputShutdownEvent.INSTANCE) {
      HalfClosed.reading(channel, reading);
    } else if (event == ChannelInputShutdownReadComplete.INSTANCE && HalfClosed.gone(channel)) {
      close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    Exchange current = exchange;
    try {
      end.closed();
    } catch (Throwable e) {
      failed(current, e);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    end.failed(cause);
  }

  // Waiting --------------------------------------------------------------------------------------

  /** Waits in the pool for so long. */
  void idle(int millis) {
    loop.deadlines.arm(deadline, millis);
  }

  /** Waits for nothing any more. */
  void stopWaiting() {
    loop.deadlines.disarm(deadline);
  }

  private void expired() {
    timedOut = state == State.CONNECTING;
    close();
  }

  /** Closes at once; an exchange that is still there hears that the connection was lost. */
  void close() {
    if (state != State.CLOSED) { // one that was never registered could not be closed twice
      channel.close();
    }
  }

  /**
   * Something threw that no code expected: this connection ends, and the exchange with its client's
   * connection. The loop lives on.
   *
   * @param served the exchange that it was thrown for, which may have left by now
   */
  void failed(@Nullable Exchange served, Throwable cause) {
    loop.failureLog.backendFailed(place, cause);
    try {
      if (served != null) {
        served.fail();
      }
    } finally {
      endUnconnected();
      channel.close();
    }
  }

  /** A channel that was never connected does not become inactive, so that nothing else ends it. */
  private void endUnconnected() {
    if (state == State.CONNECTING) {
      state = State.CLOSED;
      stopWaiting();
      leaveExchange();
    }
  }

  /** Serves its exchange no more; null if it served none. */
  @Nullable Exchange leaveExchange() {
    Exchange left = exchange;
    exchange = null;
    if (state == State.CLOSED) {
      load.close();
    } else {
      load.end();
    }
    return left;
  }

  /** Whether it had served an exchange before the one at hand. */
  boolean reused() {
    return reused;
  }

  /** Whether what it carries is no response any more. */
  boolean inTunnel() {
    return state == State.BUSY && response.inTunnel();
  }
}
