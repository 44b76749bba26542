// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client;

import dev.rsp.exchange.Ending;
import dev.rsp.net.NetLoop;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;

/** The client connections of one loop, from their accept to their close. Called on the loop. */
public final class ClientConnections {
  private final NetLoop net;
  private final Set<ClientConnection> connections = new HashSet<>();
  private final IdleClients idle;

  /** Without connections. Any thread. */
  public ClientConnections(NetLoop net) {
    this.net = net;
    this.idle = new IdleClients(net);
  }

  /** A connection is open. */
  public void opened(ClientConnection connection) {
    connections.add(connection);
  }

  /** A connection is closed. */
  public void closed(ClientConnection connection) {
    connections.remove(connection);
  }

  /** All open ones; a live view. */
  public Collection<ClientConnection> all() {
    return Collections.unmodifiableCollection(connections);
  }

  /** The number of open connections. */
  public int count() {
    return connections.size();
  }

  /**
   * Closes those that have waited longest for a request, so that others can have their place.
   *
   * @return how many were closed
   */
  public int evict(int most) {
    return idle.evict(connections, most);
  }

  /** Lets exchanges in flight finish, and closes connections that wait for the next request. */
  public void drain() {
    for (ClientConnection connection : new ArrayList<>(connections)) {
      try {
        connection.drain();
      } catch (Throwable e) {
        net.guarded("a connection was not closed", () -> connection.failed(e));
      }
    }
  }

  /** Closes all at once. */
  public void closeAll() {
    for (ClientConnection connection : new ArrayList<>(connections)) {
      net.guarded("a connection was not closed", () -> connection.close(Ending.DRAINED));
    }
  }
}
