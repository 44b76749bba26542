// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client.h2;

import dev.rsp.client.Admission;
import dev.rsp.client.ClientSocket;
import dev.rsp.client.ClientTimer;
import dev.rsp.client.EdgeRules;
import dev.rsp.client.Peer;
import dev.rsp.client.h2.Http2Counters.Event;
import dev.rsp.exchange.Ending;
import dev.rsp.exchange.LoopState;
import dev.rsp.exchange.Terms;
import dev.rsp.http.Hop;
import dev.rsp.http.h2.RequestFields;
import dev.rsp.net.Closing;
import dev.rsp.net.Deadline;
import dev.rsp.net.NetLoop;
import dev.rsp.net.ReadBuffers;
import dev.rsp.net.ReadSize;
import dev.rsp.net.h2.ErrorCode;
import dev.rsp.net.h2.FrameInput;
import dev.rsp.net.h2.FrameOutput;
import dev.rsp.net.h2.SendQueue;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
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
    implements ClientSocket.Owner, ClientFrames.Owner, Http2Streams.Owner {
  private static final Logger log = LoggerFactory.getLogger(Http2Connection.class);

  /** Frames that wait for a client which does not read: then it is not read either. */
  private static final int MOST_UNSENT_BYTES = 128 * 1024;

  /** RFC 9113 §6.8: after the first GOAWAY the client has a round trip to hear of it. */
  private static final int GOAWAY_MILLIS = 1_000;

  /** In the PING whose answer says that the client has heard of it. */
  private static final long GOAWAY_PING = 0x7273702d676f6179L;

  /** How far the client knows that the connection ends. */
  private enum GoAway {
    NOT_SENT,
    /** The first one was sent, which refuses nothing. */
    ANNOUNCED,
    /** The last one was sent: streams that are open go on, new ones are refused. */
    SENT
  }

  private final Http2Counters counters;
  private final LoopState loop;
  private final NetLoop net;
  private final Channel channel;
  private final Hop hop;
  private final FrameOutput output;
  private final ClientTimer timer;
  private final ClientSocket socket;
  private final Http2Streams streams;
  private final ClientFrames frames;
  private final FrameInput input;
  private final Deadline lastGoAway;

  private GoAway goAway = GoAway.NOT_SENT;

  private Http2Connection(Http2Resources shared, Channel channel, Peer peer, Admission admission) {
    this.counters = shared.counters;
    this.loop = shared.loop;
    this.net = loop.net();
    this.channel = channel;
    this.hop = peer.newHop();
    ReadSize size = new ReadSize();
    this.output = FrameOutput.toClient(channel, net.flusher(), net.allocator(), size, this::failed);
    SendQueue sending = new SendQueue(output, this::served, this::sentLittle);
    this.timer = new ClientTimer(net.deadlines(), this);
    this.socket = new ClientSocket(loop, shared.connections, channel, hop, admission, this, timer);
    this.streams = new Http2Streams(shared, peer, socket, output, sending, size, this);
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
    socket.opened();
    counters.count(Event.CONNECTION);
    frames.greet(loop.terms());
  }

  /**
   * Frames that rsp must answer are not read while the client does not take the answers. What one
   * read brings about is bounded by its size.
   */
  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    if (!served()) {
      bytes.release();
      return;
    }
    input.read(ctx, bytes);
    if (served() && !output.writable() && output.unsent() > MOST_UNSENT_BYTES) {
      socket.setReading(false);
    }
  }

  // For frames and streams -----------------------------------------------------------------------

  @Override
  public boolean served() {
    return socket.served();
  }

  @Override
  public boolean goesAway() {
    return goAway == GoAway.SENT;
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
    if (goesAway() || socket.inputEnded()) {
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
    if (!served() || goAway != GoAway.NOT_SENT) {
      return;
    }
    goAway = GoAway.ANNOUNCED;
    output.goAway(Integer.MAX_VALUE, ErrorCode.NO_ERROR);
    output.ping(GOAWAY_PING, false);
    net.deadlines().arm(lastGoAway, GOAWAY_MILLIS);
  }

  @Override
  public boolean heardGoAway(long payload) {
    boolean heard = payload == GOAWAY_PING && goAway == GoAway.ANNOUNCED && served();
    if (heard) {
      goAwayNow();
    }
    return heard;
  }

  /** The second step: what is open goes on to its end. */
  @Override
  public void goAwayNow() {
    net.deadlines().disarm(lastGoAway);
    if (!served() || goesAway()) {
      return;
    }
    goAway = GoAway.SENT;
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
    socket.stopServing();
    net.deadlines().disarm(lastGoAway);
    input.close();
  }

  /** Ends our side, and reads on for a while: a reset could make the last frames be lost. */
  private void linger() {
    stopServing();
    if (!socket.closed()) {
      output.flush();
      socket.linger();
    }
  }

  private void closeAfterFlush() {
    stopServing();
    output.flush();
    Closing.closeAfterFlush(channel);
  }

  @Override
  public void giveWay() {
    socket.leavePlace();
    goAwayNow();
    closeAfterFlush();
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
    socket.reset(); // not closed: the client may take nothing
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

  // What operators and the loop ask --------------------------------------------------------------

  @Override
  public void pause(boolean on) {
    socket.pause(on);
  }

  @Override
  public boolean reading() {
    return socket.reading();
  }

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
    return socket.idleSinceMillis(streams.isEmpty() && !goesAway() && output.unsent() == 0);
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
    return socket.closedOrGone();
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
    socket.writabilityChanged();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    socket.ended(event);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    socket.inactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    socket.failed(cause);
  }

  // From the socket ------------------------------------------------------------------------------

  @Override
  public void writableChanged() {
    if (served() && output.writable()) {
      socket.setReading(true);
      streams.drained();
    }
  }

  /** Requests that are complete are still answered. */
  @Override
  public void inputEnded() {
    streams.inputEnded();
    if (streams.isEmpty() && !socket.closed()) {
      closeAfterFlush();
    }
  }

  @Override
  public void closed(boolean served) {
    try {
      stopServing();
    } finally {
      streams.end(served ? null : Ending.FAILED);
      streams.close();
      output.close();
    }
  }
}
