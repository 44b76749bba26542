// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

import dev.rsp.hash.SipHash;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Collection;

/**
 * A set of hosts in 16 to 32 bits for each, which claims to have one host in 400 that is not in it
 * (a Bloom filter).
 *
 * <p>It never changes, and any thread may ask it. The hash is keyed, so that clients cannot choose
 * hosts that it claims to have.
 */
final class HostFilter {
  /** With {@link #PROBES}: (1 - e^(-4/16))^4 = 0.24 % of other hosts are claimed at most. */
  private static final int BITS_PER_HOST = 16;

  private static final int PROBES = 4;

  private final SipHash hash;
  private final long[] bits;

  /**
   * A set of canonical hosts.
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

  /** Whether a host is in the set; of those that are not, a few are claimed to be. No garbage. */
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

  /** Two halves of one hash serve for all probes (Kirsch and Mitzenmacher, 2006). */
  private int bit(long key, int probe) {
    int step = (int) (key >>> 32) | 1; // odd, so that no two probes fall on the same bit
    return ((int) key + probe * step) & (bits.length * Long.SIZE - 1);
  }
}
