// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client.h1;

import dev.rsp.client.Admission;
import dev.rsp.client.ClientSocket;
import dev.rsp.client.ClientTimer;
import dev.rsp.client.CountedRefusal;
import dev.rsp.client.EdgeRules;
import dev.rsp.client.Peer;
import dev.rsp.config.ListenOptions;
import dev.rsp.exchange.Ending;
import dev.rsp.exchange.LoopState;
import dev.rsp.exchange.Terms;
import dev.rsp.http.Hop;
import dev.rsp.http.Parsed;
import dev.rsp.http.RequestHead;
import dev.rsp.net.Closing;
import dev.rsp.net.NetLoop;
import dev.rsp.net.ReadBuffers;
import dev.rsp.net.Shortages;
import dev.rsp.net.TurnFlusher;
import dev.rsp.trace.Traces;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A client's HTTP/1 connection, from its accept to its close: reads one request after the other,
 * and closes when it may not continue. Its {@link Http1ClientStream} has the exchanges.
 *
 * <p>A request is read only after the response to the last one was sent, so there is never more
 * than one exchange, and pipelined requests wait in the socket. All methods run on the connection's
 * loop.
 */
public final class Http1Connection extends ChannelInboundHandlerAdapter
    implements ClientSocket.Owner {
  private final LoopState loop;
  private final NetLoop net;
  private final Shortages shortages;
  private final Channel channel;
  private final Hop hop;
  private final Admission admission;
  private final RequestHead head;
  private final RequestReader reader;
  private final ClientTimer timer;
  private final ClientSocket socket;
  private final Http1ClientStream stream;

  /** What the listen address asks of requests; null if nothing. */
  private final @Nullable EdgeRules rules;

  /** Whether {@link #readRequests} is running. */
  private boolean parsing;

  /** Whether no event may report what there is of the next request: its bytes, or the end. */
  private boolean missed;

  private Http1Connection(Http1Resources shared, Channel channel, Peer peer, Admission admission) {
    this.loop = shared.loop;
    this.net = loop.net();
    this.shortages = shared.shortages;
    this.channel = channel;
    this.hop = peer.newHop();
    this.admission = admission;
    this.head = shared.head;
    this.reader = new RequestReader(net.allocator());
    this.timer = new ClientTimer(net.deadlines(), this);
    this.socket = new ClientSocket(loop, shared.connections, channel, hop, admission, this, timer);
    this.rules = EdgeRules.of(loop, peer, false);
    byte[] hstsLine = rules == null ? null : rules.hstsLine();
    this.stream = new Http1ClientStream(shared, channel, this, timer, hop, hstsLine);
  }

  /**
   * Serves an accepted connection. If this throws, the caller closes the channel.
   *
   * @param shared by the connections of the loop
   */
  public static void serve(Http1Resources shared, Channel channel, ListenOptions options) {
    var admission = new Admission(shared.loop.connections());
    Peer peer = Peer.of(channel, options);
    var connection = new Http1Connection(shared, channel, peer, admission);
    channel.pipeline().addLast(connection);
    NetLoop net = connection.net;
    net.registerAccepted(channel, connection::mostReadBytes);
  }

  /**
   * Serves a connection that is open and counted. If this throws, the caller closes the channel.
   *
   * @param shared by the connections of the loop
   * @param early what was read of it already; taken over; null if nothing
   * @return how large the next read may be
   */
  public static IntSupplier serve(
      Http1Resources shared,
      Channel channel,
      Peer peer,
      Admission admission,
      @Nullable ByteBuf early) {
    Http1Connection connection = opened(shared, channel, peer, admission);
    if (early != null) {
      connection.read(early);
    }
    return connection::mostReadBytes;
  }

  /**
   * Answers an open connection over a limit, and ends it. If this throws, the caller closes the
   * channel.
   *
   * @param shared by the connections of the loop
   * @return how large the next read may be
   */
  public static IntSupplier turnAway(
      Http1Resources shared,
      Channel channel,
      Peer peer,
      Admission admission,
      CountedRefusal tooMany) {
    Http1Connection connection = opened(shared, channel, peer, admission);
    connection.turnAway(tooMany);
    return connection::mostReadBytes;
  }

  private static Http1Connection opened(
      Http1Resources shared, Channel channel, Peer peer, Admission admission) {
    var connection = new Http1Connection(shared, channel, peer, admission);
    channel.pipeline().addLast(connection);
    connection.socket.opened();
    return connection;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    socket.opened();
    Terms terms = loop.terms();
    CountedRefusal tooMany = enter(terms);
    if (tooMany == null) {
      return;
    }
    if (tooMany.ending() == Ending.LIMIT_CONNECTIONS
        && admission.mayLinger(terms.limits)
        && shortages.closeIdleClientElsewhere(this::enterLate)) {
      setReading(false);
      return;
    }
    turnAway(tooMany);
  }

  private @Nullable CountedRefusal enter(Terms terms) {
    return admission.enter(hop.countedAddress(terms.trusted), terms.limits, shortages);
  }

  /** Idle connections of other loops have given way, or there are none. */
  private void enterLate() {
    if (!socket.served()) {
      return;
    }
    CountedRefusal tooMany = enter(loop.terms());
    if (tooMany == null) {
      setReading(true);
    } else {
      turnAway(tooMany);
    }
  }

  private void turnAway(CountedRefusal tooMany) {
    Terms terms = loop.terms();
    stream.begin(terms.recorded);
    stream.turnAway(tooMany);
    if (admission.mayLinger(terms.limits)) {
      linger();
    } else {
      closeAfterFlush();
    }
  }

  // Requests -------------------------------------------------------------------------------------

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    read((ByteBuf) message);
  }

  private void read(ByteBuf bytes) {
    switch (stream.state()) {
      case IDLE -> {
        Terms terms = loop.terms();
        if (reader.holdHead(bytes, terms.limits.headBytes())) {
          readRequests(terms);
        }
      }
      case BODY -> readBody(bytes);
      case RESPONSE -> {
        reader.hold(bytes);
        setReading(false);
      }
      case TUNNEL -> stream.tunnelBytes(bytes);
    }
  }

  /**
   * Parses requests from the bytes that were read, while each is answered at once. Call it when
   * there is no current request.
   */
  private void readRequests(Terms terms) {
    if (parsing) {
      return;
    }
    boolean read;
    parsing = true;
    try {
      do {
        // Limits the responses that queue for a client that sends but does not read.
        read = channel.isWritable() && readRequest(terms);
      } while (read && stream.isIdle() && socket.served());
    } finally {
      parsing = false;
    }
    if (!read) {
      awaitMore();
    }
  }

  /** Reads one request; false if none is complete. */
  private boolean readRequest(Terms terms) {
    Parsed parsed = reader.readHead(terms.parser, head);
    if (parsed == Parsed.DONE) {
      begin(terms);
    } else if (parsed == Parsed.REFUSED) {
      stream.begin(terms.recorded);
      stream.refuseUnread(head.isHead(), CountedRefusal.ofHead(head.refusal()));
    } else if (parsed == Parsed.MORE && !stream.owesEnding() && reader.headHasBegun()) {
      stream.begin(terms.recorded);
      timer.awaitHead(terms);
    }
    return parsed == Parsed.DONE || parsed == Parsed.REFUSED;
  }

  /** The connection waits for a request, or for more of one's head. */
  private void awaitMore() {
    if (!channel.isWritable()) {
      setReading(false);
    } else if (socket.inputEnded()) {
      closeAfterFlush();
    } else {
      missed = false;
      setReading(true);
    }
  }

  /** Begins the exchange of the request whose head was read. */
  private void begin(Terms terms) {
    byte[] defaultHost = terms.defaultHost;
    if (head.hostLength() == 0 && defaultHost != null) {
      head.assumeHost(defaultHost);
    }
    stream.begin(head, terms.recorded);
    hop.begin(head, terms.trusted, terms.requestId);
    Traces traces = terms.traces;
    if (traces != null) {
      stream.trace(traces, head);
    }
    if (head.hostLength() == 0) {
      stream.refuseLast(CountedRefusal.NO_HOST);
      return;
    }
    if (!head.hostAssumed() && head.hostLength() > terms.limits.hostBytes()) {
      stream.refuseLast(CountedRefusal.LONG_HOST);
      return;
    }
    CountedRefusal own = rules == null ? null : rules.refusal(head);
    ByteBuf body = reader.startBody(head, terms.limits);
    if (body == null) {
      stream.refuseLast(reader.fault());
    } else if (own != null) {
      body.release();
      stream.refuseRequest(own, reader.bodyEnded());
    } else if (hop.trusted() && !admission.enterRequest(hop, terms.limits)) {
      body.release();
      stream.refuseRequest(CountedRefusal.TOO_MANY_OF_CLIENT, reader.bodyEnded());
    } else {
      stream.request(terms, head, body, reader.bodyEnded());
    }
  }

  private void readBody(ByteBuf bytes) {
    ByteBuf body = reader.readBody(bytes);
    if (body == null) {
      stream.bodyBroken(reader.fault());
      return;
    }
    stream.requestBody(body, reader.bodyEnded());
    if (stream.awaitsResponse() && socket.served() && !reader.holdsBuffer()) {
      // The backend may not have taken all of it, but no more body follows: reading only detects
      // that the client closes.
      setReading(true);
    }
  }

  // From the stream ----------------------------------------------------------------------------

  /**
   * The response is complete: reads the next request, or ends the connection.
   *
   * @param keepAlive whether the connection may persist
   * @param requestEnded whether all of the request was read
   */
  void responseEnded(boolean keepAlive, boolean requestEnded) {
    if (hop.trusted()) {
      admission.leaveRequest();
    }
    hop.end();
    if (!channel.isOpen()) {
      return;
    }
    if (keepAlive && !loop.stopping()) {
      Terms terms = loop.terms();
      timer.awaitRequest(terms);
      if (reader.holdsBuffer() || missed) {
        readRequests(terms);
      }
      return;
    }
    boolean clientMaySend = !requestEnded || reader.holdsBuffer();
    if (clientMaySend && !socket.inputEnded()) {
      linger();
    } else {
      closeAfterFlush();
    }
  }

  /** The 101 is written: bytes now pass both ways. */
  void tunnelBegan() {
    timer.movedInTunnel();
    ByteBuf early = reader.takeAll();
    if (early != null) {
      stream.tunnelBytes(early);
    }
    if (socket.inputEnded()) {
      stream.clientHalfClosed();
    }
    setReading(true);
  }

  /**
   * The response cannot be finished: the client must see that it is not complete.
   *
   * @param endedByClose whether a clean close would make it look complete (RFC 9112 §8)
   */
  void cut(boolean endedByClose) {
    stopServing();
    if (endedByClose) {
      Closing.reset(channel);
    } else {
      timer.awaitClose();
      Closing.closeAfterFlush(channel);
    }
  }

  /** The same, without waiting for the client to take what was sent. */
  void cutAtOnce(boolean endedByClose) {
    stopServing();
    if (endedByClose) {
      Closing.reset(channel);
    } else {
      channel.close();
    }
  }

  /** Ends the connection by a reset. */
  void reset() {
    reader.close();
    socket.reset();
  }

  /** The tunnel has ended: closes when the client has taken all. */
  void tunnelEnded() {
    stopServing();
    timer.awaitTaken(stream.taken());
    Closing.closeAfterFlush(channel);
  }

  private void stopServing() {
    socket.stopServing();
    reader.close();
  }

  /** Closes when the responses are sent; no request is read any more. */
  private void closeAfterFlush() {
    stream.headBroken();
    stopServing();
    timer.awaitTaken(stream.taken());
    Closing.closeAfterFlush(channel);
  }

  /** Ends our side, and reads on for a while, so that the client gets the answer. */
  private void linger() {
    reader.close();
    socket.linger();
  }

  // Reading --------------------------------------------------------------------------------------

  void setReading(boolean on) {
    missed |= !on;
    socket.setReading(on);
  }

  @Override
  public void pause(boolean on) {
    socket.pause(on);
  }

  @Override
  public boolean reading() {
    return socket.reading();
  }

  /** The maximal size of the next read, in bytes. */
  int mostReadBytes() {
    if (!socket.served()) {
      return ReadBuffers.LARGEST_BYTES; // it is discarded
    }
    return stream.mostRequestReadBytes();
  }

  @Override
  public long heldBytes() {
    return reader.heldBytes() + Closing.held(channel) + stream.heldBytes();
  }

  @Override
  public boolean holdsBody() {
    return stream.holdsBody();
  }

  @Override
  public long unsentBytes() {
    return TurnFlusher.unsentBytes(channel) + stream.unsentRequestBytes();
  }

  @Override
  public boolean hasExchange() {
    return stream.owesEnding();
  }

  // For the timer -------------------------------------------------------------------------------

  @Override
  public long taken() {
    return stream.taken() + stream.requestTaken();
  }

  @Override
  public long responseTaken() {
    return stream.taken();
  }

  @Override
  public boolean full() {
    return !channel.isWritable();
  }

  @Override
  public boolean owesBody() {
    return stream.owesBody();
  }

  @Override
  public boolean closedOrGone() {
    return socket.closedOrGone();
  }

  @Override
  public void headTimedOut() {
    if (stream.owesEnding()) {
      stream.refuseUnread(false, CountedRefusal.HEAD_TIMEOUT);
    } else {
      close();
    }
  }

  @Override
  public void bodyTimedOut() {
    stream.bodyTimedOut(socket.wanted());
  }

  @Override
  public void responseTimedOut() {
    stream.responseTimedOut();
  }

  @Override
  public void responseStalled(boolean bodyIsLate) {
    stream.responseStalled(TurnFlusher.unsentBytes(channel) > 0, bodyIsLate);
  }

  @Override
  public void sendsTooSlowly() {
    stream.sendsTooSlowly();
  }

  @Override
  public void takesTooSlowly() {
    stream.takesTooSlowly();
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
    if (full()) {
      stream.clientFull();
    } else {
      stream.clientWritable();
      if (socket.served() && stream.isIdle()) {
        readRequests(loop.terms());
      }
    }
  }

  @Override
  public void inputEnded() {
    switch (stream.state()) {
      case IDLE -> {
        if (channel.isWritable()) {
          closeAfterFlush();
        }
      }
      case BODY -> {
        // RFC 9112 §8: an incomplete request. The backend must not take it for a complete one.
        stream.abandon(Ending.CLIENT_GONE_IN_BODY);
        stopServing();
        close();
      }
      case TUNNEL -> stream.clientHalfClosed();
      case RESPONSE -> {
        missed = true;
        // Nearly all that do this have gone. A client that has sent more requests has not.
        if (stream.abortsOnEnd() && !reader.holdsBuffer()) {
          stream.abandon(Ending.CLIENT_GONE_WAITING);
          stopServing();
          close();
        }
      }
    }
  }

  @Override
  public void closed(boolean served) {
    try {
      reader.close();
    } finally {
      stream.closed(served);
    }
  }

  @Override
  public void failed(Throwable cause) {
    try {
      stream.fail();
    } finally {
      net.failureLog().clientFailed(hop.text(), cause);
    }
  }

  @Override
  public void endForMemory() {
    stream.memoryExhausted();
  }

  @Override
  public long idleSinceMillis() {
    return socket.idleSinceMillis(
        awaitsRequest() && !reader.holdsBuffer() && TurnFlusher.unsentBytes(channel) == 0);
  }

  @Override
  public void giveWay() {
    socket.leavePlace();
    closeAfterFlush();
  }

  private boolean awaitsRequest() {
    return socket.served() && stream.isIdle() && !stream.owesEnding();
  }

  @Override
  public void drain() {
    if (awaitsRequest()) {
      // The last response may not be sent yet.
      closeAfterFlush();
    }
  }

  @Override
  public void close(Ending ending) {
    stream.abandon(ending);
    stopServing();
    close();
  }

  @Override
  public void close() {
    channel.close();
  }
}
