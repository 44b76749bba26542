// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

import java.util.Arrays;
import java.util.List;

/**
 * Maglev hashing: a table of {@value #SIZE} entries, which the names fill in turns, each in an
 * order of its own.
 *
 * <p>The shares are the most even of all, and looking up is one division. When a name comes or
 * goes, a few keys of the others move as well.
 *
 * <p>Immutable; any thread. Takes 256 KiB, and some milliseconds to make.
 */
public final class Maglev {
  /*
   * Eisenbud et al., "Maglev: a fast and reliable software network load balancer", 2016, §3.4.
   *
   * offset = XXH64(name) mod SIZE, skip = XXH64 of the eight bytes of 0 with the seed XXH64(name),
   * mod SIZE - 1, plus 1. A name takes a turn when what it is owed, its weight per round, reaches
   * the greatest weight of all; so with equal weights each takes one per round.
   */

  /** The paper's small table; a prime, so that each order meets each entry. Envoy's default too. */
  static final int SIZE = 65_537;

  private final int[] table;

  /**
   * A table of names and weights. The order does not matter but for the indexes that are answered.
   * With more than some 650 names the entries become too few for even shares.
   *
   * @throws IllegalArgumentException if a name is there twice, or there are more than entries
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
   * The place of a key in the list, from 1; 0 if nothing in the list has a weight.
   *
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   */
  public int index(byte[] key, int offset, int length) {
    if (table.length == 0) {
      return 0;
    }
    return table[(int) Long.remainderUnsigned(XxHash64.hash(key, offset, length, 0), SIZE)];
  }

  /** How many entries a place has. */
  int entries(int index) {
    return (int) Arrays.stream(table).filter(i -> i == index).count();
  }
}
