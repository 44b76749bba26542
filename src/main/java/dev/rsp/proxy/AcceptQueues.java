// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Place;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Requests that wait because the queue of a Unix socket is full, out of which its backend accepts
 * connections (the backlog of listen(2); uWSGI's holds 100).
 *
 * <p>TCP would have them wait in the kernel. For Unix sockets connect(2) says EAGAIN at once, and
 * nothing tells when there is room again; so one request after the other, in the order in which
 * they came, tries again every {@value #PAUSE_MILLIS} ms until {@code timeouts.connect} is over.
 * Only the first of a place's line tries, and the next as soon as that one is through, so a long
 * line costs no more than a short one. What comes later waits behind them. One loop's.
 */
final class AcceptQueues {
  /**
   * A queue of 100 does not run dry meanwhile below 5,000 requests per second. A try in vain takes
   * some 0.3 ms of a busy machine, so that a full place costs 1.5 % of a core.
   */
  private static final int PAUSE_MILLIS = 20;

  private final ProxyLoop loop;
  private final Map<Place, Line> lines = new HashMap<>();
  private boolean scheduled;

  AcceptQueues(ProxyLoop loop) {
    this.loop = loop;
  }

  /** Whether a place is waited for, so that who comes now is to wait behind the others. */
  boolean isFull(Place place) {
    return !lines.isEmpty() && lines.containsKey(place);
  }

  /** Has a request wait, or wait on if it has just tried in vain. */
  void join(Place place, QueueWait request) {
    lines.computeIfAbsent(place, Line::new).join(request);
    if (!scheduled) {
      scheduled = true;
      loop.eventLoop.schedule(this::tryAll, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /** A request waits no more, for whatever reason. */
  void leave(Place place, QueueWait request) {
    Line line = lines.get(place);
    if (line != null) {
      line.leave(request);
    }
  }

  /** A connection to a place has become idle: the first that waits may have it. */
  void connectionIdle(Place place) {
    Line line = lines.isEmpty() ? null : lines.get(place);
    if (line != null) {
      // Later, because whoever used it is not done with it.
      loop.eventLoop.execute(line::offerIdle);
    }
  }

  /** How many wait. */
  int waiting() {
    return lines.values().stream().mapToInt(line -> line.waiting.size()).sum();
  }

  private void tryAll() {
    scheduled = false;
    for (Line line : new ArrayList<>(lines.values())) {
      loop.guarded("a line of waiting requests failed", line::tryFirst);
    }
    if (!lines.isEmpty() && !scheduled) {
      scheduled = true;
      loop.eventLoop.schedule(this::tryAll, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /**
   * What is known of one that waits.
   *
   * @param overAt when it has waited in vain
   * @param load counts it among what the place is serving
   */
  private record Ticket(long overAt, LoadShare load) {}

  /** Those that wait for one place. */
  private final class Line {
    private final Place place;
    private final Map<QueueWait, Ticket> waiting = new LinkedHashMap<>();

    /** The first, while its connection is being opened. */
    private @Nullable QueueWait trying;

    private boolean full;
    private boolean running;

    Line(Place place) {
      this.place = place;
    }

    void join(QueueWait request) {
      if (trying == request) {
        trying = null;
        full = true;
        return;
      }
      Service service = loop.service();
      LoadShare load = new LoadShare(service.loads, place);
      load.begin();
      waiting.put(
          request,
          new Ticket(loop.deadlines.millisAfter(service.terms.timeouts.connectMillis()), load));
    }

    void leave(QueueWait request) {
      Ticket ticket = waiting.remove(request);
      if (ticket != null) {
        ticket.load.close();
      }
      if (waiting.isEmpty()) {
        lines.remove(place);
      }
      if (trying == request) {
        trying = null;
        if (!running) {
          loop.eventLoop.execute(this::tryFirst);
        }
      }
    }

    /**
     * Has the first that may use one go over an idle connection. The others do not try for a new
     * one: under load that would be in vain as often as a response ends.
     */
    void offerIdle() {
      if (running || trying != null) {
        return;
      }
      running = true;
      try {
        waiting.keySet().stream()
            .filter(QueueWait::mayReuse)
            .findFirst()
            .ifPresent(request -> guarded(request, request::reuse));
      } finally {
        running = false;
      }
    }

    /** Lets the first try, and the next, until one finds no room. */
    void tryFirst() {
      if (running) {
        return;
      }
      running = true;
      full = false;
      try {
        while (trying == null && !full && !waiting.isEmpty()) {
          Map.Entry<QueueWait, Ticket> first = waiting.entrySet().iterator().next();
          QueueWait request = first.getKey();
          if (loop.deadlines.nowMillis() >= first.getValue().overAt) {
            leave(request);
            guarded(request, request::inVain);
          } else {
            trying = request;
            guarded(request, request::tryAgain);
          }
        }
      } finally {
        running = false;
      }
    }

    /** What one request throws ends that request, and not the line. */
    private void guarded(QueueWait request, Runnable turn) {
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
}
