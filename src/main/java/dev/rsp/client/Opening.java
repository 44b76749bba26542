// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client;

import dev.rsp.client.HandshakeCounters.Result;
import dev.rsp.config.ListenOptions;
import dev.rsp.exchange.Ending;
import dev.rsp.exchange.LoopState;
import dev.rsp.exchange.Service;
import dev.rsp.exchange.Terms;
import dev.rsp.http.ClientTls;
import dev.rsp.http.TrustedProxies;
import dev.rsp.log.IoReason;
import dev.rsp.net.Deadline;
import dev.rsp.net.NetLoop;
import dev.rsp.net.ReadBuffers;
import dev.rsp.net.Shortages;
import dev.rsp.net.TurnFlusher;
import dev.rsp.net.h2.Preface;
import dev.rsp.net.tls.CertificateSource;
import dev.rsp.net.tls.ClientHello;
import dev.rsp.net.tls.ServerIdentity;
import dev.rsp.net.tls.TlsAccept;
import dev.rsp.net.tls.TlsFailure;
import dev.rsp.net.tls.TlsProfile;
import dev.rsp.proxy.ProxyHeader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's connection from its accept until its protocol is known: counts it, reads its PROXY
 * header, and has it shake hands. Then the protocol serves it.
 *
 * <p>The handlers of its phases stand before it in the pipeline. All methods run on the
 * connection's loop.
 */
