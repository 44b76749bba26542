// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client.h2;

import dev.rsp.client.ClientTimer;
import dev.rsp.client.EdgeRules;
import dev.rsp.client.h2.Http2Counters.Event;
import dev.rsp.exchange.Ending;
import dev.rsp.exchange.LoopState;
import dev.rsp.exchange.Terms;
import dev.rsp.http.Hop;
import dev.rsp.http.Parsed;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.h2.RequestFields;
import dev.rsp.net.DeadlineWheel;
import dev.rsp.net.NetLoop;
import dev.rsp.net.h2.ErrorCode;
import dev.rsp.net.h2.FrameBudget;
import dev.rsp.net.h2.FrameEvents;
import dev.rsp.net.h2.FrameOutput;
import dev.rsp.net.h2.ReceiveWindow;
import dev.rsp.net.h2.SendQueue;
import dev.rsp.net.h2.Setting;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Settings;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the frames of a client mean (RFC 9113 §6): opens a stream for each request, gives streams
 * their content and windows, and bounds what the client can make rsp do beside that.
 *
 * <p>The window of the connection is opened again as soon as content comes, because the window of
 * each stream bounds what rsp holds: so a stream whose backend is slow holds up no other. On the
 * loop.
 */
final class ClientFrames implements FrameEvents {
  private static final Logger log = LoggerFactory.getLogger(ClientFrames.class);

  private static final Refusal LIST_TOO_LARGE = new Refusal(431, "request head too large");

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

  /** The connection on which the frames come. */
  interface Owner {
    /** Whether frames are still read, and streams served. */
    boolean served();

    /** Whether the client has the last GOAWAY: new streams are refused. */
    boolean goesAway();

    /** Ends the connection after the streams that are open or on their way. */
    void drain();

    /** The client opens no more streams: ends the connection after those that are open. */
    void goAwayNow();

    /** The client has answered a PING. Returns whether it is the one behind the first GOAWAY. */
    boolean heardGoAway(long payload);

    /** RFC 9113 §5.4.1: ends the connection and all its streams. */
    void connectionError(int error, String why);
  }

  private final Owner owner;
  private final LoopState loop;
  private final DeadlineWheel deadlines;
  private final Http2Resources shared;
  private final Http2Counters counters;
  private final RequestFields fields;
  private final RequestHead head;
  private final Hop hop;

  /** What the listen address asks of requests; null if nothing. */
  private final @Nullable EdgeRules rules;

  private final FrameOutput output;
  private final SendQueue sending;
  private final Http2Streams streams;
  private final ClientTimer timer;
  private final FrameBudget resets;
  private final FrameBudget idleFrames;

  /** Whether the client's first settings have come. */
  private boolean greeted;

  /** Whether the client has heard of our settings. */
  private boolean acknowledged;

  /** The window of the content of all streams. */
  private final ReceiveWindow window = new ReceiveWindow(SendQueue.FIRST_WINDOW_BYTES);

  /** Octets that the client takes at first on streams that it opens from now on. */
  private int streamWindow = SendQueue.FIRST_WINDOW_BYTES;

  /**
   * The frames of a new connection.
   *
   * @param hop names the client in the log
   * @param rules of the listen address; null if there are none
   * @param timer of the connection, while it has no streams
   */
  ClientFrames(
      Http2Resources shared,
      Owner owner,
      Hop hop,
      @Nullable EdgeRules rules,
      FrameOutput output,
      SendQueue sending,
      Http2Streams streams,
      ClientTimer timer) {
    this.owner = owner;
    this.loop = shared.loop;
    NetLoop net = loop.net();
    this.deadlines = net.deadlines();
    this.shared = shared;
    this.counters = shared.counters;
    this.fields = shared.requestFields;
    this.head = shared.head;
    this.hop = hop;
    this.rules = rules;
    this.output = output;
    this.sending = sending;
    this.streams = streams;
    this.timer = timer;
    long now = deadlines.nowMillis();
    this.resets = new FrameBudget(RESETS, RESETS_PER_SECOND, now);
    this.idleFrames = new FrameBudget(IDLE_FRAMES, IDLE_FRAMES_PER_SECOND, now);
  }

  /** RFC 9113 §3.4: the first frame of a server is its settings. */
  void greet(Terms terms) {
    output.settings(
        Setting.MAX_CONCURRENT_STREAMS,
        streams.most(),
        Setting.MAX_HEADER_LIST_SIZE,
        terms.limits.headBytes(),
        Setting.ENABLE_CONNECT_PROTOCOL,
        1);
    output.windowUpdate(0, window.open(Http2Streams.WINDOW_BYTES - window.bytes()));
  }

  // Requests -------------------------------------------------------------------------------------

  /** A field block has come, which {@link RequestFields} have checked: a request, or trailers. */
  @Override
  public void headers(int id, boolean last) {
    if (!owner.served()) {
      return;
    }
    Http2ClientStream open = streams.get(id);
    if (open != null) {
      trailers(open, last);
    } else if (!streams.isNew(id)) {
      headersOfClosed(id);
    } else if (owner.goesAway()) {
      refuseStream(id); // RFC 9113 §6.8: the client repeats it elsewhere
    } else if (streams.isFull()) {
      refuseStream(id);
      // RFC 9113 §5.1.2: until it has our settings, the client cannot know of the limit.
      spend(acknowledged ? resets : idleFrames, "streams above the limit");
    } else {
      open(id, last);
    }
  }

