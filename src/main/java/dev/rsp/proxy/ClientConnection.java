// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Limits;
import dev.rsp.http.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's HTTP/1 connection, from its accept to its close. Its {@link RequestReader} gives one
 * request after the other to the exchange. The responses go out in the same order through its
 * {@link ClientAnswer}; its {@link ClientEnd} then leads back here, or to the connection's end.
 *
 * <p>A request is not looked at before the response to the one before it has gone out, so there is
 * never more than one exchange, and what a client pipelines waits in the socket. All methods run on
 * the connection's loop.
 */
final class ClientConnection extends ChannelInboundHandlerAdapter {
  private static final Logger log = LoggerFactory.getLogger(ClientConnection.class);

  private static final Refusal TOO_MANY = new Refusal(503, "too many connections");
  private static final Refusal TOO_MANY_OF_CLIENT =
      new Refusal(503, "too many connections from this address");

  final Exchange exchange;
  final ClientAnswer answer;
  final ClientEnd end;
  final ClientClock clock;
  final RequestInput input;

  /** Also moved on by {@link RequestReader} and {@link ClientEnd}. */
  ClientState state = ClientState.HEAD;

  private final ProxyLoop loop;
  private final Channel channel;
  private final ClientAddress address;
  private final RequestReader requests;
  private final Admission admission;

  private boolean inputEnded;

  /** Whether the client is to be read as far as its exchange is concerned. */
  private boolean wanted = true;

  /** Whether it is not read for lack of memory. */
  private boolean paused;

  private boolean reading = true;

  /** Whether the client has not taken all that was sent to it. */
  private boolean slow;

  ClientConnection(ProxyLoop loop, Channel channel) {
    this.loop = loop;
    this.channel = channel;
    this.address = new ClientAddress(channel);
    this.admission = new Admission(loop.connections);
    this.input = new RequestInput(loop);
    this.requests = new RequestReader(loop, channel, this, input, address);
    this.clock = new ClientClock(loop, this);
    this.end = new ClientEnd(loop, channel, this);
    this.answer = new ClientAnswer(loop, channel, this);
    this.exchange = new Exchange(loop, answer);
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    loop.opened(this);
    Limits limits = loop.service().terms.limits;
    Ending tooMany = admission.enter(address.ip(), limits);
    if (tooMany == null) {
      clock.awaitHead();
      return;
    }
    end.begin();
    answer.turnAway(tooMany == Ending.LIMIT_CONNECTIONS ? TOO_MANY : TOO_MANY_OF_CLIENT);
    end.turnAway(tooMany, admission.mayLinger(limits));
  }

