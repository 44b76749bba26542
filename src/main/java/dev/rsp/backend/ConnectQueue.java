// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend;

import dev.rsp.config.Place;
import dev.rsp.config.Timeouts;
import dev.rsp.exchange.ConnectFailure;
import dev.rsp.exchange.Loads;
import dev.rsp.exchange.LoopState;
import dev.rsp.exchange.QueuedRequest;
import dev.rsp.net.DeadlineWheel;
import dev.rsp.net.NetLoop;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Requests that are queued for one place, because it accepts no connection for now: nothing listens
 * there, as while a backend is restarted, or the accept queue of its Unix socket is full (the
 * backlog of listen(2); uWSGI's holds 100).
 *
 * <p>No event reports that this is over. So one request after the other, in order of arrival, tries
 * again after a pause, until {@code timeouts.connect_retry} is over, or {@code timeouts.connect} if
 * the accept queue is full (with TCP such a request waits in the kernel). Only the first tries, so
 * a long queue costs no more than a short one. Once it has connected, the next follow: each that
 * connects lets one more connect at the same time, so that neither the time of a round trip nor the
 * backend's backlog is used up. Later requests wait behind them. One per loop.
 */
final class ConnectQueue {
  /**
   * Below 5,000 requests per second a queue of 100 does not become empty meanwhile. A failed try
   * takes some 0.3 ms on a busy machine, so a full place costs 1.5 % of a core.
   */
  private static final int FULL_PAUSE_MILLIS = 20;

  /** Short next to the time in which a program starts; 20 SYNs a second are no load. */
  private static final int REFUSED_PAUSE_MILLIS = 50;

  /** Half of the smallest backlog in use (128: the default of Linux until 5.4, and of Ruby). */
  private static final int MAX_AT_ONCE = 64;

  /**
   * The data of a queued request.
   *
   * @param refusedUntil when it times out while the place refuses connections
   * @param fullUntil the same while its accept queue is full
   * @param load counts it as in flight for the place
   */
  private record Ticket(long refusedUntil, long fullUntil, Loads.Share load) {}

  private final LoopState loop;
  private final NetLoop net;
  private final DeadlineWheel deadlines;
  private final Place place;
  private final Runnable empty;
  private final Map<QueuedRequest, Ticket> waiting = new LinkedHashMap<>();

  /** Those whose connections are being opened. */
  private final Set<QueuedRequest> trying = new HashSet<>();

  /** How many may try at a time. A Unix socket accepts at once: there one follows the other. */
  private int atOnce = 1;

  /** Why the last try failed, and when. */
  private ConnectFailure failure;

  private long failedMillis;

  /** Whether a try has failed in this round. */
  private boolean failed;

  private boolean running;
  private boolean scheduled;

  /**
   * An empty queue.
   *
   * @param why the place accepts no connection
   * @param empty runs when it is empty again and can be dropped
   */
  ConnectQueue(LoopState loop, Place place, ConnectFailure why, Runnable empty) {
    this.loop = loop;
    this.net = loop.net();
    this.deadlines = net.deadlines();
    this.place = place;
    this.failure = why;
    this.failedMillis = deadlines.nowMillis();
    this.empty = empty;
  }

  /**
   * Queues a request; one that has just failed keeps its position.
   *
   * @param why it could not connect; null if it has not tried
   */
  void join(QueuedRequest request, @Nullable ConnectFailure why) {
    trying.remove(request);
    if (why != null) {
      failure = why;
      failedMillis = deadlines.nowMillis();
      failed = true;
      atOnce = 1;
    }
    if (!waiting.containsKey(request)) {
      Timeouts timeouts = loop.terms().timeouts;
      Loads.Share load = loop.service().loads.share(place);
      load.begin();
      waiting.put(
          request,
          new Ticket(
              deadlines.millisAfter(timeouts.connectRetryMillis()),
              deadlines.millisAfter(timeouts.connectMillis()),
              load));
    }
    schedule();
  }

  /** Whether a request is queued. */
  boolean holds(QueuedRequest request) {
    return waiting.containsKey(request);
  }

  private void schedule() {
    if (!scheduled) {
      scheduled = true;
      int pause = failure == ConnectFailure.FULL ? FULL_PAUSE_MILLIS : REFUSED_PAUSE_MILLIS;
      net.eventLoop().schedule(this::tryAgain, pause, TimeUnit.MILLISECONDS);
    }
  }

  private void tryAgain() {
    scheduled = false;
    net.guarded("a queue of requests failed", this::tryFirst);
    if (!waiting.isEmpty()) {
      schedule();
    }
  }

  /** Removes a request, for whatever reason. */
  void leave(QueuedRequest request) {
    Ticket ticket = waiting.remove(request);
    if (ticket != null) {
      ticket.load.close();
      if (waiting.isEmpty()) {
        empty.run();
      }
    }
    if (trying.remove(request)) {
      tryLater();
    }
  }

  private void tryLater() {
    if (!running) {
      net.eventLoop().execute(this::tryFirst);
    }
  }

  /** The place has accepted a connection. */
  void accepted() {
    if (place.unixPath() == null) {
      atOnce = Math.min(atOnce + 1, MAX_AT_ONCE);
    }
    tryLater();
  }

  /** A connection to the place has become idle: offers it to the first request. */
  void connectionIdle() {
    // Later, because the last exchange is still returning it.
    net.eventLoop().execute(this::offerIdle);
  }

  /** The number of queued requests. */
  int size() {
    return waiting.size();
  }

  /** The place is not in the configuration any more: its requests are routed again, in order. */
  void routeAgain() {
    List<QueuedRequest> all = new ArrayList<>(waiting.keySet());
    for (QueuedRequest request : all) {
      leave(request);
      guarded(request, request::routeAgain);
    }
  }

  /**
   * Offers an idle connection to the first request that may use one. The others do not connect:
   * under load that would fail with each end of a response.
   */
  private void offerIdle() {
    if (running) {
      return;
    }
    running = true;
    try {
      QueuedRequest request = first(QueuedRequest::mayReuse);
      if (request != null) {
        guarded(request, request::useIdle);
      }
    } finally {
      running = false;
    }
  }

  /** The first that is not connecting. */
  private @Nullable QueuedRequest first(Predicate<QueuedRequest> wanted) {
    for (QueuedRequest request : waiting.keySet()) {
      if (!trying.contains(request) && wanted.test(request)) {
        return request;
      }
    }
    return null;
  }

  /** Lets the first try, and the next, until one fails or enough are connecting. */
  private void tryFirst() {
    if (running) {
      return;
    }
    running = true;
    failed = false;
    try {
      QueuedRequest request = first(any -> true);
      while (request != null && !failed) {
        if (expired(request)) {
          leave(request);
          ConnectFailure why = failure;
          QueuedRequest late = request;
          guarded(late, () -> late.timedOut(why));
        } else if (trying.size() < atOnce) {
          trying.add(request);
          guarded(request, request::takeTurn);
        } else {
          return;
        }
        request = first(any -> true);
      }
    } finally {
      running = false;
    }
  }

  /**
   * Whether the time of a request is over, and a try has failed since: at the end of the time there
   * is one last try. While that is under way, the others do not wait for it.
   */
  private boolean expired(QueuedRequest request) {
    Ticket ticket = waiting.get(request);
    if (ticket == null) {
      return false;
    }
    long until = failure == ConnectFailure.FULL ? ticket.fullUntil : ticket.refusedUntil;
    return (trying.isEmpty() ? failedMillis : deadlines.nowMillis()) >= until;
  }

  /** An exception of one request ends that request, not the queue. */
  private void guarded(QueuedRequest request, Runnable turn) {
    try {
      turn.run();
    } catch (Throwable e) {
      try {
        request.failed(e);
      } finally {
        leave(request);
      }
    }
  }
}
