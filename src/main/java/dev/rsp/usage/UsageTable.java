// SPDX-License-Identifier: Apache-2.0
package dev.rsp.usage;

import dev.rsp.hash.SipHash;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Sums by host: requests, octets both ways, time at the backend.
 *
 * <p>An open-addressing index over rows that stay where they are, in arrays of a fixed size: adding
 * to a host that is there creates no object, and growing copies no more than the index. A row costs
 * 44 bytes, the name of its host and an octet, and 8 to 16 bytes of the index. The hash is keyed,
 * because hosts come from clients. Hosts that find no room are summed together. One thread at a
 * time.
 */
final class UsageTable {
  static final int REQUESTS = 0;
  static final int BYTES_IN = 1;
  static final int BYTES_OUT = 2;
  static final int BACKEND_MICROS = 3;
  static final int VALUES = 4;

  /** The values of a row, and its hash. */
  private static final int ROW_LONGS = VALUES + 1;

  /** Rows in one array: small enough for a loop with few hosts. */
  private static final int CHUNK_BITS = 8;

  private static final int CHUNK_ROWS = 1 << CHUNK_BITS;

  /** Octets of names in one array; no name is in two of them. */
  private static final int NAME_BITS = 13;

  private static final int NAME_BYTES = 1 << NAME_BITS;

  /**
   * With names that are longer in the mean there is room for fewer hosts. Names of sites have some
   * 25 octets in the mean, so only invented ones reach this.
   */
  private static final int MOST_NAME_BYTES_PER_HOST = 64;

  /** The longest canonical host, and the most that the octet before a name can say. */
  static final int MOST_HOST_BYTES = 255;

  private static final int FIRST_PLACES = 2 * CHUNK_ROWS;

  private final SipHash hash;
  private final int mostHosts;
  private final long mostNameBytes;

  /** The number of a row, plus 1; 0 for none. */
  private int[] index = new int[FIRST_PLACES];

  private final List<long[]> rows = new ArrayList<>();

  /** Where the name of a row starts, over all arrays of names; its first octet is its length. */
  private final List<int[]> starts = new ArrayList<>();

  private final List<byte[]> names = new ArrayList<>();
  private long usedNames;
  private int size;
  private final long[] others = new long[VALUES];

  /**
   * An empty table.
   *
   * @param hash the same for all tables whose rows are added to one another
   * @param mostHosts that have a row
   */
  UsageTable(SipHash hash, int mostHosts) {
    this.hash = hash;
    this.mostHosts = mostHosts;
    this.mostNameBytes = (long) MOST_NAME_BYTES_PER_HOST * mostHosts;
  }

  /** A hash with a new key. */
  static SipHash newHash() {
    var random = new SecureRandom();
    return new SipHash(random.nextLong(), random.nextLong());
  }

  /**
   * Adds to the sums of a host, or of the others if it has no row and there is no room.
   *
   * @param octets with the canonical host; up to 255
   */
  void add(
      byte[] octets, int start, int length, long requests, long in, long out, long backendMicros) {
    long key = hash.hash(octets, start, length);
    int row = find(key, octets, start, length);
    if (row < 0 && hasRoom()) {
      row = append(key, octets, start, length);
    }
    if (row < 0) {
      addToOthers(requests, in, out, backendMicros);
      return;
    }
    long[] values = rows.get(row >> CHUNK_BITS);
    int at = (row & CHUNK_ROWS - 1) * ROW_LONGS;
    values[at + REQUESTS] += requests;
    values[at + BYTES_IN] += in;
    values[at + BYTES_OUT] += out;
    values[at + BACKEND_MICROS] += backendMicros;
  }

  /** Adds to the sums of those that have no row. */
  void addToOthers(long requests, long in, long out, long backendMicros) {
    others[REQUESTS] += requests;
    others[BYTES_IN] += in;
    others[BYTES_OUT] += out;
    others[BACKEND_MICROS] += backendMicros;
  }

