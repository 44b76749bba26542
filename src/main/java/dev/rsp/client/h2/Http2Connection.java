// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client.h2;

import dev.rsp.client.Admission;
import dev.rsp.client.ClientConnection;
import dev.rsp.client.ClientConnections;
import dev.rsp.client.ClientTimer;
import dev.rsp.client.EdgeRules;
import dev.rsp.client.Peer;
import dev.rsp.client.TimedClient;
import dev.rsp.client.h2.Http2Counters.Event;
import dev.rsp.exchange.Ending;
import dev.rsp.exchange.LoopState;
import dev.rsp.exchange.Terms;
import dev.rsp.http.Hop;
import dev.rsp.http.h2.RequestFields;
import dev.rsp.net.Closing;
import dev.rsp.net.Deadline;
import dev.rsp.net.HalfClosed;
import dev.rsp.net.NetLoop;
import dev.rsp.net.ReadBuffers;
import dev.rsp.net.h2.ErrorCode;
import dev.rsp.net.h2.FrameInput;
import dev.rsp.net.h2.FrameOutput;
import dev.rsp.net.h2.SendQueue;
import dev.rsp.net.tls.TlsFailure;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import java.io.IOException;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's HTTP/2 connection (RFC 9113), from its preface to its close: has its {@link
 * ClientFrames} read, and ends it so that no request is lost, with GOAWAY. Its {@link Http2Streams}
 * have the exchanges. All methods run on the connection's loop.
 */
