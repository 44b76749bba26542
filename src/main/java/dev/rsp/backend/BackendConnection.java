// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend;

import dev.rsp.config.Place;
import dev.rsp.config.Protocol;
import dev.rsp.exchange.BackendEvents;
import dev.rsp.exchange.BackendLog;
import dev.rsp.exchange.BackendStream;
import dev.rsp.exchange.ConnectFailure;
import dev.rsp.exchange.Loads;
import dev.rsp.exchange.Service;
import dev.rsp.http.Hop;
import dev.rsp.net.Closing;
import dev.rsp.net.Deadline;
import dev.rsp.net.DeadlineWheel;
import dev.rsp.net.HalfClosed;
import dev.rsp.net.NetLoop;
import dev.rsp.net.ReadBuffers;
import dev.rsp.net.ReadSize;
import dev.rsp.net.TurnFlusher;
import dev.rsp.net.tls.BackendHandshakes;
import dev.rsp.net.tls.UnreportedErrors;
import dev.rsp.proxy.ProxyVersion;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.Objects;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection to a backend, from its connect to its close, whatever the protocol: carries one
 * exchange after the other on its {@link ConnectionStream}, or many at a time in its {@link
 * SharedSession}. It returns to the pool if its state is certain, and is closed otherwise.
 *
 * <p>All methods run on its loop, which is that of every client it serves.
 */
public final class BackendConnection extends ChannelInboundHandlerAdapter {
  private static final Logger log = LoggerFactory.getLogger(BackendConnection.class);

  private enum State {
    CONNECTING,
    IDLE,
    /** A request was sent; its response is awaited or on its way, or there is a tunnel. */
    BUSY,
    CLOSED
  }

  private final BackendPools pools;
  private final NetLoop net;
  private final DeadlineWheel deadlines;
  private final TurnFlusher flusher;
  private final Place place;
  private final boolean listed;
  private final Loads.Share load;
  private final Channel channel;
  private final Session stream;

  /** The same, if it carries one request at a time; null otherwise. */
  private final @Nullable ConnectionStream single;

  /** The same, if it carries many; null otherwise. */
  private final @Nullable SharedSession shared;

  private final Deadline deadline = new Deadline(this::expired, this::failed);
  private final ReadSize size = new ReadSize();

  /** Speaks TLS in front of it; null without TLS. */
  private final @Nullable SslHandler tls;

  /** The address it was connected to; null for a Unix socket. */
  private final @Nullable InetSocketAddress address;

  private State state = State.CONNECTING;

  /** For how long it may be idle: what the deadline is armed with while it is. */
  private int idleMillis;

  /** How long the backend may take to begin with its protocol. */
  private int greetMillis;

  /** By what the backend says, for how long it may have been idle that is used for a POST. */
  private long usableMillis = Long.MAX_VALUE;

  private boolean closedByUs;

  /** The only client that may use it; null if all may. */
  private @Nullable Hop owner;

  /** Whether the backend has authenticated the connection as that of its owner. */
  private boolean authenticated;

  /**
   * Whose connection the PROXY header says it is; null if there is none, or the client has no IP.
   */
  private @Nullable InetSocketAddress source;

  /** Bytes written to it since it was opened. */
  private long sent;

  private boolean used;
  private boolean timedOut;
  private boolean reading = true;

  /** Whether the handshake has begun. */
  private boolean shaking;

  /** Whether the transport is open, and the backend has not begun to speak its protocol yet. */
  private boolean greeting;

  /** Whether the backend has said, within TLS, that it sends no more. */
  private boolean closeNotified;

  /** The end of the connection no longer completes a response. */
  private boolean endIsUnclean;

  /** The backend has stopped reading. */
  private boolean writeFailed;

  /** The last error of the socket. */
  private @Nullable IOException fault;

  /**
   * A connection before {@link #connect}.
   *
   * @param channel of {@link NetLoop#openOutbound}
   * @param tls of {@link BackendHandshakes}; null to speak in the clear
   */
  BackendConnection(
      BackendPools pools,
      NetLoop net,
      Service service,
      Dialect dialect,
      Place place,
      Channel channel,
      @Nullable SslHandler tls) {
    this.tls = tls;
    this.pools = pools;
    this.net = net;
    this.deadlines = net.deadlines();
    this.flusher = net.flusher();
    this.place = place;
    this.address = place.address();
    this.listed = service.places.contains(place);
    this.channel = channel;
    this.load = service.loads.share(place);
    this.stream = dialect.session(this);
    this.single = stream instanceof ConnectionStream one ? one : null;
    this.shared = stream instanceof SharedSession many ? many : null;
  }

