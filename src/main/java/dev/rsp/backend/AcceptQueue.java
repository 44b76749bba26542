// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend;

import dev.rsp.config.Place;
import dev.rsp.exchange.Loads;
import dev.rsp.exchange.LoopState;
import dev.rsp.exchange.QueuedRequest;
import dev.rsp.exchange.Service;
import dev.rsp.exchange.Terms;
import dev.rsp.net.NetLoop;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Requests that are queued for one place, because the accept queue of its Unix socket is full (the
 * backlog of listen(2); uWSGI's holds 100).
 *
 * <p>With TCP they would wait in the kernel. For Unix sockets connect(2) returns EAGAIN at once,
 * and no event reports free room; so one request after the other, in order of arrival, tries again
 * every {@value #PAUSE_MILLIS} ms until {@code timeouts.connect} is over. Only the first tries, and
 * the next as soon as that one has connected, so a long queue costs no more than a short one. Later
 * requests wait behind them. One per loop.
 */
final class AcceptQueue {
  /**
   * Below 5,000 requests per second a queue of 100 does not become empty meanwhile. A failed try
   * takes some 0.3 ms on a busy machine, so a full place costs 1.5 % of a core.
   */
  private static final int PAUSE_MILLIS = 20;

  /**
   * The data of a queued request.
   *
   * @param overAt when it times out
   * @param load counts it as in flight for the place
   */
  private record Ticket(long overAt, Loads.Share load) {}

  private final LoopState loop;
  private final NetLoop net;
  private final Place place;
  private final Runnable empty;
  private final Map<QueuedRequest, Ticket> waiting = new LinkedHashMap<>();

  /** The first, while its connection is being opened. */
  private @Nullable QueuedRequest trying;

  private boolean full;
  private boolean running;
  private boolean scheduled;

  /**
   * An empty queue.
   *
   * @param empty runs when it is empty again and can be dropped
   */
  AcceptQueue(LoopState loop, Place place, Runnable empty) {
    this.loop = loop;
    this.net = loop.net();
    this.place = place;
    this.empty = empty;
  }

  /** Queues a request; one that has just failed keeps its position. */
  void join(QueuedRequest request) {
    if (trying == request) {
      trying = null;
      full = true;
    } else {
      Service service = loop.service();
      Terms terms = loop.terms();
      Loads.Share load = service.loads.share(place);
      load.begin();
      long overAt = net.deadlines().millisAfter(terms.timeouts.connectMillis());
      waiting.put(request, new Ticket(overAt, load));
    }
    schedule();
  }

  private void schedule() {
    if (!scheduled) {
      scheduled = true;
      net.eventLoop().schedule(this::tryAgain, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
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
    if (trying == request) {
      trying = null;
      if (!running) {
        net.eventLoop().execute(this::tryFirst);
      }
    }
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

  /**
   * Offers an idle connection to the first request that may use one. The others do not connect:
   * under load that would fail with each end of a response.
   */
  private void offerIdle() {
    if (running || trying != null) {
      return;
    }
    running = true;
    try {
      waiting.keySet().stream()
          .filter(QueuedRequest::mayReuse)
          .findFirst()
          .ifPresent(request -> guarded(request, request::useIdle));
    } finally {
      running = false;
    }
  }

  /** Lets the first try, and the next, until one finds no room. */
  private void tryFirst() {
    if (running) {
      return;
    }
    running = true;
    full = false;
    try {
      while (trying == null && !full && !waiting.isEmpty()) {
        Map.Entry<QueuedRequest, Ticket> first = waiting.entrySet().iterator().next();
        QueuedRequest request = first.getKey();
        if (net.deadlines().nowMillis() >= first.getValue().overAt) {
          leave(request);
          guarded(request, request::timedOut);
        } else {
          trying = request;
          guarded(request, request::takeTurn);
        }
      }
    } finally {
      running = false;
    }
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
