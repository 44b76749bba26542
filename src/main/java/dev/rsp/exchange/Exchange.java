// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

import dev.rsp.access.Entry;
import dev.rsp.config.Place;
import dev.rsp.http.Hop;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.ResponseHead;
import dev.rsp.http.Trailers;
import dev.rsp.http.Upgrades;
import dev.rsp.journal.HostTally;
import dev.rsp.net.ReadBuffers;
import dev.rsp.route.RequestSampler;
import dev.rsp.route.Route;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * One request and its response, between a {@link ClientStream} and a {@link BackendStream}: routes
 * the request, sends it with its {@link RequestSender}, passes on what comes from either side, and
 * stops reading a side while the other takes no more. It knows no protocol.
 *
 * <p>Made with its client stream, and used again for the stream's next request. All methods run on
 * the connection's loop. The client stream calls those under "From the client", the backend stream
 * those of {@link BackendEvents}.
 */
public final class Exchange implements BackendEvents {
  private static final Refusal OWN_ANSWER =
      new Refusal(200, "answered by the proxy: Max-Forwards is 0");
  private static final Refusal BACKEND_GONE =
      new Refusal(502, "the backend closed the connection without an answer");
  private static final Refusal BACKEND_REFUSES =
      new Refusal(502, "the backend refused the request without processing it");
  private static final Refusal UNASKED_UPGRADE =
      new Refusal(502, "the backend changed to a protocol that was not asked for");
  private static final Refusal TOO_MANY_INTERIM =
      new Refusal(502, "the backend sent too many interim responses");

  /** At once: a progress of a percent each. Most backends send one or two. */
  private static final int INTERIM_BURST = 100;

  /** Between two in the long run: 10 a second. A person sees no progress that is faster. */
  private static final int INTERIM_MILLIS = 100;

  /** Heads of one exchange together: what 100 early hints of 10 KiB take. */
  private static final int INTERIM_BYTES = 1 << 20;

  private final LoopState loop;
  private final ClientStream client;
  private final Hop hop;
  private final Backends backends;
  private final RequestSender sender;
  private final HostTally hosts;
  private final HostTally.Visit visit = new HostTally.Visit();

  private @Nullable Terms terms;

  /** What is recorded of it; null if nothing reads it. */
  private @Nullable Entry entry;

  /** Carries the exchange; null before and after that. */
  private @Nullable BackendStream backend;

  /** Where the request was sent last; null if it has not been sent. */
  private @Nullable Place place;

  /** Bytes of the body, or of the client's half of a tunnel, that were given to the backend. */
  private long requestBytes;

  /** Whether the client has sent all of the request. */
  private boolean requestEnded;

  private int interims;
  private int interimBytes;
  private long firstInterimMillis;

  /** The protocols that the client offered to change to; null if none. */
  private @Nullable String offer;

  /** Which sides have ended their half of a tunnel. */
  private boolean clientEnded;

  private boolean backendEnded;

  /**
   * The exchange of a client stream.
   *
   * @param hop the connection that the stream belongs to
   */
  public Exchange(LoopState loop, Backends backends, ClientStream client, Hop hop) {
    this.loop = loop;
    this.client = client;
    this.hop = hop;
    this.backends = backends;
    this.hosts = loop.hosts();
    this.sender = new RequestSender(loop, backends, this, hop);
  }

  // From the client ------------------------------------------------------------------------------

  /**
   * Begins with a request. If this throws, {@link #abandon} releases what it holds.
   *
   * @param head with a host; good until this returns
   * @param kind the form of the body
   * @param body the first bytes of the body, perhaps none; taken over
   * @param last whether the body is complete with them
   * @param record what is recorded of it; null if nothing reads it
   */
  public void begin(
      RequestHead head, BodyKind kind, ByteBuf body, boolean last, @Nullable Entry record) {
    Service service = loop.service();
    entry = record;
    terms = service.terms;
    place = null;
    requestBytes = 0;
    requestEnded = last;
    interims = 0;
    interimBytes = 0;
    offer = head.offer();
    clientEnded = false;
    backendEnded = false;
    Route route;
    boolean goesOn = false;
    try {
      if (head.endsHere()) {
        refuse(OWN_ANSWER, Ending.OWN_ANSWER);
        return;
      }
      route = service.router.route(head, hop);
      if (service.samples) {
        sample(service.sampler, head);
      }
      if (record != null) {
        record.routed(route.why().text(), service.generation);
      }
      Refusal refusal = route.refusal();
      if (refusal != null) {
        refuse(refusal, Ending.REFUSED_BY_ROUTE);
        return;
      }
      visit.begin(head.hostBytes(), head.hostLength());
      goesOn = true;
    } finally {
      if (!goesOn) {
        body.release();
      }
    }
    BackendStream idle = sender.start(service, route, head, kind, body, last);
    if (idle != null) {
      backend = idle;
      send(idle, head, service.terms);
    }
  }

