// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

import java.util.Arrays;
import java.util.List;

/**
 * A hash ring: each name owns {@value #POINTS} points per unit of weight on a circle, and a key
 * belongs to the first point at or after its own hash.
 *
 * <p>Adding or removing a name moves only its own share. A lookup is cheap even with thousands of
 * names; shares are less even than with {@link Rendezvous} or {@link Maglev}.
 *
 * <p>Immutable; any thread. Takes 8 bytes per point, at most 8 MiB.
 */
public final class Ring {
  /*
   * Karger et al., "Consistent hashing and random trees", 1997.
   *
   * Point i of a name is XXH64 of the eight bytes of i, lowest first, with the seed XXH64(name).
   * One long holds a point: the upper 44 bits are its position on the circle, the lower 20 its owner. So the ring is one sorted array, and of two points at the same position that of the earlier name comes first.
   */

  /** Points per unit of weight in nginx and others. */
  static final int POINTS = 160;

  /** 8 MiB. Above this limit all names get fewer points, but at least one. */
  private static final int MAX_POINTS = 1 << 20;

  private static final int OWNER_BITS = 20;
  private static final long OWNER = (1L << OWNER_BITS) - 1;

  private final Members members;
  private final long[] points;

  /**
   * Creates a ring of names and weights. Their order affects only the returned indexes.
   *
   * @throws IllegalArgumentException if a name occurs twice, or there are more than a million
   */
  public Ring(List<Weighted> all) {
    members = new Members(all);
    if (members.count() > MAX_POINTS) {
      throw new IllegalArgumentException(
          "names: " + members.count() + " (expected: at most " + MAX_POINTS + ")");
    }
    int halvings = 0;
    while (count(halvings) > MAX_POINTS) {
      // Halved, so that a list that grows beyond the limit keeps every second point.
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
   * The index of a key in the list, from 1; 0 if no entry has a weight.
   *
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   */
  public int index(byte[] key, int offset, int length) {
    if (points.length == 0) {
      return 0;
    }
    int at = Arrays.binarySearch(points, place(XxHash64.hash(key, offset, length, 0)));
    int next = at >= 0 ? at : -at - 1;
    // The ring continues with the first point after the last.
    return members.index((int) (points[next == points.length ? 0 : next] & OWNER));
  }
}