  private void refuseStream(int id) {
    counters.count(Event.REFUSED_STREAM);
    streams.reset(id, ErrorCode.REFUSED_STREAM);
  }

  private void headersOfClosed(int id) {
    if (streams.wasReset(id)) {
      return; // sent before the client knew
    }
    // RFC 9113 §5.1 and §5.1.1.
    boolean ended = streams.hasEnded(id);
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
    Http2ClientStream stream = streams.open(id, streamWindow);
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
      owner.drain();
    }
  }

  @Override
  public void data(int id, ByteBuf bytes, int padding, boolean last) {
    if (!owner.served()) {
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

  private void dataOfClosed(int id) {
    if (streams.isIdle(id)) {
      connectionError(ErrorCode.PROTOCOL_ERROR, "DATA for a stream that is not open");
    } else if (!streams.wasReset(id)) {
      streams.reset(id, ErrorCode.STREAM_CLOSED);
      spend(resets, "content for streams that have ended");
    }
  }

  @Override
  public void reset(int id, long error) {
    Http2ClientStream stream = streams.get(id);
    if (streams.isIdle(id)) {
      connectionError(ErrorCode.PROTOCOL_ERROR, "RST_STREAM for a stream that is not open");
    } else if (stream == null) {
      idleFrame();
    } else if (spend(resets, "streams that the client resets")) {
      counters.count(Event.CLIENT_RESET);
      stream.clientReset();
    }
  }

  // Windows and settings -------------------------------------------------------------------------

  @Override
  public void windowUpdate(int id, int increment) {
    if (!owner.served()) {
      return;
    }
    if (increment < SendQueue.SMALL_WINDOW_BYTES && !smallWindow()) {
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
        sending.send(stream.content());
      } else {
        spend(resets, "windows above 2^31-1");
        stream.abandon(ErrorCode.FLOW_CONTROL_ERROR, Ending.REQUEST_BROKEN);
      }
    } else if (streams.isIdle(id)) {
      connectionError(ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE for a stream that is not open");
    }
  }

  /** The client has opened a window by little. Returns whether it may. */
  boolean smallWindow() {
    return spend(idleFrames, "windows of a few octets");
  }

  @Override
  public void settings(Http2Settings settings) throws Http2Exception {
    if (!owner.served() || !spend(idleFrames, "SETTINGS")) {
      return;
    }
    Integer window = settings.initialWindowSize();
    if (window != null && !changeWindows(window)) {
      connectionError(ErrorCode.FLOW_CONTROL_ERROR, "a stream's window above 2^31-1");
      return;
    }
    Long table = settings.headerTableSize();
    if (table != null) {
      output.tableSize(table);
    }
    output.settingsAck();
    if (window != null) {
      for (Http2ClientStream stream : streams.all()) {
        sending.send(stream.content());
      }
    }
    if (!greeted && !owner.goesAway() && owner.served()) {
      timer.awaitRequest(loop.terms()); // of the first settings only: others do not prolong it
    }
    greeted = true;
  }

  /** RFC 9113 §6.9.2: also of streams that are open. Returns whether each is one that may be. */
  private boolean changeWindows(int first) {
    long change = (long) first - streamWindow;
    streamWindow = first;
    for (Http2ClientStream stream : streams.all()) {
      if (!stream.content().addWindow(change)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void settingsAcknowledged() {
    acknowledged = true;
    idleFrame();
  }

  // Others ---------------------------------------------------------------------------------------

  @Override
  public void ping(long payload) {
    if (owner.served() && spend(idleFrames, "PING")) {
      output.ping(payload, true);
    }
  }

  @Override
  public void pingAcknowledged(long payload) {
    if (!owner.heardGoAway(payload)) {
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
    owner.goAwayNow();
  }

  /** RFC 9113 §8.4: a client cannot push. */
  @Override
  public void pushPromise() {
    connectionError(ErrorCode.PROTOCOL_ERROR, "PUSH_PROMISE of a client");
  }

  // Errors ---------------------------------------------------------------------------------------

  /** A frame is malformed in a way that concerns its stream alone (RFC 9113 §5.4.2). */
  @Override
  public void streamError(int id, int error, String why) {
    log.debug("stream error client={} stream={}: {}", hop.text(), id, why);
    if (!owner.served() || !spend(resets, "malformed frames")) {
      return;
    }
    counters.count(Event.ERROR_RESET);
    Http2ClientStream stream = streams.get(id);
    if (stream != null) {
      stream.abandon(error, Ending.REQUEST_BROKEN);
    } else if (!streams.wasReset(id)) {
      streams.reset(id, error);
    }
  }

  @Override
  public void connectionError(int error, String why) {
    owner.connectionError(error, why);
  }

  /** Takes one out of a budget; without any left, the connection ends. */
  private boolean spend(FrameBudget budget, String what) {
    if (budget.take(deadlines.nowMillis())) {
      return true;
    }
    connectionError(ErrorCode.ENHANCE_YOUR_CALM, "too many " + what);
    return false;
  }
}