  /**
   * Adds all sums of another table, which has the same hash.
   *
   * @param most rows that this table may have now
   * @param mostWithRegular rows that it may have if the further hosts are regular
   */
  void addAll(UsageTable other, int most, int mostWithRegular, RegularHosts regular) {
    byte[] name = new byte[MOST_HOST_BYTES];
    for (int from = 0; from < other.size; from++) {
      long[] values = other.rows.get(from >> CHUNK_BITS);
      int at = (from & CHUNK_ROWS - 1) * ROW_LONGS;
      long key = values[at + VALUES];
      int length = other.copyHost(from, name, 0);
      int row = find(key, name, 0, length);
      if (row < 0
          && ((size < most && hasRoom())
              || (size < mostWithRegular && regular.contain(name, length)))) {
        row = append(key, name, 0, length);
      }
      long[] to = row < 0 ? others : rows.get(row >> CHUNK_BITS);
      int base = row < 0 ? 0 : (row & CHUNK_ROWS - 1) * ROW_LONGS;
      for (int i = 0; i < VALUES; i++) {
        to[base + i] += values[at + i];
      }
    }
    for (int i = 0; i < VALUES; i++) {
      others[i] += other.others[i];
    }
  }

  private boolean hasRoom() {
    return size < mostHosts && usedNames < mostNameBytes;
  }

  private int find(long key, byte[] octets, int start, int length) {
    int mask = index.length - 1;
    for (int at = (int) key & mask; index[at] != 0; at = at + 1 & mask) {
      int row = index[at] - 1;
      long[] values = rows.get(row >> CHUNK_BITS);
      if (values[(row & CHUNK_ROWS - 1) * ROW_LONGS + VALUES] == key
          && isNamed(row, octets, start, length)) {
        return row;
      }
    }
    return -1;
  }

  private boolean isNamed(int row, byte[] octets, int start, int length) {
    byte[] name = nameArray(row);
    int at = nameStart(row);
    return (name[at] & 0xff) == length
        && Arrays.equals(name, at + 1, at + 1 + length, octets, start, start + length);
  }

  private int append(long key, byte[] octets, int start, int length) {
    int row = size;
    if (2 * (row + 1) > index.length) {
      growIndex();
    }
    if (row >> CHUNK_BITS == rows.size()) {
      rows.add(new long[CHUNK_ROWS * ROW_LONGS]);
      starts.add(new int[CHUNK_ROWS]);
    }
    starts.get(row >> CHUNK_BITS)[row & CHUNK_ROWS - 1] = store(octets, start, length);
    long[] values = rows.get(row >> CHUNK_BITS);
    int at = (row & CHUNK_ROWS - 1) * ROW_LONGS;
    Arrays.fill(values, at, at + VALUES, 0);
    values[at + VALUES] = key;
    size++;
    place(key, row);
    return row;
  }

  private int store(byte[] octets, int start, int length) {
    int left = NAME_BYTES - (int) (usedNames & NAME_BYTES - 1);
    if (left <= length) {
      usedNames += left;
    }
    int array = (int) (usedNames >> NAME_BITS);
    if (array == names.size()) {
      names.add(new byte[NAME_BYTES]);
    }
    int begin = (int) usedNames;
    byte[] to = names.get(array);
    int at = begin & NAME_BYTES - 1;
    to[at] = (byte) length;
    System.arraycopy(octets, start, to, at + 1, length);
    usedNames += 1 + length;
    return begin;
  }

  private void place(long key, int row) {
    int mask = index.length - 1;
    int at = (int) key & mask;
    while (index[at] != 0) {
      at = at + 1 & mask;
    }
    index[at] = row + 1;
  }

  private void growIndex() {
    index = new int[2 * index.length];
    for (int row = 0; row < size; row++) {
      place(rows.get(row >> CHUNK_BITS)[(row & CHUNK_ROWS - 1) * ROW_LONGS + VALUES], row);
    }
  }

  private byte[] nameArray(int row) {
    return names.get(starts.get(row >> CHUNK_BITS)[row & CHUNK_ROWS - 1] >> NAME_BITS);
  }

  private int nameStart(int row) {
    return starts.get(row >> CHUNK_BITS)[row & CHUNK_ROWS - 1] & NAME_BYTES - 1;
  }

