// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

import java.util.Arrays;
import java.util.List;

/**
 * A hash ring: each name owns {@value #POINTS} points per unit of weight on a circle, and a key
 * belongs to the first point at or after its own hash.
 *
 * <p>A name that comes or goes moves only its own share. Looking up costs little even with
 * thousands of names; shares are less even than with {@link Rendezvous} or {@link Maglev}.
 *
 * <p>Immutable; any thread. Takes 8 bytes a point, at most 8 MiB.
 */
public final class Ring {
  /*
   * Karger et al., "Consistent hashing and random trees", 1997.
   *
   * Point i of a name is XXH64 of the eight bytes of i, lowest first, with the seed XXH64(name).
   * One long holds a point: the upper 44 bits are its place on the circle, the lower 20 say whose it
   * is. So one sorted array is the whole ring, and of two points at the same place the earlier
   * name's comes first.
   */

  /** What nginx, and after it others, give a server per unit of weight. */
  static final int POINTS = 160;

  /** 8 MiB. Beyond it all names get fewer points, but each has one. */
  private static final int MAX_POINTS = 1 << 20;

  private static final int OWNER_BITS = 20;
  private static final long OWNER = (1L << OWNER_BITS) - 1;

  private final Members members;
  private final long[] points;

  /**
   * A ring of names and weights. The order does not matter but for the indexes that are answered.
   *
   * @throws IllegalArgumentException if a name is there twice, or there are over a million
   */
  public Ring(List<Weighted> all) {
    members = new Members(all);
    if (members.count() > MAX_POINTS) {
      throw new IllegalArgumentException(
          "names: " + members.count() + " (expected: at most " + MAX_POINTS + ")");
    }
    int halvings = 0;
    while (count(halvings) > MAX_POINTS) {
      // Halved, so that a list that grows past the bound keeps every other point.
      halvings++;
    }
    points = points(halvings);
  }

  private long count(int halvings) {
    long count = 0;
    for (int m = 0; m < members.count(); m++) {
      count += count(m, halvings);
    }
    return count;
  }

  private int count(int member, int halvings) {
    return Math.max(1, (POINTS * members.weight(member)) >> halvings);
  }

  private long[] points(int halvings) {
    long[] all = new long[Math.toIntExact(count(halvings))];
    int made = 0;
    for (int m = 0; m < members.count(); m++) {
      for (int i = 0; i < count(m, halvings); i++) {
        all[made++] = place(XxHash64.hash(i, members.nameHash(m))) | m;
      }
    }
    Arrays.sort(all);
    return all;
  }

  private static long place(long hash) {
    return hash & ~OWNER;
  }

  /**
   * The place of a key in the list, from 1; 0 if nothing in the list has a weight.
   *
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   */
  public int index(byte[] key, int offset, int length) {
    if (points.length == 0) {
      return 0;
    }
    int at = Arrays.binarySearch(points, place(XxHash64.hash(key, offset, length, 0)));
    int next = at >= 0 ? at : -at - 1;
    // After the last point comes the first.
    return members.index((int) (points[next == points.length ? 0 : next] & OWNER));
  }
}
