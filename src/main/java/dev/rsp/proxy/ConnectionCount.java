// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** How many client connections there are over all loops, in all and by client. Any thread. */
public final class ConnectionCount {
  private static final long IPV4 = 1L << 63;

  /** Of the connections that may be, how many more may be told that they are too many. */
  private static final int TURNED_AWAY_SHARE = 16;

  private static final int LEAST_TURNED_AWAY = 8;

  private final AtomicInteger count = new AtomicInteger();
  private final AtomicInteger turnedAway = new AtomicInteger();

  /** An entry goes when its last connection does, so there are never more than connections. */
  private final ConcurrentHashMap<Long, Integer> clients = new ConcurrentHashMap<>();

  /** Counts one more, unless there are as many as may be. */
  boolean enter(int limit) {
    return enter(count, limit);
  }

  /** Counts one less. */
  void leave() {
    count.decrementAndGet();
  }

  /** How many there are. */
  public int get() {
    return count.get();
  }

  /**
   * Counts one more connection of a client, unless it has as many as it may have.
   *
   * @param key of {@link #keyOf}
   */
  boolean enterClient(long key, int limit) {
    // The function may run more than once; what it decides is told by the count it leaves.
    boolean[] entered = new boolean[1];
    clients.compute(
        key,
        (k, before) -> {
          int has = before == null ? 0 : before;
          entered[0] = has < limit;
          return entered[0] ? Integer.valueOf(has + 1) : before;
        });
    return entered[0];
  }

  /** Counts one less of a client that was entered. */
  void leaveClient(long key) {
    clients.computeIfPresent(key, (k, before) -> before == 1 ? null : before - 1);
  }

  /** How many clients have connections that are counted by client. */
  int clients() {
    return clients.size();
  }

  /**
   * Lets a connection that is one too many stay until it has read that it is. Without a bound these
   * would be as many as a flood makes; beyond it, a connection is closed at once, and its client
   * may see a reset instead of the answer.
   *
   * @param limit of the connections that are served; a sixteenth of it is let stay, 8 at least
   */
  boolean enterTurnedAway(int limit) {
    return enter(turnedAway, Math.max(LEAST_TURNED_AWAY, limit / TURNED_AWAY_SHARE));
  }

  void leaveTurnedAway() {
    turnedAway.decrementAndGet();
  }

  private static boolean enter(AtomicInteger counter, int limit) {
    if (counter.incrementAndGet() <= limit) {
      return true;
    }
    counter.decrementAndGet();
    return false;
  }

  /**
   * What a client is counted by: its IPv4 address, or the first 64 bits of its IPv6 address, since
   * a whole /64 is what one customer gets (RFC 6177 §2, BCP 157). An IPv4 address looks like one of
   * 8000::/32, which is not assigned to anybody.
   */
  static long keyOf(InetAddress address) {
    ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
    return address instanceof Inet4Address
        ? IPV4 | Integer.toUnsignedLong(bytes.getInt())
        : bytes.getLong();
  }
}