  /** The connection will begin with a PROXY header about a client: no other one may use it. */
  void introduce(Hop client, ProxyVersion version) {
    owner = client;
    source = client.source();
    byte[] header = version.header(source, client.destination());
    channel.pipeline().addFirst(new HeaderFirst(header));
    sent += header.length;
  }

  /**
   * Connects for the request of a client and reports the result to its exchange, perhaps before
   * this returns.
   *
   * @param connectMillis how long that may take
   */
  void connect(BackendEvents exchange, Hop client, int connectMillis) {
    greetMillis = connectMillis;
    try {
      if (shared == null) {
        // Requests count for a backend that is slow to accept, too.
        load.begin();
      } else {
        pools.busy(this);
      }
      if (tls != null) {
        channel.pipeline().addLast(WriteFaults.INSTANCE, tls);
        UnreportedErrors.reportBehind(tls, channel.pipeline());
      }
      channel.pipeline().addLast(this);
      stream.openedFor(exchange, client);
      String unixPath = place.unixPath();
      SocketAddress peer = unixPath != null ? net.unixAddress(unixPath) : address;
      deadlines.arm(deadline, connectMillis);
      net.connect(channel, Objects.requireNonNull(peer), this::mostReadBytes, this::connectDone);
    } catch (Throwable e) {
      endUnconnected();
      channel.unsafe().closeForcibly();
      throw e;
    }
  }

  /** Netty only logs what a listener throws, and the exchange would wait for the result. */
  private void connectDone(@Nullable Throwable cause) {
    BackendEvents waiting = stream.exchange();
    try {
      if (cause == null
          && tls != null
          && waiting != null
          && !HalfClosed.notConnected(channel, address)) {
        shaking = true;
        // timeouts.connect goes on. The handshake begins when the channel becomes active.
        tls.handshakeFuture().addListener(shaken -> handshakeDone(shaken.cause()));
        return;
      }
      deadlines.disarm(deadline);
      if (cause != null) {
        closeUnconnected();
        pools.connectFailed(place, address(), timedOut ? null : cause);
        stream.notConnected(
            timedOut ? ConnectFailure.TIMEOUT : ConnectFailure.of(cause, place.unixPath()));
      } else if (waiting == null) {
        state = State.IDLE;
        close();
      } else if (HalfClosed.notConnected(channel, address)) {
        closeUnconnected();
        stream.misled();
      } else {
        opened();
      }
    } catch (Throwable e) {
      failed(waiting, e);
    }
  }

  private void opened() {
    if (shared != null) {
      greeting = true;
      deadlines.arm(deadline, greetMillis);
      shared.begin();
      return;
    }
    state = State.IDLE;
    pools.accepted(place);
    stream.connected();
  }

  /** As {@link #connectDone}, for TLS. */
  private void handshakeDone(@Nullable Throwable cause) {
    BackendEvents waiting = stream.exchange();
    if (state != State.CONNECTING) {
      return; // an unexpected exception has ended it
    }
    try {
      deadlines.disarm(deadline);
      if (cause != null) {
        closeUnconnected();
        Throwable why =
            timedOut
                ? new IOException("no TLS handshake within timeouts.connect")
                : BackendHandshakes.explained(cause, fault);
        pools.connectFailed(place, address(), why);
        stream.notConnected(timedOut ? ConnectFailure.TIMEOUT : ConnectFailure.ofHandshake(cause));
      } else if (waiting == null) {
        state = State.IDLE;
        close();
      } else if (place.protocol() == Protocol.H2 && !agreesOnHttp2()) {
        notOpened(new IOException("it does not agree on h2 by ALPN"), ConnectFailure.HTTP2);
      } else {
        opened();
      }
    } catch (Throwable e) {
      failed(waiting, e);
    }
  }

  private boolean agreesOnHttp2() {
    return tls != null && BackendHandshakes.HTTP2.equals(tls.applicationProtocol());
  }

  private void notOpened(Throwable why, ConnectFailure failure) {
    closeUnconnected();
    pools.connectFailed(place, address(), why);
    stream.notConnected(failure);
  }

  /** Closes a connection that was never open, and uncounts it. */
  private void closeUnconnected() {
    state = State.CLOSED;
    greeting = false;
    deadlines.disarm(deadline);
    load.close();
    if (shared != null) {
      pools.forget(this);
    }
    channel.close();
  }

