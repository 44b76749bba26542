// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend.h2;

import dev.rsp.backend.BackendConnection;
import dev.rsp.backend.SharedSession;
import dev.rsp.config.Place;
import dev.rsp.config.Protocol;
import dev.rsp.exchange.BackendEvents;
import dev.rsp.exchange.BackendStream;
import dev.rsp.exchange.ConnectFailure;
import dev.rsp.http.Hop;
import dev.rsp.http.h2.BackendResponseFields;
import dev.rsp.net.NetLoop;
import dev.rsp.net.h2.ClosedStreams;
import dev.rsp.net.h2.ErrorCode;
import dev.rsp.net.h2.FrameBudget;
import dev.rsp.net.h2.FrameEvents;
import dev.rsp.net.h2.FrameInput;
import dev.rsp.net.h2.FrameOutput;
import dev.rsp.net.h2.Preface;
import dev.rsp.net.h2.ReceiveWindow;
import dev.rsp.net.h2.SendQueue;
import dev.rsp.net.h2.Setting;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP/2 of one connection to a backend (RFC 9113), which carries a stream for each request:
 * shares out the connection's window and socket among them, and bounds what the backend can make
 * rsp do beside that.
 *
 * <p>Requests wait until the backend's SETTINGS have come: so it is known how many streams it
 * takes, and nothing is lost if it does not speak HTTP/2. The window of the connection is opened
 * again as soon as content comes, because the window of each stream bounds what rsp holds: so a
 * stream whose client is slow holds up no other. All methods run on the connection's loop.
 */
final class Http2Session implements SharedSession, FrameEvents {
  private static final Logger log = LoggerFactory.getLogger(Http2Session.class);

  /**
   * Streams at a time on one connection, if the backend allows as many: what RFC 9113 §6.5.2 says a
   * server should allow at least. More would share one TCP window; the next have another
   * connection.
   */
  private static final int MOST_STREAMS = 100;

  /** The last number of a stream that is used: RFC 9113 §5.1.1, with room below 2^31. */
  private static final int LAST_STREAM = Integer.MAX_VALUE - 2 * MOST_STREAMS;

  /**
   * The window of the content of a response: what a backend 2 ms away needs for 100 MB/s. So much
   * is held at most for a client that is slow.
   */
  static final int WINDOW_BYTES = 256 * 1024;

  /** The window of the connection: that of a few streams. Nothing is held for it. */
  private static final int CONNECTION_WINDOW_BYTES = 4 * 1024 * 1024;

  /** Frames that serve no request, as {@code ClientFrames} bounds those of clients. */
  private static final int IDLE_FRAMES = 10_000;

  private static final int IDLE_FRAMES_PER_SECOND = 1_000;

  /**
   * How many more of them for each frame of a request that rsp sends: the windows of stream and
   * connection, which are small if the frame was, and a PING that measures the round trip. All
   * requests of a loop may share the connection, for days, so that no constant number is enough.
   */
  private static final int IDLE_FRAMES_PER_FRAME = 4;

  /** Frames that wait for a backend which does not read: then it is not read either. */
  private static final int MOST_UNSENT_BYTES = 128 * 1024;

  private final Http2Tables tables;
  private final BackendConnection connection;
  private final NetLoop net;
  private final Channel channel;
  private final FrameInput input;
  private final FrameOutput output;
  private final SendQueue sending;
  private final FrameBudget idleFrames;

  /** Streams whose requests were sent. */
  private final IntObjectMap<Http2BackendStream> streams = new IntObjectHashMap<>();

  private final ClosedStreams closedStreams = new ClosedStreams();

  /** Streams that wait until the connection is open. */
  private final ArrayDeque<Http2BackendStream> waiting = new ArrayDeque<>();

  private @Nullable ChannelHandlerContext context;
  private int nextStream = 1;

  /** Streams that were opened, and that have no number yet. */
  private int opened;

  /**
   * How many streams the backend takes at a time. The next connection to the same address does not
   * need to remember it: no request is sent before the SETTINGS have said it, so that none is
   * refused for it. What it costs is that requests above a limit, which seldom is less than {@link
   * #MOST_STREAMS}, are given another connection only when this one is open.
   */
  private long allowed = MOST_STREAMS;

  private boolean allowsTunnels;

  /** Whether the backend's first SETTINGS have come. */
  private boolean greeted;

  /** Whether the backend takes no more streams. */
  private boolean goingAway;

  private boolean ended;
  private boolean served;
  private boolean choked;

