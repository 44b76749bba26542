// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client;

import dev.rsp.config.Limits;
import dev.rsp.exchange.Ending;
import dev.rsp.http.Hop;
import dev.rsp.net.ConnectionCount;
import dev.rsp.net.Shortages;
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
   * Counts a connection. If there are too many, an idle one of this loop gives way.
   *
   * @param ip of the client; null if it has none, or is a trusted proxy, whose clients are counted
   *     by request
   * @return null, or the limit that it exceeds
   */
  public @Nullable CountedRefusal enter(
      @Nullable InetAddress ip, Limits limits, Shortages shortages) {
    CountedRefusal tooMany = enter(ip, limits);
    boolean full = tooMany != null && tooMany.ending() == Ending.LIMIT_CONNECTIONS;
    return full && shortages.closeIdleClient() ? enter(ip, limits) : tooMany;
  }

  private @Nullable CountedRefusal enter(@Nullable InetAddress ip, Limits limits) {
    // First the client's own limit: one that is over it must not cost another its place.
    CountedRefusal tooMany = ip == null ? null : enterClient(ip, limits);
    if (tooMany != null) {
      return tooMany;
    }
    counted = connections.enter(limits.connections());
    if (!counted) {
      leaveRequest();
      return CountedRefusal.TOO_MANY;
    }
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
   * Counts a request of a trusted proxy, as a connection of the client that it names.
   *
   * @param hop at which the request is
   * @return whether it is within the limit; true if it is not counted
   */
  public boolean enterRequest(Hop hop, Limits limits) {
    InetAddress client = limits.clientConnections() == 0 ? null : hop.namedClient();
    return client == null || enterClient(client, limits) == null;
  }

  /**
   * Counts a connection, which may be counted among all, as one of a client. It counts for no other
   * one any more.
   *
   * @return null, or the limit that it exceeds
   */
  @Nullable CountedRefusal enterClient(InetAddress client, Limits limits) {
    if (limits.clientConnections() == 0) {
      return null;
    }
    leaveRequest();
    clientKey = ConnectionCount.keyOf(client);
    countedByClient = connections.enterClient(clientKey, limits.clientConnections());
    return countedByClient ? null : CountedRefusal.TOO_MANY_OF_CLIENT;
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
