// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

import dev.rsp.access.AccessLog;
import dev.rsp.access.Entries;
import dev.rsp.access.Entry;
import dev.rsp.access.LoopLog;
import dev.rsp.http.Hop;
import dev.rsp.http.Parsed;
import dev.rsp.http.RequestHead;
import dev.rsp.http.ResponseHead;
import dev.rsp.http.WireOptions;
import dev.rsp.http.h1.HeadParser;
import dev.rsp.journal.HostTally;
import dev.rsp.lua.CallCounts;
import dev.rsp.net.ConnectionCount;
import dev.rsp.net.NetLoop;
import dev.rsp.trace.RequestSpan;
import dev.rsp.usage.LoopUsage;
import dev.rsp.usage.Usage;
import dev.rsp.wake.Starter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the exchanges of one loop share: the service for new exchanges, whether the loop drains, and
 * the counters. Unless a method says otherwise, it is called on the loop's thread.
 */
public final class LoopState {
  private static final byte[] CONTINUE =
      "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  /** So long lines may wait for others that are written with them. */
  private static final int LOG_DELAY_MILLIS = 500;

  /** So long the sums of hosts may wait to be added to those of other loops. */
  private static final int USAGE_DELAY_SECONDS = 5;

  private final NetLoop net;
  private final ConnectionCount connections;
  private final Starter starter;
  private final Counters counters = new Counters();
  private final HostTally hosts = new HostTally();
  private final HeldBytes held = new HeldBytes();
  private final BackendLog backendLog;
  private final RequestHead keptHead = new RequestHead();
  private final ResponseHead continueHead = new ResponseHead();

  private @Nullable AccessLog openLog;
  private @Nullable LoopLog accessLog;
  private @Nullable Usage openUsage;
  private @Nullable LoopUsage usage;

  /** Gives out entries; null if nothing reads them. */
  private @Nullable Entries entries;

  private final RequestCounts requests = new RequestCounts();

  /** Calls of the scripts of earlier services. */
  private CallCounts formerCalls = CallCounts.NONE;

  /** Whether somebody may ask for {@link #requests}. */
  private boolean counts;

  private @Nullable Service service;
  private @Nullable Terms terms;
  private boolean draining;
  private boolean stopping;

  /**
   * The state of a loop without a service. Any thread.
   *
   * @param connections counts client connections over all loops
   * @param starter starts sites for all loops
   */
  public LoopState(NetLoop net, ConnectionCount connections, Starter starter) {
    this.net = net;
    this.connections = connections;
    this.starter = starter;
    this.backendLog = new BackendLog(net.eventLoop());
    new HeadParser(CONTINUE.length, 0, 0, WireOptions.DEFAULTS)
        .response(Unpooled.wrappedBuffer(CONTINUE), continueHead);
  }

  /** Uses this service from now on; a retired loop serves again. */
  public void serve(Service newer) {
    Terms newTerms = newer.terms;
    useLog(newer.accessLog);
    formerCalls = calls();
    use(newer.usage);
    record(newTerms.recorded, openLog);
    counts = newTerms.counted;
    requests.countSlots(newer.countedSlots, counts && newer.topHosts > 0);
    service = newer;
    terms = newTerms;
    backendLog.serve(newer);
    draining = stopping;
  }

  @SuppressWarnings("ReferenceEquality") // the same log, not an equal one
  private void useLog(@Nullable AccessLog newer) {
    if (newer == openLog) {
      return;
    }
    flushAccessLog();
    openLog = newer;
    EventLoop loop = net.eventLoop();
    accessLog =
        newer == null
            ? null
            : newer.forLoop(task -> loop.schedule(task, LOG_DELAY_MILLIS, TimeUnit.MILLISECONDS));
  }

  @SuppressWarnings("ReferenceEquality") // the same, not an equal one
  private void use(@Nullable Usage newer) {
    if (newer == openUsage) {
      return;
    }
    flushUsage();
    openUsage = newer;
    EventLoop loop = net.eventLoop();
    usage =
        newer == null
            ? null
            : newer.forLoop(task -> loop.schedule(task, USAGE_DELAY_SECONDS, TimeUnit.SECONDS));
  }

