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
    if (!connections.enter(limits.connections())) {
      return Ending.LIMIT_CONNECTIONS;
    }
    counted = true;
    if (limits.clientConnections() > 0 && ip != null) {
      clientKey = ConnectionCount.keyOf(ip);
      countedByClient = connections.enterClient(clientKey, limits.clientConnections());
      if (!countedByClient) {
        leave();
        return Ending.LIMIT_CLIENT_CONNECTIONS;
      }
    }
    return null;
  }

  /** Whether a connection over the limit may stay until its client has read the 503. */
  public boolean mayLinger(Limits limits) {
    turnedAway = connections.enterTurnedAway(limits.connections());
    return turnedAway;
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
    if (turnedAway) {
      connections.leaveTurnedAway();
    }
    counted = false;
    turnedAway = false;
  }
}