public final class Http2Connection extends ChannelInboundHandlerAdapter
    implements ClientConnection, TimedClient, ClientFrames.Owner, Http2Streams.Owner {
  private static final Logger log = LoggerFactory.getLogger(Http2Connection.class);

  /** Frames that wait for a client which does not read: then it is not read either. */
  private static final int MOST_UNSENT_BYTES = 128 * 1024;

  /** RFC 9113 §6.8: after the first GOAWAY the client has a round trip to hear of it. */
  private static final int GOAWAY_MILLIS = 1_000;

  /** In the PING whose answer says that the client has heard of it. */
  private static final long GOAWAY_PING = 0x7273702d676f6179L;

  private enum State {
    /** Streams are opened and served. */
    OPEN,
    /** The client has the last GOAWAY: streams that are open go on, new ones are refused. */
    GOING_AWAY,
    /** No stream is left; the connection is about to close. */
    ENDING,
    CLOSED
  }

  private final ClientConnections connections;
  private final Http2Counters counters;
  private final LoopState loop;
  private final NetLoop net;
  private final Channel channel;
  private final Admission admission;
  private final Hop hop;
  private final FrameOutput output;
  private final Http2Streams streams;
  private final ClientTimer timer;
  private final ClientFrames frames;
  private final FrameInput input;
  private final Deadline lastGoAway;

  private State state = State.OPEN;

  /** Whether the first GOAWAY was sent, which refuses nothing. */
  private boolean announced;

  private boolean inputEnded;

  /** Whether reading is paused because memory is short. */
  private boolean paused;

  /** Whether it is paused because the client does not take our frames. */
  private boolean choked;

  private boolean reading = true;
  private boolean slow;

  private Http2Connection(Http2Resources shared, Channel channel, Peer peer, Admission admission) {
    this.connections = shared.connections;
    this.counters = shared.counters;
    this.loop = shared.loop;
    this.net = loop.net();
    this.channel = channel;
    this.admission = admission;
    this.hop = peer.newHop();
    this.output = FrameOutput.toClient(channel, net.flusher(), net.allocator(), this::failed);
    SendQueue sending = new SendQueue(output, this::served, this::sentLittle);
    this.streams = new Http2Streams(shared, peer, output, sending, this);
    this.timer = new ClientTimer(net.deadlines(), this);
    EdgeRules rules = EdgeRules.of(loop, peer, true);
    this.frames = new ClientFrames(shared, this, hop, rules, output, sending, streams, timer);
    RequestFields fields = shared.requestFields;
    Terms terms = loop.terms();
    this.input =
        FrameInput.ofClient(
            frames, net.allocator(), fields::start, fields::add, terms.limits.headBytes());
    this.lastGoAway = new Deadline(this::goAwayNow, this::failed);
  }

  /**
   * Serves a connection that is open and counted, and whose client speaks HTTP/2. If this throws,
   * the caller closes the channel.
   *
   * @param admission of the connection; it is left with it
   * @param early what was read of it already, from the first octet of the preface on; taken over;
   *     null if nothing
   * @return how large the next read may be
   */
  public static IntSupplier serve(
      Http2Resources shared,
      Channel channel,
      Peer peer,
      Admission admission,
      @Nullable ByteBuf early) {
    Http2Connection connection;
    try {
      connection = new Http2Connection(shared, channel, peer, admission);
      channel.pipeline().addLast(connection);
      connection.begin();
    } catch (Throwable e) {
      if (early != null) {
        early.release();
      }
      throw e;
    }
    if (early != null) {
      connection.channelRead(channel.pipeline().context(connection), early);
    }
    return () -> ReadBuffers.LARGE_BYTES;
  }

  private void begin() {
    connections.opened(this);
    counters.count(Event.CONNECTION);
    Terms terms = loop.terms();
    timer.awaitHead(terms);
    frames.greet(terms);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    if (!served()) {
      bytes.release();
      return;
    }
    input.read(ctx, bytes);
    if (served()) {
      chokeIfFull();
    }
  }

  // For frames and streams -----------------------------------------------------------------------

  @Override
  public boolean served() {
    return state == State.OPEN || state == State.GOING_AWAY;
  }

  @Override
  public boolean goesAway() {
    return state == State.GOING_AWAY;
  }

  /** The client's windows made a frame small. */
  private void sentLittle() {
    frames.smallWindow();
  }

  @Override
  public void allClosed() {
    if (!served()) {
      return;
    }
    if (state == State.GOING_AWAY || inputEnded) {
      linger();
    } else {
      timer.awaitRequest(loop.terms());
    }
  }

  // The end --------------------------------------------------------------------------------------

  /**
   * Says that the connection ends, in two steps (RFC 9113 §6.8): streams that the client opens
   * before it hears of the first are still served, so that no request is lost.
   */
  @Override
  public void drain() {
    if (state != State.OPEN || announced) {
      return;
    }
    announced = true;
    output.goAway(Integer.MAX_VALUE, ErrorCode.NO_ERROR);
    output.ping(GOAWAY_PING, false);
    net.deadlines().arm(lastGoAway, GOAWAY_MILLIS);
  }

  @Override
  public boolean heardGoAway(long payload) {
    boolean heard = payload == GOAWAY_PING && announced && state == State.OPEN;
    if (heard) {
      goAwayNow();
    }
    return heard;
  }

  /** The second step: what is open goes on to its end. */
  @Override
  public void goAwayNow() {
    net.deadlines().disarm(lastGoAway);
    if (state != State.OPEN) {
      return;
    }
    state = State.GOING_AWAY;
    output.goAway(streams.last(), ErrorCode.NO_ERROR);
    if (streams.isEmpty()) {
      linger();
    }
  }

  @Override
  public void connectionError(int error, String why) {
    if (!served()) {
      return;
    }
    log.debug("connection error client={} error={}: {}", hop.text(), error, why);
    counters.count(error == ErrorCode.ENHANCE_YOUR_CALM ? Event.FLOOD : Event.CONNECTION_ERROR);
    stopServing();
    output.goAway(streams.last(), error);
    streams.end(null);
    linger();
  }

  private void stopServing() {
    if (state != State.CLOSED) {
      state = State.ENDING;
    }
    net.deadlines().disarm(lastGoAway);
    input.close();
  }

  /** Ends our side, and reads on for a while: a reset could make the last frames be lost. */
  private void linger() {
    stopServing();
    if (state == State.CLOSED) {
      return;
    }
    timer.awaitClose();
    choked = false;
    applyReading();
    output.flush();
    if (inputEnded) {
      Closing.closeAfterFlush(channel);
    } else {
      Closing.shutOutputAfterFlush(channel);
    }
  }

  @Override
  public void giveWay() {
    admission.leave();
    goAwayNow();
    stopServing();
    output.flush();
    Closing.closeAfterFlush(channel);
  }

  @Override
  public void close(Ending ending) {
    stopServing();
    streams.end(ending);
    close();
  }

  @Override
  public void close() {
    if (served() && streams.isEmpty()) {
      goAwayNow(); // the client has been idle for too long
    } else {
      output.flush(); // TLS sends what is written before close_notify
      channel.close();
    }
  }

  @Override
  public void endForMemory() {
    stopServing();
    streams.end(Ending.LIMIT_MEMORY);
    // A reset also frees what the kernel holds for a client that takes nothing.
    Closing.reset(channel);
  }

  @Override
  public void fail() {
    stopServing();
    try {
      streams.end(Ending.FAILED);
    } finally {
      channel.close();
    }
  }

  @Override
  public void failed(Throwable cause) {
    try {
      fail();
    } finally {
      net.failureLog().clientFailed(hop.text(), cause);
    }
  }

  // Reading --------------------------------------------------------------------------------------

  @Override
  public void pause(boolean on) {
    paused = on;
    applyReading();
  }

  private void applyReading() {
    boolean on = !paused && !choked;
    if (reading != on) {
      reading = on;
      channel.config().setAutoRead(on);
      HalfClosed.reading(channel, on);
    }
  }

  /**
   * Frames that rsp must answer are not read while the client does not take the answers. What one
   * read brings about is bounded by its size.
   */
  private void chokeIfFull() {
    if (!choked && !output.writable() && output.unsent() > MOST_UNSENT_BYTES) {
      choked = true;
      applyReading();
    }
  }

  @Override
  public boolean reading() {
    return reading;
  }

  // What operators and the loop ask --------------------------------------------------------------

  @Override
  public long heldBytes() {
    return input.heldBytes() + Closing.held(channel) + streams.heldBytes();
  }

  @Override
  public boolean holdsBody() {
    return streams.holdBody();
  }

  @Override
  public long unsentBytes() {
    return output.unsent() + streams.unsentBytes();
  }

  @Override
  public boolean hasExchange() {
    return !streams.isEmpty();
  }

  @Override
  public long idleSinceMillis() {
    boolean idle =
        state == State.OPEN && streams.isEmpty() && admission.counted() && output.unsent() == 0;
    return idle ? timer.idleSinceMillis() : NOT_IDLE;
  }

  // For the timer: of a connection without streams ------------------------------------------------

  @Override
  public long taken() {
    return output.taken();
  }

  @Override
  public long responseTaken() {
    return output.taken();
  }

  @Override
  public boolean full() {
    return !output.writable();
  }

  @Override
  public boolean owesBody() {
    return false;
  }

  @Override
  public boolean closedOrGone() {
    closeIfGone();
    return state == State.CLOSED;
  }

  @Override
  public void headTimedOut() {
    connectionError(ErrorCode.PROTOCOL_ERROR, "no preface in time");
  }

  @Override
  public void bodyTimedOut() {
    close();
  }

  @Override
  public void responseTimedOut() {
    close();
  }

  @Override
  public void responseStalled(boolean bodyIsLate) {
    close();
  }

  @Override
  public void sendsTooSlowly() {
    close();
  }

  @Override
  public void takesTooSlowly() {
    channel.close();
  }

  // Events of the channel ------------------------------------------------------------------------

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    boolean now = channel.unsafe().outboundBuffer() != null && !channel.isWritable();
    if (slow != now) {
      slow = now;
      net.countSlowClients(now ? 1 : -1);
    }
    if (now || !served()) {
      return;
    }
    choked = false;
    applyReading();
    streams.drained();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE) {
      inputEnded = true;
      HalfClosed.endSeen(channel);
      inputEnded();
    } else if (event == ChannelOutputShutdownEvent.INSTANCE) {
      HalfClosed.reading(channel, reading);
    } else if (event == ChannelInputShutdownReadComplete.INSTANCE) {
      closeIfGone();
    }
  }

  /** The client has ended its side: requests that are complete are still answered. */
  private void inputEnded() {
    if (served()) {
      streams.inputEnded();
    }
    if (streams.isEmpty() && state != State.CLOSED) {
      stopServing();
      output.flush();
      Closing.closeAfterFlush(channel);
    }
  }

  /** With reading off, io_uring does not report that the client has closed. */
  private void closeIfGone() {
    if (inputEnded ? HalfClosed.gone(channel) : !reading && net.peerState().broken(channel)) {
      channel.close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (state == State.CLOSED) {
      return;
    }
    boolean wasServed = served();
    try {
      if (slow) {
        net.countSlowClients(-1);
      }
      stopServing();
      state = State.CLOSED;
      timer.stop();
    } finally {
      try {
        streams.end(wasServed ? null : Ending.FAILED);
        streams.close();
        output.close();
      } finally {
        connections.closed(this);
        admission.leave();
      }
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable caught) {
    Throwable cause = TlsFailure.causeOf(caught);
    if (cause instanceof IOException) {
      log.debug("client gone client={}: {}", hop.text(), cause.getMessage());
      channel.close();
    } else {
      failed(cause);
    }
  }
}
