// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Initialise;
import dev.rsp.config.Place;
import dev.rsp.http.Browser;
import dev.rsp.http.HostName;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.route.Router;
import dev.rsp.wake.Start;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A request whose site is being started: nothing of it was sent, so it is sent as it is when the
 * site is there, whatever its method.
 *
 * <p>The client is not read meanwhile, so no more of its body is held than came with the head. One
 * exchange's, on its loop.
 */
final class StartWait implements Start.Waiter {
  private static final Refusal TOO_MANY = new Refusal(503, "too many wait for this site to start");
  private static final Refusal TOO_LARGE =
      new Refusal(503, "too large to wait for this site to start");
  private static final Refusal BUSY = new Refusal(503, "too many sites are starting");
  private static final Refusal SLOW = new Refusal(503, "this site is starting");
  private static final Refusal FAILED = new Refusal(503, "this site could not be started");
  private static final Refusal UNKNOWN = new Refusal(404, "no such site");
  private static final Refusal STOPPING = new Refusal(503, "the proxy is stopping");

  private final ProxyLoop loop;
  private final Exchange exchange;
  private final RequestSender sender;
  private final byte[] host = new byte[HostName.MAX_LENGTH];

  private int hostLength;
  private boolean browser;
  private boolean tooLarge;
  private @Nullable Initialise by;
  private @Nullable Start start;

  /** Counts the request for its place while no connection does. */
  private @Nullable LoadShare load;

  private @Nullable ScheduledFuture<?> next;
  private long untilNanos;

  StartWait(ProxyLoop loop, Exchange exchange, RequestSender sender) {
    this.loop = loop;
    this.exchange = exchange;
    this.sender = sender;
  }

  /**
   * Keeps what will have to be known of a request when its head is gone.
   *
   * @param router has routed it: the host by which it did is that of the site
   */
  void begin(RequestHead head, Router router, @Nullable Initialise how) {
    by = how;
    if (how != null) {
      hostLength = router.hostLength();
      System.arraycopy(router.hostBytes(), 0, host, 0, hostLength);
      browser = Browser.navigates(head);
      tooLarge = how.bodyBytes() > 0 && head.contentLength() > how.bodyBytes();
    }
  }

  /** Whether the request waits. */
  boolean active() {
    return start != null;
  }

  /**
   * Has the request wait, or refused, if its site may only be asleep: there is no socket, or nobody
   * listens. A place that does not answer is not started a second time.
   *
   * @param place where its site is missed
   * @param triedNanos when the connection was asked for that failed
   * @return false if it is no case for this
   */
  boolean enter(Place place, ConnectFailure failure, long triedNanos) {
    Initialise how = by;
    boolean asleep = failure == ConnectFailure.MISSING || failure == ConnectFailure.REFUSED;
    if (how == null || !asleep) {
      return false;
    }
    if (loop.stopping()) {
      refuse(STOPPING, Ending.DRAINED);
      return true;
    }
    String name = new String(host, 0, hostLength, StandardCharsets.US_ASCII);
    Start joined = loop.starter.join(name, how, triedNanos);
    if (joined == null) {
      refuse(BUSY, Ending.LIMIT_WAITING);
    } else if (!ended(joined.state(), failure)) {
      if (tooLarge) {
        refuse(TOO_LARGE, Ending.LIMIT_WAITING);
      } else if (joined.enter(this)) {
        start = joined;
        load = new LoadShare(loop.service().loads, place);
        untilNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(how.timeoutMillis());
        tryLater(how);
      } else {
        refuse(TOO_MANY, Ending.LIMIT_WAITING);
      }
    }
    return true;
  }

  /** Refuses if the start has come to a bad end. */
  private boolean ended(Start.State state, ConnectFailure failure) {
    switch (state) {
      case STARTING, UP -> {
        return false;
      }
      case EXISTS -> exchange.unreachable(failure);
      case UNKNOWN -> refuse(UNKNOWN, Ending.SITE_UNKNOWN);
      case FAILED -> refuse(FAILED, Ending.START_FAILED);
    }
    return true;
  }

  private void tryLater(Initialise how) {
    if (load != null) {
      load.begin();
    }
    exchange.stillWaiting();
    next = loop.eventLoop.schedule(this::look, how.pollMillis(), TimeUnit.MILLISECONDS);
  }

  /** As a task of the loop, it has nothing else above it that would end its exchange. */
  private void look() {
    try {
      lookOnce();
    } catch (Throwable e) {
      sender.failed("a request that waits for its site failed", e);
    }
  }

  private void lookOnce() {
    Start current = start;
    Initialise how = by;
    next = null;
    if (current == null || how == null) {
      return;
    }
    Start.State state = current.state();
    if (loop.stopping()) {
      refuse(STOPPING, Ending.DRAINED);
    } else if (!ended(state, ConnectFailure.REFUSED)) {
      if (System.nanoTime() - untilNanos >= 0) {
        refuse(SLOW, Ending.START_FAILED);
      } else if (state == Start.State.UP || current.probes(this)) {
        if (load != null) {
          load.end();
        }
        sender.retry();
      } else {
        tryLater(how);
      }
    }
  }

  @Override
  public void inVain() {
    try {
      loop.eventLoop.execute(this::lookNow);
    } catch (RejectedExecutionException e) {
      // A loop that has ended has nothing that waits.
    }
  }

  /** The end of what this waits for, or of what it waited for before. */
  private void lookNow() {
    // While a connection is being tried there is no next look, and again() sees the end.
    if (next != null) {
      next.cancel(false);
      look();
    }
  }

  /** The site did not accept the connection yet. */
  void again() {
    Start current = start;
    Initialise how = by;
    if (current == null || how == null) {
      return;
    }
    if (current.isInVain()) {
      look();
    } else {
      tryLater(how);
    }
  }

  /** The site accepted a connection. */
  void connected() {
    if (start != null) {
      start.up();
      leave();
      exchange.waited();
    }
  }

  /** The request waits no longer, for whatever reason. */
  void leave() {
    Start left = start;
    start = null;
    if (next != null) {
      next.cancel(false);
      next = null;
    }
    if (left != null) {
      left.leave(this);
    }
    if (load != null) {
      load.close();
      load = null;
    }
  }

  private void refuse(Refusal refusal, Ending ending) {
    leave();
    exchange.refuse(browser && refusal.status() == 503 ? refusal.asPage() : refusal, ending);
  }
}
