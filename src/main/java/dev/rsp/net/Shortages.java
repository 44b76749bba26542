// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import dev.rsp.log.RateLimit;
import dev.rsp.net.Evictions.Shortage;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has idle connections closed when one loop lacks something: its own first, then those of others.
 * Bounded, so that a flood of connections does not search for idle ones without end. One per loop,
 * on its thread.
 */
public final class Shortages {
  private static final Logger log = LoggerFactory.getLogger(Shortages.class);

  /** Closed at once; nginx closes as many (ngx_drain_connections). */
  private static final int MOST_AT_ONCE = 32;

  /** Descriptors freed at once, of each kind: a new client also needs one for its backend. */
  private static final int DESCRIPTORS_AT_ONCE = 4;

  /** After a search that found none, for so long there is no other. */
  private static final int PAUSE_MILLIS = DeadlineWheel.TICK_MILLIS;

  private final NetLoop net;
  private final Evictions evictions;
  private final Evictions.Source own;
  private final Map<Shortage, Search> searches = new EnumMap<>(Shortage.class);
  private final RateLimit reports = new RateLimit();

  /** The search for one kind of shortage in the other loops. */
  private static final class Search {
    private final List<Runnable> waiting = new ArrayList<>();
    private boolean running;
    private long notBeforeMillis;
  }

  /** Without a shortage. Any thread. */
  public Shortages(NetLoop net, Evictions evictions, Evictions.Source own) {
    this.net = net;
    this.evictions = evictions;
    this.own = own;
    for (Shortage what : Shortage.values()) {
      searches.put(what, new Search());
    }
    evictions.add(own);
    net.whenOutOfDescriptors(this::freeDescriptors);
  }

  /** The loop ends. Any thread. */
  public void end() {
    evictions.remove(own);
  }

  /** Closes an idle client of this loop; false if there is none. */
  public boolean closeIdleClient() {
    return evicted(Shortage.CONNECTIONS, 1);
  }

  /**
   * Has idle clients of other loops closed, one for each caller.
   *
   * @param then runs on this loop, after this has returned; there may be a free place then
   * @return false if there is no use in that; then {@code then} does not run
   */
  public boolean closeIdleClientElsewhere(Runnable then) {
    return search(Shortage.CONNECTIONS, then);
  }

  /** Whether some descriptors are free now, or may be soon. */
  private boolean freeDescriptors() {
    return evicted(Shortage.DESCRIPTORS, DESCRIPTORS_AT_ONCE)
        || search(Shortage.DESCRIPTORS, () -> {});
  }

  private boolean evicted(Shortage what, int most) {
    int closed = own.evict(what, most);
    report(what, closed);
    return closed > 0;
  }

  private boolean search(Shortage what, Runnable then) {
    Search search = searches.get(what);
    if (search == null || net.deadlines().nowMillis() < search.notBeforeMillis) {
      return false;
    }
    search.waiting.add(then);
    if (search.running || start(search, what)) {
      return true;
    }
    search.waiting.clear();
    return false;
  }

  private boolean start(Search search, Shortage what) {
    List<Runnable> served = new ArrayList<>(search.waiting);
    int most = Math.min(served.size(), MOST_AT_ONCE);
    boolean asked =
        evictions.askOthers(own, what, most, closed -> found(search, what, served, closed));
    if (asked) {
      search.running = true;
      search.waiting.clear();
    }
    return asked;
  }

  private void found(Search search, Shortage what, List<Runnable> served, int closed) {
    search.running = false;
    report(what, closed);
    if (closed == 0) {
      search.notBeforeMillis = net.deadlines().nowMillis() + PAUSE_MILLIS;
    }
    for (Runnable then : served) {
      net.guarded("a connection that waited for a place failed", then);
    }
    if (!search.waiting.isEmpty() && !start(search, what)) {
      List<Runnable> rest = List.copyOf(search.waiting); // the other loops have ended
      search.waiting.clear();
      found(search, what, rest, 0);
    }
  }

  private void report(Shortage what, int closed) {
    if (closed > 0 && reports.allows()) {
      log.warn(
          "idle connections closed for others closed={} short_of={} suppressed={}",
          closed,
          what == Shortage.CONNECTIONS ? "limits.connections" : "descriptors",
          reports.takeSuppressed());
    }
  }
}
