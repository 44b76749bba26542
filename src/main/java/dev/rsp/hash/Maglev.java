// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

import java.util.Arrays;
import java.util.List;

/**
 * Maglev hashing: a table of {@value #SIZE} entries, which the names fill in turn, each in its own
 * order.
 *
 * <p>It has the most even shares, and a lookup is one division. When a name is added or removed, a
 * few keys of other names move, too.
 *
 * <p>Immutable; any thread. Takes 256 KiB and a few milliseconds to build.
 */
public final class Maglev {
  /*
   * Eisenbud et al., "Maglev: a fast and reliable software network load balancer", 2016, §3.4.
   *
   * offset = XXH64(name) mod SIZE, skip = XXH64 of the eight bytes of 0 with the seed XXH64(name),
   * mod SIZE - 1, plus 1. In each round a name's credit grows by its weight; it takes a turn when the credit reaches the highest weight. So with equal weights each takes one turn per round.
   */

  /**
   * The paper's small table; a prime, so that each order visits every entry. Envoy's default too.
   */
  static final int SIZE = 65_537;

  private final int[] table;

  /**
   * Creates a table of names and weights. Their order affects only the returned indexes. With more
   * than about 650 names the table is too small for even shares.
   *
   * @throws IllegalArgumentException if a name occurs twice, or there are more names than entries
   */
  public Maglev(List<Weighted> all) {
    var members = new Members(all);
    if (members.count() > SIZE) {
      throw new IllegalArgumentException(
          "names: " + members.count() + " (expected: at most " + SIZE + ")");
    }
    table = members.count() == 0 ? new int[0] : fill(members);
  }

  private static int[] fill(Members members) {
    int count = members.count();
    long greatest = members.greatestWeight();
    int[] next = new int[count];
    int[] skip = new int[count];
    long[] owed = new long[count];
    for (int m = 0; m < count; m++) {
      long name = members.nameHash(m);
      next[m] = (int) Long.remainderUnsigned(name, SIZE);
      skip[m] = 1 + (int) Long.remainderUnsigned(XxHash64.hash(0, name), SIZE - 1);
    }
    int[] filled = new int[SIZE];
    for (int taken = 0; ; ) {
      for (int m = 0; m < count; m++) {
        owed[m] += members.weight(m);
        if (owed[m] < greatest) {
          continue;
        }
        owed[m] -= greatest;
        while (filled[next[m]] != 0) {
          next[m] = (next[m] + skip[m]) % SIZE;
        }
        filled[next[m]] = members.index(m);
        if (++taken == SIZE) {
          return filled;
        }
      }
    }
  }

  /**
   * The index of a key in the list, from 1; 0 if no entry has a weight.
   *
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   */
  public int index(byte[] key, int offset, int length) {
    if (table.length == 0) {
      return 0;
    }
    return table[(int) Long.remainderUnsigned(XxHash64.hash(key, offset, length, 0), SIZE)];
  }

  /** The number of table entries of an index. */
  int entries(int index) {
    return (int) Arrays.stream(table).filter(i -> i == index).count();
  }
}
