// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

import dev.rsp.config.Initialise;
import dev.rsp.config.Place;
import dev.rsp.http.Browser;
import dev.rsp.http.ChallengePath;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.route.Router;
import dev.rsp.wake.Start;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A request whose site is being started: nothing of it was sent, so it is sent when the site is up,
 * whatever its method.
 *
 * <p>The client is not read meanwhile, so only the bytes of its body that came with the head are
 * held. One per exchange, on its loop.
 */
final class StartWait implements Start.Waiter {
  private static final Refusal TOO_MANY = new Refusal(503, "too many wait for this site to start");
  private static final Refusal TOO_LARGE =
      new Refusal(503, "too large to wait for this site to start");
  private static final Refusal BUSY = new Refusal(503, "too many sites are starting");
  private static final Refusal SLOW = new Refusal(503, "this site is starting");
  private static final Refusal FAILED = new Refusal(503, "this site could not be started");
  private static final Refusal ASLEEP = new Refusal(404, "this site does not run now");
  private static final Refusal UNKNOWN = new Refusal(404, "no such site");
  private static final Refusal STOPPING = new Refusal(503, "the proxy is stopping");

  private final LoopState loop;
  private final Exchange exchange;
  private final RequestSender sender;

  private @Nullable Initialise by;

  /** Knows the host of the site; forgotten when the request is sent. */
  private @Nullable Router router;

  /** Whether a person waits, who gets a page. Known from {@link #enter} on. */
  private boolean browser;

  private @Nullable Start start;

  /** Counts the request for its place while it has no connection. */
  private Loads.@Nullable Share load;

  private @Nullable ScheduledFuture<?> next;
  private long untilNanos;

  StartWait(LoopState loop, Exchange exchange, RequestSender sender) {
    this.loop = loop;
    this.exchange = exchange;
    this.sender = sender;
  }

  /**
   * Keeps what is needed when the request's site has to be started.
   *
   * @param how the start; null if sites are not started
   * @param routedBy has routed the request: its host is the site's
   */
  void begin(@Nullable Initialise how, Router routedBy) {
    by = how;
    router = routedBy;
  }

  /** Whether a place where nothing listens is a reason to start the site. */
  boolean startsSites() {
    return by != null;
  }

  /** Whether the request waits. */
  boolean active() {
    return start != null;
  }

  /**
   * Queues or refuses the request if its site may be asleep: no socket, or nothing listens. A place
   * that does not answer is not started again.
   *
   * @param place where the connect failed
   * @param triedNanos when the failed connect began
   * @return false if the site cannot be asleep
   */
  boolean enter(Place place, ConnectFailure failure, long triedNanos) {
    Initialise how = by;
    if (how == null || !failure.nothingListens()) {
      return false;
    }
    Router routedBy = router;
    if (routedBy == null) {
      return false;
    }
    RequestHead head = sender.keptHead();
    String name = routedBy.routingHost(head);
    boolean tooLarge = how.bodyBytes() > 0 && head.contentLength() > how.bodyBytes();
    browser = Browser.navigates(head);
    if (loop.stopping()) {
      refuse(STOPPING, Ending.DRAINED);
      return true;
    }
    if (ChallengePath.token(head) != null) {
      // An authority asks, or anybody else does, many times and for any host: no visitor waits.
      refuse(ASLEEP, Ending.SITE_UNKNOWN);
      return true;
    }
    Start joined = loop.starter().join(name, how, triedNanos);
    if (joined == null) {
      refuse(BUSY, Ending.LIMIT_WAITING);
    } else if (!ended(joined.state(), failure)) {
      if (tooLarge) {
        refuse(TOO_LARGE, Ending.LIMIT_WAITING);
      } else if (joined.enter(this)) {
        start = joined;
        load = loop.service().loads.share(place);
        untilNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(how.timeoutMillis());
        tryLater(how);
      } else {
        refuse(TOO_MANY, Ending.LIMIT_WAITING);
      }
    }
    return true;
  }

  /** Refuses the request if the start has failed. */
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
    next = loop.net().eventLoop().schedule(this::look, how.pollMillis(), TimeUnit.MILLISECONDS);
  }

  /** A task of the loop: no caller would end its exchange on an exception. */
  private void look() {
    try {
      lookOnce();
    } catch (Throwable e) {
      sender.failed("a request that waits for a site failed", e);
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
        sender.fromFirstPlace();
      } else {
        tryLater(how);
      }
    }
  }

  @Override
  public void startFailed() {
    try {
      loop.net().eventLoop().execute(this::lookNow);
    } catch (RejectedExecutionException e) {
      // The loop has ended, and its requests too.
    }
  }

  /** A start has ended, perhaps an earlier one. */
  private void lookNow() {
    // During a connect there is no next look, and again() sees the end.
    if (next != null) {
      next.cancel(false);
      look();
    }
  }

  /** The site did not accept the connection yet. */
  void stillNotUp() {
    Start current = start;
    Initialise how = by;
    if (current == null || how == null) {
      return;
    }
    if (current.hasFailed()) {
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

  /** Ends the wait, for whatever reason. */
  void leave() {
    Start left = start;
    start = null;
    router = null;
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
