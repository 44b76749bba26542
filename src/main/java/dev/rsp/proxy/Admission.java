// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Limits;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** What one client connection is counted as, from its accept to its close. */
final class Admission {
  private final ConnectionCount connections;

  private boolean counted;
  private boolean countedByClient;
  private boolean turnedAway;
  private long clientKey;

  Admission(ConnectionCount connections) {
    this.connections = connections;
  }

  /**
   * Counts a connection.
   *
   * @return null, or by which limit it is one too many
   */
  @Nullable Ending enter(@Nullable InetAddress ip, Limits limits) {
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

  /**
   * Whether a connection that was not counted may stay for as long as its client takes to read why.
   */
  boolean mayLinger(Limits limits) {
    turnedAway = connections.enterTurnedAway(limits.connections());
    return turnedAway;
  }

  /** Counts the connection no more. */
  void leave() {
    if (counted) {
      connections.leave();
    }
    if (countedByClient) {
      connections.leaveClient(clientKey);
    }
    if (turnedAway) {
      connections.leaveTurnedAway();
    }
    counted = false;
    countedByClient = false;
    turnedAway = false;
  }
}
