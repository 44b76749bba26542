// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

import dev.rsp.hash.SipHash;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Counts requests by host between two collections.
 *
 * <p>An open-addressing table with all hosts in one byte array, so that adding a host creates no
 * object, and a cleared table can be reused. It grows up to {@link #MAX_HOSTS}; requests for
 * further hosts are only counted in total. The hash is keyed, because hosts come from clients. One
 * thread at a time.
 *
 * <p>Half of the capacity is reserved for {@linkplain #reserveFor known} hosts, so that names
 * invented by clients cannot displace the counts of regular sites.
 */
public final class HostCounts {
  /** Maximum of hosts between two collections: more than the sites of one such platform. */
  static final int MAX_HOSTS = 1 << 16;

  private static final int FIRST_HOSTS = 1 << 10;

  /** Above the mean length of real site names; the byte array grows if needed. */
  private static final int FIRST_BYTES_PER_HOST = 24;

  private final SipHash hash;
  private final int maxHosts;

  private long[] hashes = new long[0];

  /** Offset in {@link #bytes} of a host, whose first byte is its length; 0 for none. */
  private int[] starts = new int[0];

  private int[] counts = new int[0];

  /** Whether any response had a status below 400. */
  private boolean[] served = new boolean[0];

  private @Nullable String[] slots = new String[0];
  private byte[] bytes;

  /** Bytes in use; the first is unused, so that no host has the offset 0. */
  private int used = 1;

  private int hosts;
  private long missed;
  private @Nullable HostFilter known;

  /** Creates an empty table. */
  public HostCounts() {
    this(MAX_HOSTS);
  }

  HostCounts(int maxHosts) {
    var random = new SecureRandom();
    this.hash = new SipHash(random.nextLong(), random.nextLong());
    this.maxHosts = maxHosts;
    this.bytes = new byte[FIRST_HOSTS * FIRST_BYTES_PER_HOST];
    resize(2 * FIRST_HOSTS);
  }

  /**
   * Reserves half of the capacity for the hosts of a set; null for no reserve. Must not be called
   * while another thread counts.
   */
  void reserveFor(@Nullable HostFilter newKnown) {
    known = newKnown;
  }

  /**
   * Counts a request.
   *
   * @param host the bytes of a canonical host, from 0; up to 255
   * @param slot the name of the slot or address that responded
   * @param isServed whether the status of the response was below 400
   */
  public void add(byte[] host, int length, String slot, boolean isServed) {
    long key = hash.hash(host, 0, length);
    int mask = starts.length - 1;
    int at = (int) key & mask;
    while (starts[at] != 0) {
      if (hashes[at] == key && isAt(starts[at], host, length)) {
        if (counts[at] != Integer.MAX_VALUE) {
          counts[at]++;
        }
        slots[at] = slot;
        served[at] |= isServed;
        return;
      }
      at = at + 1 & mask;
    }
    if (!hasRoomFor(host, length)) {
      missed++;
      return;
    }
    if (2 * (hosts + 1) > starts.length) {
      resize(2 * starts.length);
      at = freeIndex(key);
    }
    hashes[at] = key;
    starts[at] = store(host, length);
    counts[at] = 1;
    slots[at] = slot;
    served[at] = isServed;
    hosts++;
  }

  /** Whether a host that is not in the table may be added. */
  private boolean hasRoomFor(byte[] host, int length) {
    if (known == null || hosts < maxHosts / 2) {
      return hosts < maxHosts;
    }
    return hosts < maxHosts && known.mayContain(host, length);
  }

  private boolean isAt(int start, byte[] host, int length) {
    return (bytes[start] & 0xff) == length
        && Arrays.equals(bytes, start + 1, start + 1 + length, host, 0, length);
  }

  private int store(byte[] host, int length) {
    int start = used;
    if (start + 1 + length > bytes.length) {
      bytes = Arrays.copyOf(bytes, 2 * bytes.length + length);
    }
    bytes[start] = (byte) length;
    System.arraycopy(host, 0, bytes, start + 1, length);
    used = start + 1 + length;
    return start;
  }

  private int freeIndex(long key) {
    int mask = starts.length - 1;
    int at = (int) key & mask;
    while (starts[at] != 0) {
      at = at + 1 & mask;
    }
    return at;
  }

  private void resize(int places) {
    long[] oldHashes = hashes;
    int[] oldStarts = starts;
    int[] oldCounts = counts;
    @Nullable String[] oldSlots = slots;
    boolean[] oldServed = served;
    hashes = new long[places];
    starts = new int[places];
    counts = new int[places];
    slots = new String[places];
    served = new boolean[places];
    for (int i = 0; i < oldStarts.length; i++) {
      if (oldStarts[i] != 0) {
        int at = freeIndex(oldHashes[i]);
        hashes[at] = oldHashes[i];
        starts[at] = oldStarts[i];
        counts[at] = oldCounts[i];
        slots[at] = oldSlots[i];
        served[at] = oldServed[i];
      }
    }
  }

  /** Number of hosts. */
  public int size() {
    return hosts;
  }

  /** Number of requests whose host could not be added. */
  public long missed() {
    return missed;
  }

  /** Passes each host and its count to a consumer. */
  void forEach(CountConsumer taker) {
    for (int at = 0; at < starts.length; at++) {
      int start = starts[at];
      if (start != 0) {
        int length = bytes[start] & 0xff;
        String host = new String(bytes, start + 1, length, StandardCharsets.US_ASCII);
        String slot = slots[at];
        taker.take(host, counts[at], slot == null ? SeenHost.UNKNOWN_SLOT : slot, served[at]);
      }
    }
  }

  /** Removes all hosts and keeps the capacity. */
  void clear() {
    Arrays.fill(starts, 0);
    Arrays.fill(slots, null);
    used = 1;
    hosts = 0;
    missed = 0;
  }

  /** Receives the counts. */
  @FunctionalInterface
  interface CountConsumer {
    void take(String host, int requests, String slot, boolean served);
  }
}
