// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Place;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The idle backend connections of one loop, by place; the one used last is used next, so that as
 * few as the load needs stay warm and the others time out.
 */
final class BackendPools {
  private final ProxyLoop loop;
  private final Map<Place, ArrayDeque<BackendConnection>> idle = new HashMap<>();

  BackendPools(ProxyLoop loop) {
    this.loop = loop;
  }

  /**
   * An idle connection to a place, or null.
   *
   * @param repeatable whether the request can be sent again if the backend has closed the
   *     connection; if not, it is worth a system call to know that it has not, so far
   */
  @Nullable BackendConnection take(Place place, boolean repeatable) {
    ArrayDeque<BackendConnection> stack = idle.get(place);
    if (stack == null) {
      return null;
    }
    for (BackendConnection last = stack.pollLast(); last != null; last = stack.pollLast()) {
      if (last.usable() && last.leadsTo(place) && (repeatable || !last.endedByPeer())) {
        return last;
      }
      last.close();
    }
    return null;
  }

  /** Keeps a connection for another request, or closes it if it is one too many. */
  void put(BackendConnection connection) {
    Place place = connection.place();
    ArrayDeque<BackendConnection> stack = idle.computeIfAbsent(place, p -> new ArrayDeque<>());
    boolean kept =
        !loop.draining()
            && connection.usable()
            && stack.size() < loop.service().terms.limits.backendIdle()
            && (loop.service().lists(place) || !connection.listed());
    if (kept) {
      stack.addLast(connection);
      connection.idle(loop.service().terms.timeouts.backendKeepaliveMillis());
      loop.acceptQueues.connectionIdle(place);
    } else {
      connection.close();
    }
  }

  /** Forgets a connection that has closed. */
  void forget(BackendConnection connection) {
    ArrayDeque<BackendConnection> stack = idle.get(connection.place());
    if (stack != null) {
      stack.remove(connection);
      // Places that a script names come and go; their entries must not pile up.
      if (stack.isEmpty()) {
        idle.remove(connection.place());
      }
    }
  }

  /** Closes the idle connections to places that were listed and no longer are. */
  void keepOnly(Service service) {
    for (ArrayDeque<BackendConnection> stack : new ArrayList<>(idle.values())) {
      for (BackendConnection connection : new ArrayList<>(stack)) {
        if (connection.listed() && !service.lists(connection.place())) {
          connection.close();
        }
      }
    }
  }

  /** Closes all idle connections. */
  void closeIdle() {
    for (ArrayDeque<BackendConnection> stack : new ArrayList<>(idle.values())) {
      for (BackendConnection connection : new ArrayList<>(stack)) {
        loop.guarded("an idle connection was not closed", connection::close);
      }
    }
  }
}