  /** No response depends on the sample, so its failure is harmless. */
  private void sample(RequestSampler sampler, RequestHead head) {
    try {
      sampler.sample(head, hop);
    } catch (Throwable e) {
      loop.net().failureLog().failed("a request was not sampled", e);
    }
  }

  /** Sends the request, and passes on more of it while the stream takes it. */
  private void send(BackendStream stream, RequestHead head, Terms current) {
    Place to = stream.place();
    place = to;
    if (entry != null) {
      entry.sent(slotName(to), to.text(), to.protocol().label());
    }
    boolean sayContinue = sender.send(stream, head, current, requestEnded);
    if (sayContinue) {
      interim(loop.continueHead());
    }
    if (!requestEnded) {
      client.setReading(stream.writable());
    }
  }

  /** Sends the request, whose head is kept, over an idle connection. */
  void send(BackendStream stream) {
    backend = stream; // first, so that the two end together if anything throws
    send(stream, sender.keptHead(), terms());
  }

  /**
   * Sends more of the request, and takes over the buffer.
   *
   * @param last whether the request is complete with it
   */
  public void requestBody(ByteBuf bytes, boolean last) {
    requestEnded = last;
    if (sender.sent()) {
      if (sender.keepsRequest()) {
        keep(bytes);
      }
      pass(bytes, last);
    } else {
      Refusal refusal = sender.hold(bytes);
      if (refusal != null) {
        refuse(refusal, Ending.LIMIT_HELD_BODY);
        return;
      }
    }
    if (last) {
      client.awaitResponse();
      sender.bodyEnded();
    }
  }

  private void keep(ByteBuf bytes) {
    try {
      sender.keep(bytes);
    } catch (Throwable e) {
      bytes.release();
      throw e;
    }
  }

  /** Passes on the fields behind the body. The end follows, by {@link #requestBody}. */
  public void requestTrailers(Trailers fields) {
    sender.trailers(fields);
    if (backend != null && sender.sent()) {
      backend.trailers(fields);
    }
  }

  /** Sends more of the client's half of a tunnel, and takes over the buffer. */
  public void tunnelBytes(ByteBuf bytes) {
    pass(bytes, false);
  }

  private void pass(ByteBuf bytes, boolean last) {
    BackendStream to = backend;
    if (to == null || !to.takesRequest()) {
      // The backend has answered and reads no more; the client is getting the answer.
      bytes.release();
      return;
    }
    requestBytes += bytes.readableBytes();
    to.body(bytes, last);
    if (!to.writable()) {
      client.setReading(false);
    }
  }

  /** The client has ended its half of a tunnel. */
  public void clientHalfClosed() {
    clientEnded = true;
    if (backend != null) {
      if (backendEnded) {
        backend.closeAfterFlush();
      } else {
        backend.shutOutput();
      }
    }
  }

  /** The client takes no more of the response for now. */
  public void clientFull() {
    if (backend != null) {
      backend.setReading(false);
    }
  }

  /** The client takes more of the response. */
  public void clientWritable() {
    if (backend != null) {
      backend.setReading(true);
    }
  }

  /** Ends the exchange without an answer. No effect if it has ended. */
  public void abandon() {
    BackendStream left = leaveBackend();
    try {
      sender.forget();
    } finally {
      if (left != null) {
        left.reset();
      }
    }
  }

  /** The connection of the client has ended, and with it the exchange. */
  public void clientClosed() {
    try {
      abandon();
    } finally {
      backends.clientClosed(hop);
    }
  }

  /**
   * The same, because the backend was waited for in vain.
   *
   * @param kind what it did not do in time
   */
  public void abandonSlow(BackendFailure kind) {
    if (backend != null) {
      logFailure(backend, kind);
    } else {
      sender.logQueued();
    }
    abandon();
  }

  /** The maximal size of the next read from the client, in bytes. */
  public int mostReadBytes() {
    return backend == null ? ReadBuffers.MIDDLE_BYTES : backend.mostReadBytes();
  }

