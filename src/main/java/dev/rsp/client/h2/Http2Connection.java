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
import dev.rsp.exchange.Backends;
import dev.rsp.exchange.Ending;
import dev.rsp.exchange.LoopState;
import dev.rsp.exchange.Terms;
import dev.rsp.http.Hop;
import dev.rsp.http.Parsed;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.h2.RequestFields;
import dev.rsp.net.Closing;
import dev.rsp.net.Deadline;
import dev.rsp.net.HalfClosed;
import dev.rsp.net.NetLoop;
import dev.rsp.net.ReadBuffers;
import dev.rsp.net.ReadSize;
import dev.rsp.net.h2.ClosedStreams;
import dev.rsp.net.h2.ErrorCode;
import dev.rsp.net.h2.FrameBudget;
import dev.rsp.net.h2.FrameEvents;
import dev.rsp.net.h2.FrameInput;
import dev.rsp.net.h2.FrameOutput;
import dev.rsp.net.h2.OutgoingContent;
import dev.rsp.net.h2.SendQueue;
import dev.rsp.net.tls.TlsFailure;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's HTTP/2 connection (RFC 9113), from its preface to its close: opens a stream for each
 * request, shares out the connection's window and socket among their responses, and bounds what the
 * client can make rsp do beside that.
 *
 * <p>The window of the connection is opened again as soon as content comes, because the window of
 * each stream bounds what rsp holds: so a stream whose backend is slow holds up no other. All
 * methods run on the connection's loop.
 */