  /** The window of the content of all streams. */
  private final ReceiveWindow window = new ReceiveWindow(SendQueue.FIRST_WINDOW_BYTES);

  /** Of streams that are opened from now on. */
  private int streamWindow = SendQueue.FIRST_WINDOW_BYTES;

  Http2Session(Http2Tables tables, BackendConnection connection) {
    this.tables = tables;
    this.connection = connection;
    this.net = tables.net();
    this.channel = connection.channel();
    BackendResponseFields fields = tables.responses();
    this.input =
        FrameInput.ofServer(
            this, net.allocator(), fields::start, fields::add, tables.mostHeadBytes());
    this.output =
        FrameOutput.toServer(
            channel, net.flusher(), net.allocator(), cause -> connection.failed(null, cause));
    this.sending = new SendQueue(output, () -> !ended, this::idleFrame);
    long now = net.deadlines().nowMillis();
    this.idleFrames = new FrameBudget(IDLE_FRAMES, IDLE_FRAMES_PER_SECOND, now);
  }

  // For the connection ---------------------------------------------------------------------------

  @Override
  public @Nullable BackendEvents exchange() {
    Http2BackendStream first = waiting.peek();
    return first == null ? null : first.exchange();
  }

  @Override
  public void openedFor(BackendEvents exchange, Hop client) {
    Http2BackendStream stream = new Http2BackendStream(tables, this, connection, output);
    stream.awaits(exchange, client);
    waiting.add(stream);
    exchange.connecting(stream);
  }

  @Override
  public void begin() {
    context = Objects.requireNonNull(channel.pipeline().context(connection));
    ByteBuf preface = net.allocator().directBuffer(Preface.LENGTH);
    Preface.write(preface);
    connection.send(preface);
    output.settings(
        Setting.ENABLE_PUSH,
        0,
        Setting.INITIAL_WINDOW_SIZE,
        WINDOW_BYTES,
        Setting.MAX_HEADER_LIST_SIZE,
        tables.mostHeadBytes());
    output.windowUpdate(0, window.open(CONNECTION_WINDOW_BYTES - window.bytes()));
  }

  @Override
  public boolean hasRoom() {
    int taken = streams.size() + waiting.size() + opened;
    return !goingAway && !ended && taken < allowed && nextStream < LAST_STREAM;
  }

  @Override
  public BackendStream open() {
    Http2BackendStream stream = new Http2BackendStream(tables, this, connection, output);
    opened++;
    connection.busy();
    return stream;
  }

  /** The backend's SETTINGS have come: requests that wait are sent, as many as it takes. */
  @Override
  public void connected() {
    while (!waiting.isEmpty()) {
      Http2BackendStream stream = waiting.remove();
      BackendEvents exchange = stream.leave();
      if (exchange == null) {
        continue;
      }
      if (streams.size() + opened < allowed && !goingAway && !ended) {
        opened++;
        guarded(exchange, () -> exchange.connected(stream));
      } else if (allowed == 0) {
        stream.discard();
        guarded(exchange, () -> exchange.connectFailed(ConnectFailure.HTTP2));
      } else {
        Hop client = stream.client();
        stream.discard();
        guarded(exchange, () -> connection.connectAgain(exchange, client));
      }
    }
    endIfEmpty();
  }

  /** An exchange that fails costs no other. */
  private void guarded(BackendEvents exchange, Runnable step) {
    try {
      step.run();
    } catch (Throwable e) {
      net.failureLog().streamFailed(connection.leadsTo(), e);
      net.guarded("an exchange was not ended", exchange::fail);
    }
  }

  @Override
  public void notConnected(ConnectFailure failure) {
    ended = true;
    input.close();
    endWaiting(exchange -> exchange.connectFailed(failure));
  }

  @Override
  public void misled() {
    ended = true;
    endWaiting(BackendEvents::connectMisled);
  }

  /** What an exchange is told. */
  private interface Step {
    void tell(BackendEvents exchange);
  }

  private void endWaiting(Step step) {
    while (!waiting.isEmpty()) {
      Http2BackendStream stream = waiting.remove();
      BackendEvents exchange = stream.leave();
      stream.discard();
      if (exchange != null) {
        guarded(exchange, () -> step.tell(exchange));
      }
    }
  }

  @Override
  public void reset() {
    ended = true;
    endWaiting(BackendEvents::fail);
  }

