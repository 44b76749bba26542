// SPDX-License-Identifier: Apache-2.0
package dev.rsp.metrics;

import dev.rsp.hash.SipHash;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Finds the hosts with most requests in bounded memory: Space-Saving by Metwally, Agrawal and El
 * Abbadi (2005). A host that is not known takes the place of the one with the lowest count, and
 * inherits that as its possible error. So each host with more than one request in {@link #capacity}
 * is known, and no count is too low.
 *
 * <p>Confined to one thread. Without allocations once it is full.
 */
final class HeavyHitters {
  /** Longer hosts than DNS has are cut, and counted together if they begin alike. */
  private static final int MOST_BYTES = 255;

  private static final int NONE = -1;

  private final int capacity;

  /** Keyed, because hosts come from clients: they must not choose those that share a place. */
  private final SipHash hash;

  private final byte[][] hosts;
  private final int[] lengths;
  private final long[] hashes;
  private final long[] counts;
  private final long[] errors;
  private final String[] slots;

  /** Entries by their hash, chained: the first of each chain, and for each entry the next. */
  private final int[] first;

  private final int[] next;

  /** The entries as a heap, the one with the lowest count first; and where each entry is in it. */
  private final int[] heap;

  private final int[] position;
  private int size;
  private long total;

  /**
   * A host that has many requests.
   *
   * @param count of its requests, perhaps too high by {@code error}
   * @param slot that the last of them went to
   */
  record Hitter(String host, String slot, long count, long error) {}

  HeavyHitters(int capacity) {
    var random = new SecureRandom();
    this.capacity = capacity;
    this.hash = new SipHash(random.nextLong(), random.nextLong());
    this.hosts = new byte[capacity][];
    this.lengths = new int[capacity];
    this.hashes = new long[capacity];
    this.counts = new long[capacity];
    this.errors = new long[capacity];
    this.slots = new String[capacity];
    this.first = new int[Integer.highestOneBit(capacity) * 2];
    this.next = new int[capacity];
    this.heap = new int[capacity];
    this.position = new int[capacity];
    clear();
  }

  int capacity() {
    return capacity;
  }

  /** Forgets all. */
  void clear() {
    Arrays.fill(first, NONE);
    size = 0;
    total = 0;
  }

  /** All that was counted. */
  long total() {
    return total;
  }

  /** Counts a request for a host that went to a slot. */
  void count(byte[] from, int start, int end, String slot) {
    total++;
    int length = Math.min(end - start, MOST_BYTES);
    long key = hash.hash(from, start, length);
    int entry = find(key, from, start, length);
    if (entry == NONE) {
      entry = size < capacity ? added() : replaced();
      take(entry, key, from, start, length);
    }
    slots[entry] = slot;
    counts[entry]++;
    sink(position[entry]);
  }

  private int chain(long key) {
    return (int) key & first.length - 1;
  }

  private int find(long key, byte[] from, int start, int length) {
    int entry = first[chain(key)];
    while (entry != NONE
        && !(hashes[entry] == key
            && Arrays.equals(hosts[entry], 0, lengths[entry], from, start, start + length))) {
      entry = next[entry];
    }
    return entry;
  }

  /** An entry that is not used yet. Its count is zero, so it rises to the top of the heap. */
  private int added() {
    int entry = size++;
    counts[entry] = 0;
    errors[entry] = 0;
    heap[entry] = entry;
    position[entry] = entry;
    int at = entry;
    while (at > 0 && counts[heap[(at - 1) / 2]] > counts[heap[at]]) {
      swap(at, (at - 1) / 2);
      at = (at - 1) / 2;
    }
    return entry;
  }

  /** The entry with the lowest count, which stays. */
  private int replaced() {
    int entry = heap[0];
    errors[entry] = counts[entry];
    int chain = chain(hashes[entry]);
    if (first[chain] == entry) {
      first[chain] = next[entry];
    } else {
      int before = first[chain];
      while (next[before] != entry) {
        before = next[before];
      }
      next[before] = next[entry];
    }
    return entry;
  }

  private void take(int entry, long key, byte[] from, int start, int length) {
    byte[] host = hosts[entry];
    if (host == null || host.length < length) {
      host = new byte[length];
      hosts[entry] = host;
    }
    System.arraycopy(from, start, host, 0, length);
    lengths[entry] = length;
    hashes[entry] = key;
    next[entry] = first[chain(key)];
    first[chain(key)] = entry;
  }

  /** Moves an entry down whose count has grown. */
  private void sink(int from) {
    int at = from;
    int lowest = lower(at);
    while (lowest != at) {
      swap(at, lowest);
      at = lowest;
      lowest = lower(at);
    }
  }

  /** The position with the lowest count: this one, or one of the two below it. */
  private int lower(int at) {
    int lowest = at;
    for (int child = 2 * at + 1; child <= 2 * at + 2 && child < size; child++) {
      lowest = counts[heap[child]] < counts[heap[lowest]] ? child : lowest;
    }
    return lowest;
  }

  private void swap(int one, int other) {
    int entry = heap[one];
    heap[one] = heap[other];
    heap[other] = entry;
    position[heap[one]] = one;
    position[heap[other]] = other;
  }

  /** All that it knows, in no order. */
  List<Hitter> all() {
    List<Hitter> all = new ArrayList<>(size);
    for (int entry = 0; entry < size; entry++) {
      String host = new String(hosts[entry], 0, lengths[entry], StandardCharsets.US_ASCII);
      all.add(new Hitter(host, slots[entry], counts[entry], errors[entry]));
    }
    return all;
  }
}