  // Requests ------------------------------------------------------------------------------------

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    switch (state) {
      case HEAD -> requests.readHead(bytes);
      case BODY -> requests.readBody(bytes);
      case ANSWER -> {
        input.hold(bytes);
        setReading(false);
      }
      case TUNNEL -> {
        clock.moved();
        exchange.tunnelBody(bytes);
      }
      case LINGER, CLOSED -> bytes.release();
    }
  }

  /** The response is out, and the connection stays. */
  void nextRequest() {
    state = ClientState.HEAD;
    clock.awaitRequest();
    if (input.holdsBuffer() || !reading || inputEnded) {
      requests.readRequests();
    }
  }

  /** The 101 is written: bytes pass both ways from now on. */
  void startTunnel() {
    state = ClientState.TUNNEL;
    clock.moved();
    ByteBuf early = input.takeAll();
    if (early != null) {
      exchange.tunnelBody(early);
    }
    if (inputEnded) {
      exchange.clientHalfClosed();
    }
    setReading(true);
  }

  /** Whether the client has said that it sends nothing more. */
  boolean inputEnded() {
    return inputEnded;
  }

  void setReading(boolean on) {
    wanted = on;
    applyReading();
  }

  /** Reads no more for now because memory is short, or goes on. */
  void pause(boolean on) {
    paused = on;
    applyReading();
  }

  private void applyReading() {
    boolean on = wanted && !paused;
    if (reading != on) {
      reading = on;
      channel.config().setAutoRead(on);
      HalfClosed.reading(channel, on);
      clock.readingChanged();
    }
  }

  /** Whether the client is read. */
  boolean reading() {
    return reading;
  }

  /** Whether the client is to be read, though perhaps not now because memory is short. */
  boolean wanted() {
    return wanted;
  }

  /** How large the next read may be. */
  int mostReadBytes() {
    return switch (state) {
      case BODY, TUNNEL -> exchange.mostReadBytes();
      case HEAD, ANSWER -> ReadBuffers.MIDDLE_BYTES;
      case LINGER, CLOSED -> ReadBuffers.LARGEST_BYTES; // it is thrown away
    };
  }

  /** The capacity of the buffers that this connection and its exchange hold. */
  long heldBytes() {
    return input.heldBytes() + Closing.held(channel) + exchange.heldBytes();
  }

  /**
   * Whether the body of its request is held until it is whole: to read on is what frees it. {@code
   * limits.held_total_bytes} bounds that.
   */
  boolean holdsBody() {
    return exchange.holdsBody();
  }

  /** Ends the exchange, and the connection, because memory is exhausted and it holds much. */
  void endForMemory() {
    end.memoryExhausted();
  }

  /** A number that changes whenever either side has taken something. */
  long taken() {
    return answer.taken() + exchange.taken();
  }

  /** Bytes that were sent on, either way, and that the kernel has not taken yet. */
  long unsent() {
    return Closing.unsent(channel) + exchange.unsent();
  }

  // Events of the channel -----------------------------------------------------------------------

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (channel.unsafe().outboundBuffer() == null) {
      setSlow(false); // our side has ended
      return;
    }
    setSlow(!channel.isWritable());
    if (slow) {
      answer.full();
      exchange.clientFull();
    } else {
      if (!answer.drained()) {
        clock.clientKeepsUp();
      }
      exchange.clientWritable();
      if (state == ClientState.HEAD) {
        requests.readRequests();
      }
    }
  }

  private void setSlow(boolean now) {
    if (slow != now) {
      slow = now;
      loop.countSlow(now ? 1 : -1);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE) {
      inputEnded = true;
      HalfClosed.endSeen(channel);
      end.inputEnded();
    } else if (event == ChannelOutputShutdownEvent.INSTANCE) {
      HalfClosed.reading(channel, reading);
    } else if (event == ChannelInputShutdownReadComplete.INSTANCE) {
      closeIfGone();
    }
  }

  /**
   * Ends the connection if its client has ended all of it. Of a connection that is not read,
   * io_uring does not tell.
   */
  void closeIfGone() {
    if (inputEnded ? HalfClosed.gone(channel) : !reading && loop.peerEnd.broken(channel)) {
      close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (state == ClientState.CLOSED) {
      return;
    }
    try {
      setSlow(false);
      end.closed();
    } finally {
      loop.closed(this);
      admission.leave();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof IOException) {
      log.debug("client gone client={}: {}", address.text(), cause.getMessage());
      close();
    } else {
      failed(cause);
    }
  }

  /** Something threw that no code expected: this connection ends, the loop lives on. */
  void failed(Throwable cause) {
    try {
      end.fail();
    } finally {
      loop.failureLog.clientFailed(address.text(), cause);
    }
  }

  /** Ends the connection after the response in flight, or at once if there is none. */
  void drain() {
    if (state == ClientState.HEAD && !end.open()) {
      // The answer before may not be out yet.
      end.closeAfterFlush();
    }
  }

  /** Ends the connection at once, and an exchange that has not ended so. */
  void close(Ending ending) {
    end.closeNow(ending);
  }

  /** Ends the connection at once. */
  void close() {
    channel.close();
  }
}
