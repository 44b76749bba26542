// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

import dev.rsp.hash.SipHash;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Counts requests by host, for the short time until somebody takes the counts.
 *
 * <p>An open-addressing table whose hosts stand in one array of bytes, so that neither a known nor
 * a new host makes an object, and a table that was cleared is as good as new. It grows up to {@link
 * #MAX_HOSTS}; requests for more hosts than that are only counted in sum. The hash is keyed, since
 * hosts come from clients. One thread at a time.
 *
 * <p>Half of the room is kept for hosts that are {@linkplain #keepRoomFor known}, so that names
 * that clients invent cannot crowd out the counts of sites that are served regularly.
 */
public final class HostCounts {
  /** Distinct hosts between two collections: above all sites of one platform of this kind. */
  static final int MAX_HOSTS = 1 << 16;

  private static final int FIRST_HOSTS = 1 << 10;

  /** The mean of site names in the wild is below it; the array of bytes grows on its own. */
  private static final int FIRST_BYTES_PER_HOST = 24;

  private final SipHash hash;
  private final int most;

  private long[] hashes = new long[0];

  /** Where in {@link #bytes} a host begins, with its length in the first byte; 0 for none. */
  private int[] starts = new int[0];

  private int[] counts = new int[0];

  /** Whether any of the answers had a status below 400. */
  private boolean[] served = new boolean[0];

  private @Nullable String[] slots = new String[0];
  private byte[] bytes;

  /** Bytes in use; the first is not, so that no host begins at 0. */
  private int used = 1;

  private int hosts;
  private long missed;
  private @Nullable HostFilter known;

  /** An empty one. */
  public HostCounts() {
    this(MAX_HOSTS);
  }

  HostCounts(int most) {
    var random = new SecureRandom();
    this.hash = new SipHash(random.nextLong(), random.nextLong());
    this.most = most;
    this.bytes = new byte[FIRST_HOSTS * FIRST_BYTES_PER_HOST];
    resize(2 * FIRST_HOSTS);
  }

  /**
   * Keeps half of the room for hosts of a set from now on; null for none. Not to be called while
   * another thread counts.
   */
  void keepRoomFor(@Nullable HostFilter newKnown) {
    known = newKnown;
  }

  /**
   * Counts a request.
   *
   * @param host the bytes of a canonical host, from 0; up to 255
   * @param slot the name of what answered
   * @param isServed whether the status of the answer was below 400
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
      at = free(key);
    }
    hashes[at] = key;
    starts[at] = store(host, length);
    counts[at] = 1;
    slots[at] = slot;
    served[at] = isServed;
    hosts++;
  }

  /** Asked for a host that is not in the table. */
  private boolean hasRoomFor(byte[] host, int length) {
    if (known == null || hosts < most / 2) {
      return hosts < most;
    }
    return hosts < most && known.mayContain(host, length);
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

  private int free(long key) {
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
        int at = free(oldHashes[i]);
        hashes[at] = oldHashes[i];
        starts[at] = oldStarts[i];
        counts[at] = oldCounts[i];
        slots[at] = oldSlots[i];
        served[at] = oldServed[i];
      }
    }
  }

  /** How many hosts there are. */
  public int size() {
    return hosts;
  }

  /** Requests whose host found no room. */
  public long missed() {
    return missed;
  }

  /** Shows each host with its count. */
  void forEach(Taker taker) {
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

  /** Forgets all, and keeps the room. */
  void clear() {
    Arrays.fill(starts, 0);
    Arrays.fill(slots, null);
    used = 1;
    hosts = 0;
    missed = 0;
  }

  /** Takes the counts. */
  @FunctionalInterface
  interface Taker {
    void take(String host, int requests, String slot, boolean served);
  }
}
