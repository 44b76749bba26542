// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts the client connections of all loops, in total and per client. Any thread. */
public final class ConnectionCount {
  private static final long IPV4 = 1L << 63;

  /** Connections over the limit that may wait for their 503: this part of the limit. */
  private static final int TURNED_AWAY_SHARE = 16;

  private static final int LEAST_TURNED_AWAY = 8;

  private final Evictions evictions = new Evictions();
  private final AtomicInteger count = new AtomicInteger();
  private final AtomicInteger turnedAway = new AtomicInteger();

  /** The last connection removes its entry: never more entries than connections. */
  private final ConcurrentHashMap<Long, Integer> clients = new ConcurrentHashMap<>();

  /** The idle ones of them, which are closed when others need their place. */
  public Evictions evictions() {
    return evictions;
  }

  /** Counts one more; false if that would be over the limit. */
  public boolean enter(int limit) {
    return enter(count, limit);
  }

  /** Counts one less. */
  public void leave() {
    count.decrementAndGet();
  }

  /** The number of connections. */
  public int get() {
    return count.get();
  }

  /**
   * Counts one more connection of a client; false if over the limit.
   *
   * @param key of {@link #keyOf}
   */
  public boolean enterClient(long key, int limit) {
    // The function may run more than once; the last run decides.
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

  /** Counts one less connection of a client that was entered. */
  public void leaveClient(long key) {
    clients.computeIfPresent(key, (k, before) -> before == 1 ? null : before - 1);
  }

  /** The number of clients whose connections are counted. */
  public int clients() {
    return clients.size();
  }

  /**
   * Lets a connection over the limit stay open until its client has read the 503. Their number is
   * bounded, for floods; beyond that, a connection is closed at once, and its client may see a
   * reset instead of the answer.
   *
   * @param limit of the connections that are served; a sixteenth of it may stay, at least 8
   */
  public boolean enterTurnedAway(int limit) {
    return enter(turnedAway, Math.max(LEAST_TURNED_AWAY, limit / TURNED_AWAY_SHARE));
  }

  public void leaveTurnedAway() {
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
   * The key of a client: its IPv4 address, or the first 64 bits of its IPv6 address, since one
   * customer gets a whole /64 (RFC 6177 §2, BCP 157). An IPv4 address gets a key of 8000::/32,
   * which is not assigned.
   */
  public static long keyOf(InetAddress address) {
    ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
    return address instanceof Inet4Address
        ? IPV4 | Integer.toUnsignedLong(bytes.getInt())
        : bytes.getLong();
  }
}
