// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client;

import dev.rsp.config.Limits;
import dev.rsp.exchange.Ending;
import dev.rsp.net.ConnectionCount;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** Counts one client connection, from its accept to its close. */
public final class Admission {
  private final ConnectionCount connections;

  private boolean counted;
  private boolean countedByClient;
  private boolean turnedAway;
  private long clientKey;

  /** A connection that is not counted yet. */
  public Admission(ConnectionCount connections) {
    this.connections = connections;
  }

  /**
   * Counts a connection.
   *
   * @param ip of the client; null if it has none, or is a trusted proxy, whose clients are counted
   *     by request
   * @return null, or the limit that it exceeds
   */
  public @Nullable Ending enter(@Nullable InetAddress ip, Limits limits) {
    // First the client's own limit: one that is over it must not cost another its place.
    if (limits.clientConnections() > 0 && ip != null) {
      clientKey = ConnectionCount.keyOf(ip);
      countedByClient = connections.enterClient(clientKey, limits.clientConnections());
      if (!countedByClient) {
        return Ending.LIMIT_CLIENT_CONNECTIONS;
      }
    }
    if (!connections.enter(limits.connections())) {
      leaveRequest();
      return Ending.LIMIT_CONNECTIONS;
    }
    counted = true;
    leaveTurnedAway();
    return null;
  }

  /** Whether the connection is counted: it has a place that another may get. */
  public boolean counted() {
    return counted;
  }

  /**
   * Whether a connection over the limit may stay, until there is a place for it or its client has
   * read the 503.
   */
  public boolean mayLinger(Limits limits) {
    if (!turnedAway) {
      turnedAway = connections.enterTurnedAway(limits.connections());
    }
    return turnedAway;
  }

  private void leaveTurnedAway() {
    if (turnedAway) {
      connections.leaveTurnedAway();
    }
    turnedAway = false;
  }

  /**
   * Counts a request of a client that a trusted proxy names, as a connection of that client.
   *
   * @return whether it is within the limit
   */
  public boolean enterRequest(InetAddress client, Limits limits) {
    leaveRequest();
    clientKey = ConnectionCount.keyOf(client);
    countedByClient = connections.enterClient(clientKey, limits.clientConnections());
    return countedByClient;
  }

  /**
   * Counts a connection, which is counted among all, as one of the client that its PROXY header
   * names.
   *
   * @return null, or the limit that it exceeds
   */
  public @Nullable Ending enterClient(InetAddress client, Limits limits) {
    return limits.clientConnections() == 0 || enterRequest(client, limits)
        ? null
        : Ending.LIMIT_CLIENT_CONNECTIONS;
  }

  /** Ends the counting of a request. */
  public void leaveRequest() {
    if (countedByClient) {
      connections.leaveClient(clientKey);
    }
    countedByClient = false;
  }

  /** Ends the counting of the connection. */
  public void leave() {
    if (counted) {
      connections.leave();
    }
    leaveRequest();
    leaveTurnedAway();
    counted = false;
  }
}