  // For the pool ---------------------------------------------------------------------------------

  Place place() {
    return place;
  }

  /** Whether its place was one of the configuration's slots when it was opened. */
  boolean listed() {
    return listed;
  }

  /**
   * Its stream for another request to a place, whose name may have another address now.
   *
   * @param ask whether to ask the kernel if the backend has closed it unnoticed
   * @return null if it cannot carry one
   */
  @Nullable BackendStream reuse(Place to, boolean ask) {
    boolean sound = channel.isActive() && !endIsUnclean && !writeFailed;
    if (!sound
        || !Objects.equals(address, to.address())
        || (ask && net.peerState().seen(channel))) {
      return null;
    }
    if (shared == null) {
      return single;
    }
    return shared.hasRoom() ? shared.open() : null;
  }

  /**
   * Whether one more request to a place can join those that it carries, or that wait for it.
   *
   * @param client whose request it is
   * @param open whether the connection is open, or is being opened
   */
  boolean hasRoom(Place to, Hop client, boolean open) {
    return shared != null
        && (state == State.CONNECTING) != open
        && shared.hasRoom()
        && Objects.equals(address, to.address())
        && (owner == null || owner == client)
        && (place.sendProxy() == null || isOf(client.source()))
        && !writeFailed
        && !endIsUnclean;
  }

  /** Another exchange waits for it to be open. */
  void join(BackendEvents exchange, Hop client) {
    stream.openedFor(exchange, client);
  }

  // For the stream -------------------------------------------------------------------------------

  /** A request is about to be sent. Returns whether the connection has carried one before. */
  public boolean begin() {
    deadlines.pause(deadline);
    state = State.BUSY;
    load.send();
    boolean reused = used;
    used = true;
    return reused;
  }

  // For a session that is shared -----------------------------------------------------------------

  /** The backend has begun with its protocol: the connection is open. */
  public void greeted() {
    greeting = false;
    used = true; // its age counts from its SETTINGS on
    deadlines.disarm(deadline);
    state = State.BUSY;
    pools.accepted(place);
    stream.connected();
  }

  /** The backend does not speak the protocol. */
  public void notGreeted(String why) {
    notOpened(new IOException(why), ConnectFailure.HTTP2);
  }

  /** Whether the backend has not begun with its protocol yet. */
  public boolean greeting() {
    return greeting;
  }

  /** A stream is opened. */
  public void busy() {
    if (state == State.IDLE) {
      deadlines.pause(deadline);
      state = State.BUSY;
      pools.busy(this);
    }
  }

  /**
   * No stream is left: the connection returns to the pool, or is closed.
   *
   * @param reusable whether the backend takes more
   */
  public void emptied(boolean reusable) {
    if (state == State.BUSY) {
      pools.notBusy(this);
      responseEnded(reusable);
    } else if (state == State.IDLE && !reusable) {
      close();
    }
  }

  /** The backend takes no more streams. */
  public void takesNoMore() {
    endOfIdle();
    pools.forget(this);
  }

  /** The backend ends the connection; one that was idle tells for how long it may be. */
  private void endOfIdle() {
    if (state == State.IDLE && used && !closedByUs) {
      closedByUs = true; // it is known now
      pools.closedIdle(place, idleForMillis());
    }
  }

  /** What one request adds to the load of its place; to be closed. */
  public Loads.Share newShare() {
    return pools.share(place);
  }

  /** Opens another connection for an exchange that waits for this one. */
  public void connectAgain(BackendEvents exchange, Hop client) {
    pools.connect(place, client, exchange);
  }

  /** Its channel, which only the session writes to. */
  public Channel channel() {
    return channel;
  }

  /** Ends at once, because of what the backend did. */
  public void abort(IOException why) {
    if (fault == null) {
      fault = why;
    }
    endIsUnclean = true;
    channel.flush();
    channel.close();
  }

  // For each session -----------------------------------------------------------------------------

  /** Its place. */
  public Place leadsTo() {
    return place;
  }

  /**
   * The backend knows the connection as that of one client (NTLM, Negotiate): until its end, no
   * other one may use it. The first stays.
   */
  public void bindTo(Hop client) {
    if (owner == null) {
      owner = client;
    }
    authenticated = true;
  }

  /** Whether a client whose connection it is may not use another one instead. */
  boolean authenticated() {
    return authenticated;
  }