  @Override
  public void read(ByteBuf bytes) {
    ChannelHandlerContext current = context;
    if (ended || current == null) {
      bytes.release();
      return;
    }
    input.read(current, bytes);
    // Frames that rsp must answer are not read while the backend does not take the answers.
    if (!ended && !choked && !output.writable() && output.unsent() > MOST_UNSENT_BYTES) {
      choked = true;
      connection.setReading(false);
    }
  }

  @Override
  public void writableChanged() {
    if (ended || !output.writable()) {
      return;
    }
    if (choked) {
      choked = false;
      connection.setReading(true);
    }
    sending.sendWaiting();
    for (Http2BackendStream stream : sent()) {
      stream.drained();
    }
  }

  @Override
  public boolean inputEnded() {
    return false;
  }

  @Override
  public boolean inTunnel() {
    return false;
  }

  @Override
  public void closed(boolean cleanly) {
    ended = true;
    goingAway = true;
    input.close();
    output.close();
    sent().forEach(Http2BackendStream::connectionClosed);
  }

  /** RFC 9113 §3.4: the preface is first, so nothing is said if that was not sent. */
  @Override
  public void closing() {
    boolean begun = context != null;
    if (begun && !ended) {
      output.goAway(0, ErrorCode.NO_ERROR);
      output.flush();
    }
    ended = true;
  }

  private List<Http2BackendStream> sent() {
    return new ArrayList<>(streams.values());
  }

  // For the streams ------------------------------------------------------------------------------

  /** A number for a stream whose request is sent now. */
  int begin(Http2BackendStream stream) {
    opened--;
    frameSent();
    int id = nextStream;
    nextStream += 2;
    streams.put(id, stream);
    return id;
  }

  /** Whether the connection has carried a whole response. */
  boolean hasServed() {
    return served;
  }

  /** A response is complete. */
  void served() {
    served = true;
  }

  /** A frame of a request was sent, whose size is not due to a small window. */
  void frameSent() {
    idleFrames.add(IDLE_FRAMES_PER_FRAME);
  }

  /** Octets of content that the backend takes on a new stream. */
  int streamWindow() {
    return streamWindow;
  }

  /** Whether the backend takes extended CONNECT (RFC 8441). */
  boolean allowsTunnels() {
    return allowsTunnels;
  }

  /** Whether the connection has TLS. */
  boolean secure() {
    Place place = connection.leadsTo();
    return place.protocol() == Protocol.H2;
  }

  SendQueue sending() {
    return sending;
  }

  /** A stream that waited is not needed. */
  void notNeeded(Http2BackendStream stream) {
    if (!waiting.remove(stream)) {
      opened--;
      endIfEmpty();
    }
  }

  /**
   * A stream is closed.
   *
   * @param byReset whether rsp has reset it
   */
  void closed(Http2BackendStream stream, boolean byReset) {
    streams.remove(stream.id());
    closedStreams.add(stream.id(), byReset);
    endIfEmpty();
  }

  private void endIfEmpty() {
    if (streams.isEmpty() && opened == 0 && waiting.isEmpty() && greeted) {
      boolean reusable = !goingAway && !ended && nextStream < LAST_STREAM;
      connection.emptied(reusable);
    }
  }

  // Frames ---------------------------------------------------------------------------------------