final class Opening extends ChannelInboundHandlerAdapter
    implements ClientConnection, ProxyAccept.Owner, TlsAccept.Owner {
  private static final Logger log = LoggerFactory.getLogger(Opening.class);

  /** As a new HTTP/1 connection: its request may be on the way. */
  private static final int FIRST_BYTES_MILLIS = 1_000;

  /** Its name in ALPN: RFC 9113 §3.1. */
  private static final String HTTP2_BY_ALPN = "h2";

  private enum State {
    /** The phases are under way. */
    OPENING,
    /** A protocol serves the connection. */
    SERVED,
    CLOSED
  }

  private final LoopState loop;
  private final NetLoop net;
  private final ClientConnections connections;
  private final Shortages shortages;
  private final Protocols protocols;
  private final ProxyRefusals refusals;
  private final HandshakeCounters handshakes;
  private final Channel channel;
  private final ListenOptions options;
  private final Admission admission;
  private final Deadline deadline = new Deadline(this::expired, this::failed);

  private State state = State.OPENING;

  /** Shakes hands; null before it is known that it is to, and when the result is counted. */
  private @Nullable TlsAccept tls;

  private Peer peer;

  /** Reads the PROXY header; null if none is awaited. */
  private @Nullable ProxyAccept header;

  private long sinceMillis;

  /** Whether the first bytes decide which protocol it is. */
  private boolean choosing;

  /** A part of the preface of HTTP/2. */
  private @Nullable ByteBuf early;

  /** How large the next read may be for the protocol. */
  private IntSupplier mostBytes = () -> ReadBuffers.MIDDLE_BYTES;

  Opening(
      LoopState loop,
      ClientConnections connections,
      Shortages shortages,
      Protocols protocols,
      ProxyRefusals refusals,
      HandshakeCounters handshakes,
      Channel channel,
      ListenOptions options) {
    this.loop = loop;
    this.net = loop.net();
    this.connections = connections;
    this.shortages = shortages;
    this.protocols = protocols;
    this.refusals = refusals;
    this.handshakes = handshakes;
    this.channel = channel;
    this.options = options;
    this.peer = Peer.of(channel, options);
    this.admission = new Admission(loop.connections());
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    connections.opened(this);
    Terms terms = loop.terms();
    sinceMillis = net.deadlines().nowMillis();
    net.deadlines().arm(deadline, terms.timeouts.headMillis());
    TrustedProxies senders = options.proxyProtocol();
    if (senders != null && !senders.trusts(peer.remote())) {
      refuse(Ending.PROXY_PEER, "not one of proxy_protocol");
      return;
    }
    InetAddress ip = senders == null ? countedAddress(terms) : null;
    CountedRefusal tooMany = admission.enter(ip, terms.limits, shortages);
    if (tooMany != null) {
      turnAway(tooMany);
    } else if (senders != null) {
      ProxyAccept first = new ProxyAccept(this);
      header = first;
      addBefore(first);
    } else {
      shakeHands();
    }
  }

  private void turnAway(CountedRefusal tooMany) {
    if (options.tls()) {
      // A 503 would need the handshake first, which costs more than all else.
      loop.counters().count(tooMany.ending());
      channel.close();
    } else {
      serveBy(() -> protocols.http1TooMany(channel, peer, admission, tooMany));
    }
  }

  /** The address for which a connection counts; null if it counts for none. */
  private @Nullable InetAddress countedAddress(Terms terms) {
    return peer.newHop().countedAddress(terms.trusted);
  }

  // The PROXY header -----------------------------------------------------------------------------

  @Override
  public void introduced(ProxyHeader named) {
    header = null;
    SocketAddress source = named.source();
    if (source != null) {
      peer = peer.introduced(source, named.destination());
    }
    Terms terms = loop.terms();
    InetAddress client = countedAddress(terms);
    CountedRefusal tooMany = client == null ? null : admission.enterClient(client, terms.limits);
    if (tooMany == null) {
      shakeHands();
    } else {
      turnAway(tooMany);
    }
  }

  @Override
  public void notIntroduced(String fault) {
    refuse(Ending.PROXY_HEADER, fault);
  }

  private void refuse(Ending ending, String why) {
    header = null;
    loop.counters().count(ending);
    refusals.refused(clientText(), why);
    channel.close();
  }

  // TLS ------------------------------------------------------------------------------------------

  /** Adds a handler that reads what comes before this one does. */
  private void addBefore(ChannelHandler first) {
    ChannelPipeline pipeline = channel.pipeline();
    pipeline.addBefore(pipeline.context(this).name(), null, first);
  }

  private void shakeHands() {
    Service service = loop.service();
    CertificateSource certificates = service.certificates;
    if (!options.tls()) {
      if (options.http2()) {
        choosing = true;
      } else {
        serve();
      }
    } else if (certificates != null) {
      TlsProfile profile = TlsProfile.of(options);
      TlsAccept first = new TlsAccept(certificates, profile, this);
      addBefore(first);
      tls = first;
    } else {
      channel.close(); // the configuration of now has no certificates any more
    }
  }

  @Override
  public void awaitsCertificate(int millis) {
    if (state == State.OPENING) {
      Terms terms = loop.terms();
      net.deadlines().arm(deadline, millis + terms.timeouts.headMillis());
    }
  }

  @Override
  public void secured(SslHandler handler, ClientHello hello, ServerIdentity identity) {
    if (state != State.OPENING) {
      return;
    }
    SSLSession session = handler.engine().getSession();
    boolean isNew = session.getProtocol().equals(Result.TLS_1_3.label());
    count(isNew ? Result.TLS_1_3 : Result.TLS_1_2);
    if (identity.isProof()) {
      channel.close(); // RFC 8737 §3: the authority wants no more than the certificate
      return;
    }
    peer =
        new Peer(
            peer.remote(),
            peer.proxy(),
            peer.local(),
            new ClientTls(
                session.getProtocol(),
                session.getCipherSuite(),
                hello.serverName(),
                handler.applicationProtocol(),
                options.clientCa() == null ? null : ClientSubject.of(session)),
            identity.key(),
            options);
    if (HTTP2_BY_ALPN.equals(handler.applicationProtocol())) {
      serveBy(() -> protocols.http2(channel, peer, admission, null));
    } else {
      serve();
    }
  }

  @Override
  public void unrecognized(ClientHello hello) {
    count(Result.UNRECOGNIZED_NAME);
    log.debug("no certificate name={} client={}", hello.serverName(), clientText());
  }

  @Override
  public void failed(Throwable cause) {
    count(Result.FAILED);
    if (cause instanceof IOException failure) { // SSLException is one
      log.debug("TLS handshake failed client={}: {}", clientText(), IoReason.of(failure));
    } else {
      net.failureLog().clientFailed(clientText(), cause);
    }
    channel.close();
  }

  /** Counts the handshake, once. */
  private void count(Result result) {
    if (tls != null) {
      handshakes.count(result);
    }
    tls = null;
  }

  // The first bytes ------------------------------------------------------------------------------

  /** RFC 9113 §3.3: a client that knows beforehand begins with the preface of HTTP/2. */
  private void choose(ByteBuf bytes) {
    ByteBuf all = bytes;
    ByteBuf before = early;
    early = null;
    if (before != null) {
      all = before.writeBytes(bytes);
      bytes.release();
    }
    int most = Math.min(all.readableBytes(), Preface.LENGTH);
    boolean same = true;
    for (int i = 0; i < most && same; i++) {
      same = all.getByte(all.readerIndex() + i) == Preface.at(i);
    }
    ByteBuf first = all;
    if (!same) {
      serveBy(() -> protocols.http1(channel, peer, admission, first));
    } else if (most == Preface.LENGTH) {
      serveBy(() -> protocols.http2(channel, peer, admission, first));
    } else {
      early = all;
    }
  }

  private void releaseEarly() {
    ByteBuf bytes = early;
    early = null;
    if (bytes != null) {
      bytes.release();
    }
  }

  private void serve() {
    serveBy(() -> protocols.http1(channel, peer, admission, null));
  }

  private void serveBy(Supplier<IntSupplier> protocol) {
    net.deadlines().disarm(deadline);
    connections.closed(this);
    state = State.SERVED;
    channel.pipeline().remove(this);
    try {
      mostBytes = protocol.get();
    } catch (Throwable e) {
      channel.unsafe().closeForcibly();
      throw e;
    }
  }

  int mostReadBytes() {
    return mostBytes.getAsInt();
  }

  private String clientText() {
    return peer.newHop().text();
  }

  // Events of the channel ------------------------------------------------------------------------

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (choosing && state == State.OPENING) {
      choose((ByteBuf) message);
    } else {
      ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE) {
      channel.close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (state == State.OPENING) {
      ProxyAccept awaited = header;
      if (awaited != null && awaited.hasBegun()) {
        notIntroduced("the connection ended in the PROXY header");
      }
      TlsAccept shaking = tls;
      if (shaking != null && shaking.begun()) {
        count(Result.FAILED);
      }
      state = State.CLOSED;
      net.deadlines().disarm(deadline);
      connections.closed(this);
      releaseEarly();
      admission.leave();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable caught) {
    failed(TlsFailure.causeOf(caught));
  }

  private void expired() {
    if (header != null) {
      notIntroduced("no PROXY header in time");
    }
    count(Result.LATE);
    channel.close();
  }

  // For the loop ---------------------------------------------------------------------------------

  @Override
  public void drain() {
    // A client whose handshake is under way is about to send a request.
    ProxyAccept awaited = header;
    TlsAccept shaking = tls;
    boolean begun = (awaited != null && awaited.hasBegun()) || (shaking != null && shaking.begun());
    if (!begun) {
      channel.close();
    }
  }

  @Override
  public long idleSinceMillis() {
    boolean old = net.deadlines().nowMillis() - sinceMillis >= FIRST_BYTES_MILLIS;
    return old && admission.counted() ? sinceMillis : NOT_IDLE;
  }

  @Override
  public void giveWay() {
    admission.leave();
    end();
  }

  /** Closes, which is no fault of the peer. */
  private void end() {
    header = null;
    channel.close();
  }

  @Override
  public void close(Ending ending) {
    end();
  }

  @Override
  public void endForMemory() {
    end();
  }

  @Override
  public void pause(boolean on) {
    channel.config().setAutoRead(!on);
  }

  @Override
  public boolean holdsBody() {
    return false;
  }

  @Override
  public long heldBytes() {
    long ofHeader = header == null ? 0 : header.heldBytes();
    return ofHeader + (early == null ? 0 : early.capacity());
  }

  @Override
  public long unsentBytes() {
    return TurnFlusher.unsentBytes(channel);
  }

  @Override
  public boolean hasExchange() {
    return false;
  }
}