  /**
   * Whether it may carry a request of its owner: a trusted proxy may name another client for each,
   * and the PROXY header has named one.
   *
   * @param now whose request it is
   */
  boolean isOf(@Nullable InetSocketAddress now) {
    return place.sendProxy() == null || Objects.equals(source, now);
  }

  /** The only client that may use it; null if all may. */
  @Nullable Hop owner() {
    return owner;
  }

  /** The backend has said for how many seconds it keeps the connection open. */
  public void keptOpenFor(int seconds) {
    usableMillis = IdleAges.usableMillis(seconds * 1000L);
  }

  /** Whether the backend may be about to close it, because it was idle for so long or longer. */
  boolean isOld(long millis) {
    return idleForMillis() >= Math.min(millis, usableMillis);
  }

  /** For how long it has been idle. */
  long idleForMillis() {
    return deadlines.millisSinceArmed(deadline, idleMillis);
  }

  /** The address that it was connected to, for the log. */
  public String address() {
    return address == null ? place.text() : BackendLog.text(address);
  }

  /** The last error of its socket; null if none. */
  public @Nullable Throwable fault() {
    return fault;
  }

  /** The backend has answered well, also where {@link #responseEnded} does not follow. */
  public void answered() {
    pools.answered(place);
  }

  /** Takes over the buffer. */
  public void send(ByteBuf bytes) {
    sent += bytes.readableBytes();
    flusher.send(channel, bytes, TurnFlusher.MOST_HELD_BYTES);
  }

  /**
   * The exchange has ended well: the connection returns to the pool, or is closed.
   *
   * @param reusable whether the backend keeps it open, and was sent the complete request
   */
  public void responseEnded(boolean reusable) {
    if (load.end() && shared == null) { // streams say it themselves
      answered();
    }
    if (!reading) {
      setReading(true);
    }
    boolean sound = channel.isActive() && !endIsUnclean && !writeFailed;
    // A backend that answers early may never read the rest, and block the next request.
    if (reusable && sound && (shared != null || TurnFlusher.unsentBytes(channel) == 0)) {
      state = State.IDLE;
      int millis = pools.put(this, owner, place, listed);
      if (millis > 0) {
        idleMillis = millis;
        deadlines.arm(deadline, millis);
        return;
      }
    }
    close();
  }

  /**
   * The response is not needed any more.
   *
   * @param malformed whether the response was malformed
   */
  public void streamReset(boolean malformed) {
    endIsUnclean |= malformed;
    close();
  }

  /** Whether the backend still reads the request. */
  public boolean takesRequest() {
    return !writeFailed;
  }

  /** Whether it takes more for now; also true if it discards what is sent. */
  public boolean writable() {
    return channel.isWritable() || writeFailed;
  }

  /** Bytes sent that the kernel has not taken yet. */
  public long unsentBytes() {
    return TurnFlusher.unsentBytes(channel);
  }

  /** The capacity of the buffers that hold these. */
  public long heldBytes() {
    return Closing.held(channel);
  }

  /** The maximal size of the next read of what is to be sent, in bytes. */
  public int mostWriteBytes() {
    return size.mostBytes(sent - unsentBytes());
  }

  /** Pauses or resumes reading. */
  public void setReading(boolean on) {
    if (reading != on) {
      reading = on;
      channel.config().setAutoRead(on);
      HalfClosed.reading(channel, on);
    }
  }

  /** A tunnel follows, of which each side may end its half. */
  public void allowHalfClosure() {
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
  }

  /** Ends our side when all is sent. */
  public void shutOutput() {
    if (tls == null) {
      Closing.shutOutputAfterFlush(channel);
    } else {
      // RFC 8446 §6.1: close_notify ends one side. The flush encrypts what goes before it.
      channel.flush();
      tls.closeOutbound();
    }
  }

  /** Closes when all is sent. */
  public void closeAfterFlush() {
    Closing.closeAfterFlush(channel);
  }