  @Override
  public void settings(Http2Settings settings) throws Http2Exception {
    if (ended || !spend("SETTINGS")) {
      return;
    }
    Long most = settings.maxConcurrentStreams();
    if (most != null) {
      allowed = Math.min(most, MOST_STREAMS);
    }
    Long tunnels = settings.get((char) Setting.ENABLE_CONNECT_PROTOCOL);
    allowsTunnels |= tunnels != null && tunnels == 1;
    Integer window = settings.initialWindowSize();
    if (window != null) {
      long change = (long) window - streamWindow;
      streamWindow = window;
      for (Http2BackendStream stream : sent()) {
        if (!stream.addWindow(change)) {
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
    if (!greeted) {
      greeted = true;
      connection.greeted();
    } else if (window != null) {
      sent().forEach(Http2BackendStream::send);
    }
  }

  @Override
  public void headers(int id, boolean last) {
    Http2BackendStream stream = streams.get(id);
    if (ended) {
      return;
    }
    if (stream == null) {
      ofClosed(id, "HEADERS");
    } else {
      stream.headers(last);
    }
  }

  @Override
  public void data(int id, ByteBuf bytes, int padding, boolean last) {
    if (ended) {
      return;
    }
    int octets = bytes.readableBytes() + padding;
    if (!window.receive(octets)) {
      connectionError(ErrorCode.FLOW_CONTROL_ERROR, "content beyond the connection's window");
      return;
    }
    window.take(octets);
    if (window.isDue()) {
      output.windowUpdate(0, window.open(0));
    }
    if (!bytes.isReadable() && !last && !spend("empty frames")) {
      return;
    }
    Http2BackendStream stream = streams.get(id);
    if (stream == null) {
      ofClosed(id, "DATA");
    } else {
      stream.data(bytes, padding, last);
    }
  }

  /** RFC 9113 §5.1: what was sent before the backend knew of a reset is no error. */
  private void ofClosed(int id, String what) {
    if (isIdle(id)) {
      connectionError(ErrorCode.PROTOCOL_ERROR, what + " for a stream that is not open");
    } else if (closedStreams.hasEnded(id)) {
      connectionError(ErrorCode.STREAM_CLOSED, what + " for a stream that has ended");
    } else {
      idleFrame();
    }
  }

  private boolean isIdle(int id) {
    return id >= nextStream || id % 2 == 0;
  }

  @Override
  public void reset(int id, long error) {
    Http2BackendStream stream = streams.get(id);
    if (ended) {
      return;
    }
    if (stream != null) {
      stream.resetByBackend(error);
    } else if (isIdle(id)) {
      connectionError(ErrorCode.PROTOCOL_ERROR, "RST_STREAM for a stream that is not open");
    } else {
      idleFrame();
    }
  }

  @Override
  public void windowUpdate(int id, int increment) {
    if (ended || (increment < SendQueue.SMALL_WINDOW_BYTES && !spend("windows of a few octets"))) {
      return;
    }
    if (id == 0) {
      if (sending.addWindow(increment)) {
        sending.sendWaiting();
      } else {
        connectionError(ErrorCode.FLOW_CONTROL_ERROR, "the connection's window above 2^31-1");
      }
      return;
    }
    Http2BackendStream stream = streams.get(id);
    if (stream == null) {
      if (isIdle(id)) {
        connectionError(ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE for a stream that is not open");
      } else {
        idleFrame();
      }
    } else if (stream.addWindow(increment)) {
      stream.send();
    } else {
      stream.malformed(ErrorCode.FLOW_CONTROL_ERROR, "a stream's window above 2^31-1");
    }
  }

  @Override
  public void settingsAcknowledged() {
    idleFrame();
  }

  @Override
  public void ping(long payload) {
    if (!ended && spend("PING")) {
      output.ping(payload, true);
    }
  }

  @Override
  public void pingAcknowledged(long payload) {
    idleFrame();
  }

  @Override
  public void idleFrame() {
    spend("frames that serve no request");
  }

  /** RFC 9113 §8.4: rsp has said that it takes none. */
  @Override
  public void pushPromise() {
    connectionError(ErrorCode.PROTOCOL_ERROR, "PUSH_PROMISE, which the settings refuse");
  }

  /** RFC 9113 §6.8: streams above the last were not processed, and go elsewhere. */
  @Override
  public void goAway(int last, long error) {
    if (ended || !spend("GOAWAY")) {
      return;
    }
    goingAway = true;
    connection.takesNoMore();
    log.debug("backend={} goes away: {}", connection.leadsTo(), name(error));
    for (Http2BackendStream stream : sent()) {
      if (stream.id() > last) {
        stream.notProcessed("GOAWAY: " + name(error));
      }
    }
    endIfEmpty();
  }

  static String name(long error) {
    Http2Error known = Http2Error.valueOf(error);
    return known == null ? Long.toString(error) : known.name();
  }

  private boolean spend(String what) {
    boolean within = idleFrames.take(net.deadlines().nowMillis());
    if (!within) {
      connectionError(ErrorCode.ENHANCE_YOUR_CALM, "too many " + what);
    }
    return within;
  }

  /** RFC 9113 §5.4.1: ends the connection and all its streams. */
  @Override
  public void connectionError(int error, String why) {
    if (ended) {
      return;
    }
    ended = true;
    input.close();
    if (connection.greeting()) {
      connection.notGreeted("it does not speak HTTP/2 at this address: " + why);
      return;
    }
    output.goAway(0, error);
    output.flush();
    connection.abort(new IOException("HTTP/2: " + why));
  }

  @Override
  public void streamError(int id, int error, String why) {
    Http2BackendStream stream = streams.get(id);
    if (ended) {
      return;
    }
    if (stream != null) {
      stream.malformed(error, why);
    } else if (isIdle(id)) {
      connectionError(error, why);
    } else {
      idleFrame();
    }
  }
}
