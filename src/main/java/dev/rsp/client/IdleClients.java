// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client;

import dev.rsp.net.DeadlineWheel;
import dev.rsp.net.NetLoop;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * The clients that have been idle longest.
 *
 * <p>They are searched when a place is needed, and not kept in a list, so that requests do not pay
 * for it. A search looks at all connections of the loop, and its result serves for the next
 * evictions: who becomes idle later was not idle as long. One per loop, on its thread.
 */
final class IdleClients {
  /** Found by one search, at most. */
  private static final int FOUND_AT_ONCE = 64;

  /**
   * After a search through many that found none, for so long there is no other: a flood asks each
   * time.
   */
  private static final int PAUSE_MILLIS = DeadlineWheel.TICK_MILLIS;

  /** So many connections are searched in some 10 µs, as long as a request takes. */
  private static final int FEW = 500;

  private final NetLoop net;
  private final ArrayDeque<Idle> oldest = new ArrayDeque<>();
  private long notBeforeMillis;

  private record Idle(ClientConnection client, long sinceMillis) {}

  IdleClients(NetLoop net) {
    this.net = net;
  }

  /** Closes up to so many; returns how many. */
  int evict(Collection<ClientConnection> clients, int most) {
    int closed = evictFound(most);
    if (closed < most && search(clients)) {
      closed += evictFound(most - closed);
    }
    return closed;
  }

  private int evictFound(int most) {
    int closed = 0;
    while (closed < most && !oldest.isEmpty()) {
      Idle next = oldest.remove();
      if (next.client().idleSinceMillis() == next.sinceMillis()) {
        net.guarded("an idle connection was not closed", next.client()::giveWay);
        closed++;
      }
    }
    return closed;
  }

  private boolean search(Collection<ClientConnection> clients) {
    long now = net.deadlines().nowMillis();
    if (now < notBeforeMillis && clients.size() > FEW) {
      return false;
    }
    var found = new PriorityQueue<Idle>(Comparator.comparingLong(Idle::sinceMillis).reversed());
    for (ClientConnection client : clients) {
      long since = client.idleSinceMillis();
      if (since != ClientConnection.NOT_IDLE) {
        found.add(new Idle(client, since));
        if (found.size() > FOUND_AT_ONCE) {
          found.remove();
        }
      }
    }
    for (Idle youngest = found.poll(); youngest != null; youngest = found.poll()) {
      oldest.addFirst(youngest);
    }
    if (oldest.isEmpty()) {
      notBeforeMillis = now + PAUSE_MILLIS;
    }
    return !oldest.isEmpty();
  }
}