  /** Records exchanges from now on, or does not, with what is read of them. */
  private void record(boolean recorded, @Nullable AccessLog log) {
    entries = !recorded ? null : log == null ? Entries.withoutTexts() : Entries.of(log);
  }

  /** An entry for an exchange that begins; null if nothing reads it. */
  public @Nullable Entry newEntry() {
    return entries == null ? null : entries.begin(service().generation);
  }

  /**
   * The exchange of an entry has ended: all that are in force now read it. It is not used after
   * that.
   *
   * @param hop at which the request was
   * @param written octets to the client, for this exchange
   * @param span of the request; ends as well. Null if it is not traced
   */
  public void ended(Entry entry, Ending ending, Hop hop, long written, @Nullable RequestSpan span) {
    entry.ended(ending.label(), hop, hop.requestId(), written);
    if (span != null) {
      span.end(entry);
    }
    if (counts) {
      requests.ended(entry, ending);
    }
    if (accessLog != null) {
      accessLog.ended(entry);
    }
    if (usage != null) {
      usage.ended(entry);
    }
    if (entries != null) {
      entries.free(entry);
    }
  }

  /** Hands the lines of the access log over to the thread that writes them. */
  public void flushAccessLog() {
    if (accessLog != null) {
      accessLog.flush();
    }
  }

  /** Hands the sums of hosts over to the thread that adds them up. */
  public void flushUsage() {
    if (usage != null) {
      usage.flush();
    }
  }

  /** The service for new exchanges. */
  public Service service() {
    Service current = service;
    if (current == null) {
      throw new IllegalStateException("no service yet");
    }
    return current;
  }

  /** The terms of that service. */
  public Terms terms() {
    Terms current = terms;
    if (current == null) {
      throw new IllegalStateException("no service yet");
    }
    return current;
  }

  /** Ends connections with their next response, which says so. */
  public void retire() {
    draining = true;
  }

  /** Ends connections with the exchange in flight. */
  public void stop() {
    draining = true;
    stopping = true;
  }

  /** Whether the next response of a connection says that it is the last. */
  public boolean draining() {
    return draining;
  }

  /** Whether connections end after the exchange in flight, whatever its response said. */
  public boolean stopping() {
    return stopping;
  }

  /**
   * Reads the kept head of a request again.
   *
   * @return the loop's table, valid until the next call
   */
  RequestHead readAgain(ByteBuf kept, Terms terms) {
    if (terms.parser.request(kept, keptHead) != Parsed.DONE) {
      throw new IllegalStateException("a head that was read before cannot be read again");
    }
    byte[] host = terms.defaultHost;
    if (keptHead.hostLength() == 0 && host != null) {
      keptHead.assumeHost(host);
    }
    return keptHead;
  }

  /** The head of 100 (Continue). Read-only. */
  ResponseHead continueHead() {
    return continueHead;
  }

  /** The loop's part of the network. Any thread. */
  public NetLoop net() {
    return net;
  }

  /** Client connections over all loops. Any thread. */
  public ConnectionCount connections() {
    return connections;
  }

  /** Starts sites for all loops. Any thread. */
  public Starter starter() {
    return starter;
  }

  /** How the exchanges of this loop ended. Any thread. */
  public Counters counters() {
    return counters;
  }

  /** How many hosts of this loop have a route that is cached. */
  public int cachedHosts() {
    Service current = service;
    return current == null ? 0 : current.cachedHosts();
  }

  /** How often scripts were called since the start. */
  public CallCounts calls() {
    Service current = service;
    return current == null ? formerCalls : formerCalls.plus(current.calls());
  }

  /** The requests of this loop by slot, if the configuration has them counted. Any thread. */
  public RequestCounts requests() {
    return requests;
  }

  /** Which hosts were served. */
  public HostTally hosts() {
    return hosts;
  }

  /** Bytes of bodies that are held. */
  public HeldBytes held() {
    return held;
  }

  /** Logs problems of backends. */
  public BackendLog backendLog() {
    return backendLog;
  }
}