  // Events of the channel ------------------------------------------------------------------------

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    if (state == State.BUSY || shared != null) {
      stream.read(bytes);
    } else {
      bytes.release();
      if (stream.exchange() == null) {
        // RFC 9112 §9.2: bytes on an idle connection belong to no request.
        close();
      }
    }
  }

  private int mostReadBytes() {
    if (shared != null) {
      return ReadBuffers.LARGE_BYTES; // of many streams
    }
    BackendEvents current = stream.exchange();
    return current == null ? ReadBuffers.MIDDLE_BYTES : current.mostResponseReadBytes();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (writable()) {
      size.drained(deadlines.nowMillis(), sent - unsentBytes());
    } else {
      size.full(deadlines.nowMillis());
    }
    stream.writableChanged();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE) {
      HalfClosed.endSeen(channel);
      if (tls != null || !stream.inputEnded()) {
        close();
      }
    } else if (event == SslCloseCompletionEvent.SUCCESS) {
      // The end of a tunnel, too: TLS 1.2 and BoringSSL end both sides (RFC 5246 §7.2.1).
      closeNotified = true;
      close();
    } else if (event == ChannelOutputShutdownEvent.INSTANCE) {
      HalfClosed.reading(channel, reading);
    } else if (event == ChannelInputShutdownReadComplete.INSTANCE && HalfClosed.gone(channel)) {
      close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (greeting) {
      closedInGreeting();
      return;
    }
    if (state == State.CLOSED || state == State.CONNECTING) {
      return;
    }
    BackendEvents current = stream.exchange();
    try {
      endOfIdle();
      state = State.CLOSED;
      load.close();
      deadlines.disarm(deadline);
      pools.forget(this);
      // RFC 9112 §9.8: without close_notify, no response that the end would complete is complete.
      stream.closed(!endIsUnclean && (tls == null || closeNotified));
    } catch (Throwable e) {
      failed(current, e);
    }
  }

  private void closedInGreeting() {
    BackendEvents waiting = stream.exchange();
    try {
      if (timedOut) {
        String why = "no SETTINGS of HTTP/2 within timeouts.connect";
        notOpened(new IOException(why), ConnectFailure.TIMEOUT);
      } else {
        notGreeted("it closed the connection before its SETTINGS of HTTP/2");
      }
    } catch (Throwable e) {
      failed(waiting, e);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (tls != null && tlsFailed(cause)) {
      return;
    }
    if (cause instanceof IOException error) {
      fault = error;
    }
    if (!(cause instanceof IOException)) {
      endIsUnclean = true;
      failed(stream.exchange(), cause);
    } else if (stream.inTunnel()) {
      // With half-closure on, Netty would report only an end of the backend's side.
      close();
    } else if (channel.isActive() && !writeFailed) {
      // Probably a write: the backend reads no more, but may have answered.
      log.debug("backend={}: {}", place, cause.getMessage());
      writeFailed = true;
      endIsUnclean = true;
      stream.writableChanged(); // the rest of the request is read and discarded
    } else {
      endIsUnclean = true;
    }
  }

  /** Whether a failure is one of TLS, or of its handshake, which reports the rest itself. */
  private boolean tlsFailed(Throwable cause) {
    Throwable inner = cause instanceof DecoderException ? cause.getCause() : cause;
    if (inner instanceof ClosedChannelException) {
      return true; // the handler answers close_notify on a channel that is closed by then
    }
    if (fault == null && inner instanceof IOException error) {
      fault = error;
    }
    if (state == State.CONNECTING || state == State.CLOSED) {
      return true;
    }
    boolean broken = inner instanceof SSLException;
    if (broken) {
      // A record that is no record of this connection, or an alert: nothing more can be read.
      endIsUnclean = true;
      close();
    }
    return broken;
  }

  private void expired() {
    timedOut = state == State.CONNECTING;
    close();
  }

  /** Closes at once; reports the loss to a current exchange. */
  void close() {
    closedByUs = true;
    if (state == State.CLOSED) { // an unregistered channel must not be closed twice
      return;
    }
    if (shared != null && state != State.CONNECTING) {
      shared.closing();
      channel.flush();
    }
    if (shaking && state != State.IDLE) {
      // At once, and without close_notify: what the backend has got is not complete.
      Closing.closeAtOnce(channel);
    } else {
      channel.close();
    }
  }

  private void failed(Throwable cause) {
    failed(stream.exchange(), cause);
  }

  /**
   * An unexpected exception: ends this connection, and the exchange with its client's connection,
   * but not the loop.
   *
   * @param served the exchange that was served, which may have left meanwhile
   */
  public void failed(@Nullable BackendEvents served, Throwable cause) {
    net.failureLog().backendFailed(place, cause);
    try {
      if (served != null) {
        served.fail();
      }
    } finally {
      endUnconnected();
      channel.close();
    }
  }

  /** A channel that was never connected does not become inactive: no event would end it. */
  private void endUnconnected() {
    if (state == State.CONNECTING) {
      state = State.CLOSED;
      deadlines.disarm(deadline);
      load.close();
      if (shared != null) {
        pools.forget(this);
      }
      stream.reset();
    }
  }
}