public final class Http2Connection extends ChannelInboundHandlerAdapter
    implements ClientConnection, FrameEvents, TimedClient {
  private static final Logger log = LoggerFactory.getLogger(Http2Connection.class);

  private static final Refusal LIST_TOO_LARGE = new Refusal(431, "request head too large");

  /**
   * The window of the connection: what a client 100 ms away needs for 10 MB/s. Nothing is held for
   * it. As much more than their first windows may be held for all its streams together.
   */
  private static final int WINDOW_BYTES = 1 << 20;

  /**
   * Streams that a client may reset, or have rsp reset, at once: more than a page has parts. In the
   * long run as many a second as a user can scroll past. CVE-2023-44487, CVE-2025-8671.
   */
  private static final int RESETS = 200;

  private static final int RESETS_PER_SECOND = 20;

  /**
   * Frames that serve no request, at once: PING, SETTINGS, PRIORITY, empty ones and those of
   * unknown types, and windows of a few octets. CVE-2019-9511 to 9518.
   */
  private static final int IDLE_FRAMES = 10_000;

  /** Programs measure round trips by a PING for each read; on a fast network that is as often. */
  private static final int IDLE_FRAMES_PER_SECOND = 1_000;

  /** Frames that wait for a client which does not read: then it is not read either. */
  private static final int MOST_UNSENT_BYTES = 128 * 1024;

  /** RFC 9113 §6.8: after the first GOAWAY the client has a round trip to hear of it. */
  private static final int GOAWAY_MILLIS = 1_000;

  /** In the PING whose answer says that the client has heard of it. */
  private static final long GOAWAY_PING = 0x7273702d676f6179L;

  // Of the settings: RFC 9113 §6.5.2.
  private static final int MAX_CONCURRENT_STREAMS = 3;
  private static final int MAX_HEADER_LIST_SIZE = 6;

  /** RFC 8441 §3. */
  private static final int ENABLE_CONNECT_PROTOCOL = 8;

  private enum State {
    /** Streams are opened and served. */
    OPEN,
    /** The client has the last GOAWAY: streams that are open go on, new ones are refused. */
    GOING_AWAY,
    /** No stream is left; the connection is about to close. */
    ENDING,
    CLOSED
  }

  private final Http2Resources shared;
  private final Backends backends;
  private final ClientConnections connections;
  private final Http2Counters counters;
  private final RequestFields fields;
  private final RequestHead head;
  private final LoopState loop;
  private final NetLoop net;
  private final Channel channel;
  private final Admission admission;

  /** What the listen address asks of requests; null if nothing. */
  private final @Nullable EdgeRules rules;

  private final Peer peer;
  private final Hop hop;
  private final FrameInput input;
  private final FrameOutput output;
  private final ResponseWriter responses;
  private final ClientTimer timer;
  private final Deadline lastGoAway;
  private final ReadSize size = new ReadSize();
  private final int mostStreams;

  private final IntObjectMap<Http2ClientStream> streams = new IntObjectHashMap<>();
  private final ClosedStreams closedStreams = new ClosedStreams();

  /** Hops of streams that are closed, for others. */
  private final ArrayDeque<Hop> freeHops = new ArrayDeque<>();

  private final SendQueue sending;

  private final FrameBudget resets;
  private final FrameBudget idleFrames;

  private State state = State.OPEN;

  /** The highest stream that the client has opened. */
  private int lastStream;

  /** Whether the client's first settings have come. */
  private boolean greeted;

  /** Whether the client has heard of our settings. */
  private boolean acknowledged;

  /** Whether the first GOAWAY was sent, which refuses nothing. */
  private boolean announced;

  private int receiveWindow = SendQueue.FIRST_WINDOW_BYTES;

  /** Octets by which windows of streams may still grow. */
  private int spareWindow = WINDOW_BYTES - SendQueue.FIRST_WINDOW_BYTES;

  /** Of streams that the client opens from now on. */
  private int streamWindow = SendQueue.FIRST_WINDOW_BYTES;

  private boolean inputEnded;

  /** Whether reading is paused because memory is short. */
  private boolean paused;

  /** Whether it is paused because the client does not take our frames. */
  private boolean choked;

  private boolean reading = true;
  private boolean slow;

  private Http2Connection(Http2Resources shared, Channel channel, Peer peer, Admission admission) {
    this.shared = shared;
    this.backends = shared.backends;
    this.connections = shared.connections;
    this.counters = shared.counters;
    this.fields = shared.requestFields;
    this.head = shared.head;
    this.loop = shared.loop;
    this.net = loop.net();
    this.channel = channel;
    this.admission = admission;
    this.peer = peer;
    this.hop = peer.newHop();
    this.rules = EdgeRules.of(loop, peer, true);
    Terms terms = loop.terms();
    this.mostStreams = terms.limits.http2Streams();
    this.input =
        FrameInput.ofClient(
            this, net.allocator(), fields::start, fields::add, terms.limits.headBytes());
    this.output = FrameOutput.toClient(channel, net.flusher(), net.allocator(), this::failed);
    this.sending = new SendQueue(output, this::served, this::smallWindow);
    this.responses = new ResponseWriter(output, shared.responseFields, shared.date, peer.options());
    this.timer = new ClientTimer(net.deadlines(), this);
    this.lastGoAway = new Deadline(this::goAwayNow, this::failed);
    long now = net.deadlines().nowMillis();
    this.resets = new FrameBudget(RESETS, RESETS_PER_SECOND, now);
    this.idleFrames = new FrameBudget(IDLE_FRAMES, IDLE_FRAMES_PER_SECOND, now);
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
    output.settings(
        MAX_CONCURRENT_STREAMS,
        mostStreams,
        MAX_HEADER_LIST_SIZE,
        terms.limits.headBytes(),
        ENABLE_CONNECT_PROTOCOL,
        1);
    output.windowUpdate(0, WINDOW_BYTES - SendQueue.FIRST_WINDOW_BYTES);
    receiveWindow = WINDOW_BYTES;
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

  // Frames ---------------------------------------------------------------------------------------

  private boolean served() {
    return state == State.OPEN || state == State.GOING_AWAY;
  }

  /** A field block has come, which {@link RequestFields} have checked: a request, or trailers. */
  @Override
  public void headers(int id, boolean last) throws Http2Exception {
    if (!served()) {
      return;
    }
    Http2ClientStream open = streams.get(id);
    if (open != null) {
      trailers(open, last);
      return;
    }
    if (id <= lastStream || id % 2 == 0) {
      headersOfClosed(id);
      return;
    }
    lastStream = id;
    if (state == State.GOING_AWAY) {
      refuseStream(id); // RFC 9113 §6.8: the client repeats it elsewhere
    } else if (streams.size() >= mostStreams) {
      refuseStream(id);
      // RFC 9113 §5.1.2: until it has our settings, the client cannot know of the limit.
      spend(acknowledged ? resets : idleFrames, "streams above the limit");
    } else {
      open(id, last);
    }
  }

  private void refuseStream(int id) {
    closedStreams.add(id, true);
    counters.count(Event.REFUSED_STREAM);
    output.reset(id, ErrorCode.REFUSED_STREAM);
  }

  private void headersOfClosed(int id) throws Http2Exception {
    if (closedStreams.wasReset(id)) {
      return; // sent before the client knew
    }
    // RFC 9113 §5.1 and §5.1.1.
    boolean ended = closedStreams.hasEnded(id);
    connectionError(
        ended ? ErrorCode.STREAM_CLOSED : ErrorCode.PROTOCOL_ERROR,
        ended ? "HEADERS for a stream that has ended" : "HEADERS for a stream of no use");
  }

  private void trailers(Http2ClientStream stream, boolean last) {
    if (stream.requestEnded()) {
      spend(resets, "HEADERS after the end of a request");
      stream.abandon(ErrorCode.STREAM_CLOSED, Ending.REQUEST_BROKEN);
    } else if (!last || fields.trailerProblem() != null) {
      spend(resets, "malformed trailers");
      stream.bodyBroken(); // RFC 9113 §8.1
    } else {
      stream.end(fields.trailers());
    }
  }

  private void open(int id, boolean last) {
    if (streams.isEmpty()) {
      timer.stop();
    }
    Hop own = freeHops.isEmpty() ? newStreamHop() : freeHops.pop();
    Http2ClientStream stream =
        new Http2ClientStream(id, this, shared, output, responses, own, size, streamWindow);
    streams.put(id, stream);
    counters.count(Event.STREAM);
    Terms terms = loop.terms();
    if (fields.tooLarge()) {
      stream.refuseHead(terms, fields.isHead(), LIST_TOO_LARGE, last);
      return;
    }
    String problem = fields.compose(!last);
    if (problem != null) {
      counters.count(Event.ERROR_RESET);
      stream.malformed(terms, problem);
      spend(resets, "malformed requests");
      return;
    }
    if (terms.parser.request(shared.composedHead(), head) == Parsed.DONE) {
      if (fields.isWebSocket()) {
        stream.asksForTunnel();
      }
      stream.request(terms, head, last, rules);
    } else {
      stream.refuseHead(terms, fields.isHead(), head.refusal(), last);
    }
    if (loop.draining()) {
      goAway();
    }
  }

  private Hop newStreamHop() {
    Hop own = peer.newHop();
    own.overHttp2();
    return own;
  }

  @Override
  public void data(int id, ByteBuf bytes, int padding, boolean last) throws Http2Exception {
    if (!served()) {
      return;
    }
    int octets = bytes.readableBytes() + padding;
    receiveWindow -= octets;
    if (receiveWindow < 0) {
      connectionError(ErrorCode.FLOW_CONTROL_ERROR, "content beyond the connection's window");
      return;
    }
    if (receiveWindow < WINDOW_BYTES / 2) {
      output.windowUpdate(0, WINDOW_BYTES - receiveWindow);
      receiveWindow = WINDOW_BYTES;
    }
    if (!bytes.isReadable() && !last && !spend(idleFrames, "empty frames")) {
      return;
    }
    Http2ClientStream stream = streams.get(id);
    if (stream == null) {
      dataOfClosed(id);
    } else if (stream.requestEnded()) {
      spend(resets, "content after the end of a request");
      stream.abandon(ErrorCode.STREAM_CLOSED, Ending.REQUEST_BROKEN);
    } else if (!stream.mayReceive(octets)) {
      spend(resets, "content beyond a stream's window");
      stream.abandon(ErrorCode.FLOW_CONTROL_ERROR, Ending.REQUEST_BROKEN);
    } else {
      stream.data(bytes, padding, last);
    }
  }

  private void smallWindow() {
    spend(idleFrames, "windows of a few octets");
  }

  private void dataOfClosed(int id) {
    if (isIdle(id)) {
      connectionError(ErrorCode.PROTOCOL_ERROR, "DATA for a stream that is not open");
    } else if (!closedStreams.wasReset(id)) {
      output.reset(id, ErrorCode.STREAM_CLOSED);
      closedStreams.add(id, true);
      spend(resets, "content for streams that have ended");
    }
  }

  /** RFC 9113 §5.1.1: whether a stream was never opened. */
  private boolean isIdle(int id) {
    return id > lastStream || id % 2 == 0;
  }

  @Override
  public void reset(int id, long error) {
    Http2ClientStream stream = streams.get(id);
    if (isIdle(id)) {
      connectionError(ErrorCode.PROTOCOL_ERROR, "RST_STREAM for a stream that is not open");
    } else if (stream == null) {
      idleFrame();
    } else if (spend(resets, "streams that the client resets")) {
      counters.count(Event.CLIENT_RESET);
      stream.clientReset();
    }
  }

  @Override
  public void settings(Http2Settings settings) throws Http2Exception {
    if (!served() || !spend(idleFrames, "SETTINGS")) {
      return;
    }
    Integer window = settings.initialWindowSize();
    if (window != null) {
      long change = (long) window - streamWindow;
      streamWindow = window;
      for (Http2ClientStream stream : open()) {
        if (!stream.content().addWindow(change)) {
          connectionError(ErrorCode.FLOW_CONTROL_ERROR, "a stream's window above 2^31-1");
          return;
        }
      }
    }
    Long table = settings.headerTableSize();
    if (table != null) {
      output.tableSize(table);
    }
    output.settingsAck();
    if (window != null) {
      for (Http2ClientStream stream : open()) {
        send(stream.content());
      }
    }
    if (!greeted && state == State.OPEN) {
      timer.awaitRequest(loop.terms()); // of the first settings only: others do not prolong it
    }
    greeted = true;
  }

  @Override
  public void settingsAcknowledged() {
    acknowledged = true;
    idleFrame();
  }

  @Override
  public void ping(long payload) {
    if (served() && spend(idleFrames, "PING")) {
      output.ping(payload, true);
    }
  }

  @Override
  public void pingAcknowledged(long payload) {
    if (payload == GOAWAY_PING && announced && state == State.OPEN) {
      goAwayNow();
    } else {
      idleFrame();
    }
  }

  @Override
  public void idleFrame() {
    spend(idleFrames, "frames that serve no request");
  }

  /** RFC 9113 §6.8: the client opens no more streams. */
  @Override
  public void goAway(int last, long error) {
    goAwayNow();
  }

  /** RFC 9113 §8.4: a client cannot push. */
  @Override
  public void pushPromise() {
    connectionError(ErrorCode.PROTOCOL_ERROR, "PUSH_PROMISE of a client");
  }

  @Override
  public void windowUpdate(int id, int increment) {
    if (!served()
        || (increment < SendQueue.SMALL_WINDOW_BYTES
            && !spend(idleFrames, "windows of a few octets"))) {
      return;
    }
    if (id == 0) {
      if (!sending.addWindow(increment)) {
        connectionError(ErrorCode.FLOW_CONTROL_ERROR, "the connection's window above 2^31-1");
        return;
      }
      sending.sendWaiting();
      return;
    }
    Http2ClientStream stream = streams.get(id);
    if (stream != null) {
      if (stream.content().addWindow(increment)) {
        send(stream.content());
      } else {
        spend(resets, "windows above 2^31-1");
        stream.abandon(ErrorCode.FLOW_CONTROL_ERROR, Ending.REQUEST_BROKEN);
      }
    } else if (isIdle(id)) {
      connectionError(ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE for a stream that is not open");
    }
  }

  // Errors ---------------------------------------------------------------------------------------

  /** A frame is malformed in a way that concerns its stream alone (RFC 9113 §5.4.2). */
  @Override
  public void streamError(int id, int error, String why) {
    log.debug("stream error client={} stream={}: {}", hop.text(), id, why);
    if (!served() || !spend(resets, "malformed frames")) {
      return;
    }
    counters.count(Event.ERROR_RESET);
    Http2ClientStream stream = streams.get(id);
    if (stream != null) {
      stream.abandon(error, Ending.REQUEST_BROKEN);
      return;
    }
    if (id > lastStream && id % 2 == 1) {
      lastStream = id;
    }
    if (!closedStreams.wasReset(id)) {
      closedStreams.add(id, true);
      output.reset(id, error);
    }
  }

  /** RFC 9113 §5.4.1: ends the connection and all its streams. */
  @Override
  public void connectionError(int error, String why) {
    if (!served()) {
      return;
    }
    log.debug("connection error client={} error={}: {}", hop.text(), error, why);
    counters.count(error == ErrorCode.ENHANCE_YOUR_CALM ? Event.FLOOD : Event.CONNECTION_ERROR);
    stopServing();
    output.goAway(lastStream, error);
    endStreams(null);
    linger();
  }

  /** Takes one out of a budget; without any left, the connection ends. */
  private boolean spend(FrameBudget budget, String what) {
    if (budget.take(net.deadlines().nowMillis())) {
      return true;
    }
    connectionError(ErrorCode.ENHANCE_YOUR_CALM, "too many " + what);
    return false;
  }

  // From the streams -----------------------------------------------------------------------------

  /** Content has something to send: as much of it as is possible is sent. */
  void send(OutgoingContent content) {
    sending.send(content);
  }

  /** Octets that the client takes on this connection. */
  long sendWindow() {
    return sending.window();
  }

  /**
   * The window of a stream grows.
   *
   * @param most octets that it wants
   * @return how many it gets, until it is closed
   */
  int takeSpareWindow(int most) {
    int octets = Math.min(most, spareWindow);
    spareWindow -= octets;
    return octets;
  }

  /** A stream is closed. */
  void closed(Http2ClientStream stream, boolean byReset) {
    streams.remove(stream.id());
    spareWindow += stream.spareWindow();
    closedStreams.add(stream.id(), byReset);
    sending.remove(stream.content());
    if (freeHops.size() < mostStreams) {
      freeHops.push(stream.hop());
    }
    if (!streams.isEmpty() || !served()) {
      return;
    }
    if (state == State.GOING_AWAY || inputEnded) {
      linger();
    } else {
      timer.awaitRequest(loop.terms());
    }
  }

  private List<Http2ClientStream> open() {
    return new ArrayList<>(streams.values());
  }

  // The end --------------------------------------------------------------------------------------

  /**
   * Says that the connection ends, in two steps (RFC 9113 §6.8): streams that the client opens
   * before it hears of the first are still served, so that no request is lost.
   */
  private void goAway() {
    if (state != State.OPEN || announced) {
      return;
    }
    announced = true;
    output.goAway(Integer.MAX_VALUE, ErrorCode.NO_ERROR);
    output.ping(GOAWAY_PING, false);
    net.deadlines().arm(lastGoAway, GOAWAY_MILLIS);
  }

  /** The second step: what is open goes on to its end. */
  private void goAwayNow() {
    net.deadlines().disarm(lastGoAway);
    if (state != State.OPEN) {
      return;
    }
    state = State.GOING_AWAY;
    output.goAway(lastStream, ErrorCode.NO_ERROR);
    if (streams.isEmpty()) {
      linger();
    }
  }

  private void stopServing() {
    if (state != State.CLOSED) {
      state = State.ENDING;
    }
    net.deadlines().disarm(lastGoAway);
    input.close();
  }

  private void endStreams(@Nullable Ending ending) {
    for (Http2ClientStream stream : open()) {
      net.guarded("a stream was not closed", () -> stream.connectionClosed(ending));
    }
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
  public void drain() {
    goAway();
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
    endStreams(ending);
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
    endStreams(Ending.LIMIT_MEMORY);
    // A reset also frees what the kernel holds for a client that takes nothing.
    Closing.reset(channel);
  }

  /** Ends the connection at once, and its exchanges as failed: the caller has logged why. */
  void fail() {
    stopServing();
    try {
      endStreams(Ending.FAILED);
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
    long bytes = input.heldBytes() + Closing.held(channel);
    for (Http2ClientStream stream : streams.values()) {
      bytes += stream.heldBytes();
    }
    return bytes;
  }

  @Override
  public boolean holdsBody() {
    for (Http2ClientStream stream : streams.values()) {
      if (stream.holdsBody()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public long unsentBytes() {
    long bytes = output.unsent();
    for (Http2ClientStream stream : streams.values()) {
      bytes += stream.unsentBytes();
    }
    return bytes;
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
    sending.sendWaiting();
    if (output.writable()) {
      for (Http2ClientStream stream : open()) {
        stream.drained();
      }
    }
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
      for (Http2ClientStream stream : open()) {
        stream.inputEnded();
      }
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
        endStreams(wasServed ? null : Ending.FAILED);
        freeHops.forEach(backends::clientClosed);
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