  /** The capacity of the buffers that it and its backend stream hold. */
  public long heldBytes() {
    return sender.heldBytes() + (backend == null ? 0 : backend.heldBytes());
  }

  /**
   * Whether the body is held until it is complete: it is freed only by reading on. {@code
   * limits.held_total_bytes} bounds that.
   */
  public boolean holdsBody() {
    return sender.holdsBody();
  }

  /** Bytes of the request that the backend has not taken yet. */
  public long unsentBytes() {
    return backend == null ? 0 : backend.unsentBytes();
  }

  /** A number that changes whenever the backend has taken something. */
  public long taken() {
    return requestBytes - unsentBytes();
  }

  // From the backend: connecting -----------------------------------------------------------------

  @Override
  public void connecting(@Nullable BackendStream opened) {
    backend = opened;
    recordConnecting(opened != null);
    if (!requestEnded) {
      client.setReading(false);
    }
  }

  private void recordConnecting(boolean opened) {
    if (entry == null) {
      return;
    }
    if (opened) {
      entry.connecting();
    } else {
      entry.queued();
    }
  }

  @Override
  public void connected(BackendStream stream) {
    if (entry != null) {
      entry.connected();
    }
    send(stream);
  }

  @Override
  public void connectFailed(ConnectFailure failure) {
    backend = null;
    sender.connectFailed(failure);
  }

  @Override
  public void connectMisled() {
    backend = null;
    sender.connectMisled();
  }

  // From the backend: the request ----------------------------------------------------------------

  @Override
  public void backendFull() {
    boolean inTunnel = backend != null && backend.inTunnel();
    // After the request the client is read only to see whether it closes.
    if (!requestEnded || inTunnel) {
      client.setReading(false);
    }
  }

  @Override
  public void backendWritable() {
    if (!requestEnded || offer != null) {
      client.setReading(true);
    }
  }

  // From the backend: the response ---------------------------------------------------------------

  @Override
  public void responseBegins() {
    sender.forget();
  }

  @Override
  public int mostResponseReadBytes() {
    return client.mostReadBytes();
  }

  @Override
  public boolean takesChunks() {
    return client.takesChunks();
  }

  @Override
  public boolean interim(ResponseHead head) {
    interimBytes += head.length();
    if (interimBytes > INTERIM_BYTES || interimsTooFast()) {
      malformed(TOO_MANY_INTERIM);
      return false;
    }
    if (head.status() == 102 || head.status() == 103) {
      client.backendProgresses();
    }
    if (client.takesInterim()) {
      client.interim(head);
    }
    return true;
  }

  private boolean interimsTooFast() {
    long now = loop.net().deadlines().nowMillis();
    if (interims == 0) {
      firstInterimMillis = now;
    }
    return ++interims > INTERIM_BURST + (now - firstInterimMillis) / INTERIM_MILLIS;
  }

  @Override
  public void respond(ResponseHead head, BodyKind kind, ByteBuf body, boolean last) {
    try {
      if (entry != null) {
        entry.answered(head.status());
      }
      countHost(head);
      if (last) {
        backend = null;
      }
    } catch (Throwable e) {
      body.release();
      throw e;
    }
    client.respond(head, kind, body, last);
    if (!last) {
      pauseIfFull();
    }
  }

  private void countHost(ResponseHead head) {
    Place from = place;
    if (from != null) {
      String slot = slotName(from);
      visit.answered(hosts, head.status(), slot == null ? from.text() : slot);
    }
  }

  private @Nullable String slotName(Place at) {
    return loop.service().slotNames.get(at);
  }

  @Override
  public void responseBody(ByteBuf bytes, boolean last) {
    if (last) {
      backend = null;
    }
    client.body(bytes, last);
    if (!last) {
      pauseIfFull();
    }
  }

  @Override
  public void trailers(Trailers fields) {
    client.trailers(fields);
  }

  private void pauseIfFull() {
    BackendStream stream = backend;
    if (stream != null && !client.writable()) {
      stream.setReading(false);
    }
  }

  @Override
  public void switchProtocols(ResponseHead head, boolean passed, ByteBuf bytes) {
    boolean offered;
    try {
      String offers = offer;
      // RFC 9110 §7.8: only to a protocol that the client has offered.
      offered = passed && offers != null && Upgrades.offered(offers, head.upgradeTo());
      if (offered) {
        countHost(head);
        if (entry != null) {
          entry.answered(head.status());
        }
      }
    } catch (Throwable e) {
      bytes.release();
      throw e;
    }
    if (!offered) {
      bytes.release();
      malformed(UNASKED_UPGRADE);
      return;
    }
    client.startTunnel(head, bytes);
    pauseIfFull();
  }

