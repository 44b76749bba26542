// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

import dev.rsp.hash.SipHash;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Collection;

/**
 * A Bloom filter of hosts with 16 to 32 bits per host; at most 1 of 400 other hosts is a false
 * positive.
 *
 * <p>Immutable; any thread. The hash is keyed, so that clients cannot choose hosts that are false
 * positives.
 */
final class HostFilter {
  /** With {@link #PROBES}: at most (1 - e^(-4/16))^4 = 0.24 % false positives. */
  private static final int BITS_PER_HOST = 16;

  private static final int PROBES = 4;

  private final SipHash hash;
  private final long[] bits;

  /**
   * Creates a filter of canonical hosts.
   *
   * @param hosts up to 2^24
   */
  HostFilter(Collection<String> hosts) {
    var random = new SecureRandom();
    hash = new SipHash(random.nextLong(), random.nextLong());
    int words = Math.max(1, hosts.size() * BITS_PER_HOST / Long.SIZE);
    bits = new long[Integer.highestOneBit(2 * words - 1)]; // a power of two for the mask
    for (String host : hosts) {
      byte[] bytes = host.getBytes(StandardCharsets.US_ASCII);
      long key = hash.hash(bytes, 0, bytes.length);
      for (int probe = 0; probe < PROBES; probe++) {
        int bit = bit(key, probe);
        bits[bit / Long.SIZE] |= 1L << bit;
      }
    }
  }

  /** Whether a host is probably in the set; false is certain. Allocates nothing. */
  boolean mayContain(byte[] host, int length) {
    long key = hash.hash(host, 0, length);
    for (int probe = 0; probe < PROBES; probe++) {
      int bit = bit(key, probe);
      if ((bits[bit / Long.SIZE] & 1L << bit) == 0) {
        return false;
      }
    }
    return true;
  }

  /** All probes use the two halves of one hash (Kirsch and Mitzenmacher, 2006). */
  private int bit(long key, int probe) {
    int step = (int) (key >>> 32) | 1; // odd, so that all probes hit different bits
    return ((int) key + probe * step) & (bits.length * Long.SIZE - 1);
  }
}
