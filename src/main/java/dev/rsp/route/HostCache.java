// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import dev.rsp.hash.SipHash;
import java.security.SecureRandom;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Caches the routes of a bounded number of hosts.
 *
 * <p>A set-associative table: a host has {@value #WAYS} possible entries, so a lookup compares at
 * most that many hashes; the oldest entry is replaced first. Hosts come from clients, so the hash
 * is keyed: clients cannot choose hosts that evict others. Confined to one event loop.
 */
final class HostCache {
  private static final int WAYS = 4;

  /** 32,768 hosts: about the number of sites on one platform of this kind (24,241 in 2014). */
  static final int SETS = 8192;

  private final SipHash hash;
  private final int mask;
  private final long[] hashes;
  private final byte[][] hosts;
  private final @Nullable Route[] routes;
  private final byte[] next;
  private int size;

  HostCache() {
    this(SETS, new SecureRandom());
  }

  /**
   * Creates a cache for {@value #WAYS} times {@code sets} hosts.
   *
   * @param sets a power of two
   */
  HostCache(int sets, SecureRandom random) {
    hash = new SipHash(random.nextLong(), random.nextLong());
    mask = sets - 1;
    hashes = new long[sets * WAYS];
    hosts = new byte[sets * WAYS][];
    routes = new Route[sets * WAYS];
    next = new byte[sets];
  }

  /** How many hosts it has. */
  int size() {
    return size;
  }

  /** The hash of a host, for the two other methods. */
  long hash(byte[] host, int length) {
    return hash.hash(host, 0, length);
  }

  /** The route of a host; null if it is not cached. */
  @Nullable Route get(long hostHash, byte[] host, int length) {
    int first = ((int) hostHash & mask) * WAYS;
    for (int at = first; at < first + WAYS; at++) {
      Route route = routes[at];
      if (route != null
          && hashes[at] == hostHash
          && Arrays.equals(hosts[at], 0, hosts[at].length, host, 0, length)) {
        return route;
      }
    }
    return null;
  }

  /** Adds a route that {@link #get} did not find. */
  void put(long hostHash, byte[] host, int length, Route route) {
    int set = (int) hostHash & mask;
    int at = set * WAYS + (next[set]++ & WAYS - 1);
    size += routes[at] == null ? 1 : 0;
    hashes[at] = hostHash;
    hosts[at] = Arrays.copyOf(host, length);
    routes[at] = route;
  }
}