  /** How many hosts have a row. Rows are numbered from 0, and keep their numbers. */
  int size() {
    return size;
  }

  /** Whether no host has sums, and neither have the others. */
  boolean isEmpty() {
    return size == 0 && others[REQUESTS] == 0;
  }

  /** One of the values of a row. */
  long value(int row, int which) {
    return rows.get(row >> CHUNK_BITS)[(row & CHUNK_ROWS - 1) * ROW_LONGS + which];
  }

  /** Copies the host of a row; returns its length. */
  int copyHost(int row, byte[] to, int at) {
    byte[] name = nameArray(row);
    int start = nameStart(row);
    int length = name[start] & 0xff;
    System.arraycopy(name, start + 1, to, at, length);
    return length;
  }

  /** Whether the hosts without a row used anything. */
  boolean hasOthers() {
    return others[REQUESTS] != 0;
  }

  /** What the hosts without a row used. */
  HostUse others() {
    return new HostUse(
        HostUse.OTHERS,
        others[REQUESTS],
        others[BYTES_IN],
        others[BYTES_OUT],
        others[BACKEND_MICROS]);
  }

  /** What the host of a row used. */
  HostUse use(int row) {
    byte[] name = new byte[MOST_HOST_BYTES];
    int length = copyHost(row, name, 0);
    return new HostUse(
        new String(name, 0, length, StandardCharsets.US_ASCII),
        value(row, REQUESTS),
        value(row, BYTES_IN),
        value(row, BYTES_OUT),
        value(row, BACKEND_MICROS));
  }

  /** What a host used; nothing if it has no row. */
  HostUse use(String host) {
    byte[] octets = host.getBytes(StandardCharsets.US_ASCII);
    int row = find(hash.hash(octets, 0, octets.length), octets, 0, octets.length);
    return row < 0 ? new HostUse(host, 0, 0, 0, 0) : use(row);
  }

  /** The sums of all hosts and the others. */
  HostUse total() {
    HostUse sum = others();
    long[] all = {sum.requests(), sum.bytesIn(), sum.bytesOut(), sum.backendMicros()};
    for (int row = 0; row < size; row++) {
      for (int i = 0; i < VALUES; i++) {
        all[i] += value(row, i);
      }
    }
    return new HostUse("", all[REQUESTS], all[BYTES_IN], all[BYTES_OUT], all[BACKEND_MICROS]);
  }

  /** The hosts with the largest values, the largest first; hosts with equal ones by their names. */
  List<HostUse> top(UsageOrder order, int limit) {
    Comparator<Integer> byHost = this::compareHosts;
    Comparator<Integer> smallestFirst =
        Comparator.<Integer>comparingLong(row -> measure(order, row))
            .thenComparing(byHost.reversed());
    var largest = new PriorityQueue<Integer>(smallestFirst);
    for (int row = 0; row < size && limit > 0; row++) {
      if (largest.size() < limit) {
        largest.add(row);
      } else if (measure(order, row) >= measure(order, largest.element())
          && smallestFirst.compare(row, largest.element()) > 0) {
        largest.remove();
        largest.add(row);
      }
    }
    List<Integer> found = new ArrayList<>(largest);
    List<HostUse> uses = new ArrayList<>();
    found.sort(smallestFirst.reversed());
    found.forEach(row -> uses.add(use(row)));
    return uses;
  }

  private long measure(UsageOrder order, int row) {
    return order.of(
        value(row, REQUESTS),
        value(row, BYTES_IN) + value(row, BYTES_OUT),
        value(row, BACKEND_MICROS));
  }

  private int compareHosts(int row, int other) {
    byte[] name = nameArray(row);
    byte[] otherName = nameArray(other);
    int start = nameStart(row) + 1;
    int otherStart = nameStart(other) + 1;
    return Arrays.compareUnsigned(
        name,
        start,
        start + (name[start - 1] & 0xff),
        otherName,
        otherStart,
        otherStart + (otherName[otherStart - 1] & 0xff));
  }

  /** Removes all sums and keeps the memory for as many. */
  void clear() {
    Arrays.fill(index, 0);
    Arrays.fill(others, 0);
    usedNames = 0;
    size = 0;
  }
}