  @Override
  public void backendTunnelBytes(ByteBuf bytes) {
    client.body(bytes, false);
    pauseIfFull();
  }

  @Override
  public void backendHalfClosed() {
    backendEnded = true;
    client.tunnelHalfClosed();
    if (clientEnded && backend != null) {
      // The client's last bytes may still be on their way to the backend.
      backend.closeAfterFlush();
    }
  }

  @Override
  public void tunnelClosed() {
    leaveBackend();
    client.tunnelClosed();
  }

  @Override
  public void malformed(Refusal refusal) {
    refuseFor(BackendFailure.MALFORMED, refusal, Ending.BACKEND_MALFORMED);
  }

  @Override
  public void unfit(Refusal refusal) {
    refuseFor(BackendFailure.HTTP2, refusal, Ending.BACKEND_HTTP2);
  }

  private void refuseFor(BackendFailure kind, Refusal refusal, Ending ending) {
    BackendStream from = backend;
    if (from != null) {
      loop.backendLog().failed(from, kind, refusal);
    }
    refuse(refusal, ending);
  }

  @Override
  public void malformedBody(Refusal refusal) {
    BackendStream left = leaveBackend();
    if (left != null) {
      loop.backendLog().failed(left, BackendFailure.MALFORMED_BODY, refusal);
    }
    sender.forget();
    client.cut(Ending.BACKEND_MALFORMED_BODY);
  }

  @Override
  public void lost(boolean reused, boolean begun, boolean headPassed) {
    BackendStream left = leaveBackend();
    if (headPassed) {
      logFailure(left, BackendFailure.TRUNCATED);
      sender.forget();
      client.cut(Ending.BACKEND_TRUNCATED);
    } else if (begun || !sender.sendAgain(reused)) {
      logFailure(left, BackendFailure.CLOSED);
      refuse(BACKEND_GONE, Ending.BACKEND_GONE);
    }
  }

  @Override
  public void refused() {
    BackendStream left = leaveBackend();
    if (!sender.sendRefusedAgain()) {
      logFailure(left, BackendFailure.STREAM_REFUSED);
      refuse(BACKEND_REFUSES, Ending.BACKEND_GONE);
    }
  }

  private void logFailure(@Nullable BackendStream stream, BackendFailure kind) {
    if (stream != null) {
      loop.backendLog().failed(stream, kind);
    }
  }

  @Override
  public void fail() {
    client.fail();
  }

  // From the sender ------------------------------------------------------------------------------

  /** What the exchange keeps of the configuration that it began with. */
  Terms terms() {
    return terms == null ? loop.terms() : terms;
  }

  /**
   * The body is read to its end before the request can be sent.
   *
   * @param say whether the client waits for 100 (Continue) before it sends any
   */
  void holding(boolean say) {
    backend = null;
    if (say) {
      // Instead of a backend whose protocol has no 100.
      interim(loop.continueHead());
    }
    client.setReading(true);
  }

  /** Another place is tried: a connection that is being opened is not needed. */
  void stopConnecting() {
    BackendStream left = leaveBackend();
    if (left != null) {
      left.reset();
    }
  }

  /** The request waits for its site to start. */
  void stillWaiting() {
    backend = null;
    recordConnecting(false);
    if (!requestEnded) {
      client.setReading(false);
    }
    client.awaitResponse();
  }

  /** The wait is over; the request is sent next. */
  void waited() {
    if (requestEnded) {
      client.awaitResponse();
    } else {
      client.awaitBody();
    }
  }

  /** Whether the client has sent all of the request. */
  boolean requestEnded() {
    return requestEnded;
  }

  /** None of the places could be reached; why the last one could not. */
  void unreachable(ConnectFailure failure) {
    if (entry != null) {
      Place last = sender.place();
      entry.unreachable(slotName(last), last.text(), last.protocol().label());
    }
    refuse(failure.refusal(), failure.ending());
  }

  /** Answers instead of a backend, whose stream is reset. */
  void refuse(Refusal refusal, Ending ending) {
    abandon();
    client.refuse(refusal, ending);
  }

  /** Detaches and returns the backend stream. */
  private @Nullable BackendStream leaveBackend() {
    BackendStream left = backend;
    backend = null;
    return left;
  }
}
