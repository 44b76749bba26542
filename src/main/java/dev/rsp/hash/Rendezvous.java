// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

import java.util.List;
import java.util.function.IntPredicate;

/**
 * Rendezvous hashing, or highest random weight: each name gets a pseudo-random score for the key,
 * and the highest wins.
 *
 * <p>It moves the minimum of keys: the keys of a removed name are spread over all others, a new
 * name takes its share from all, and no other key moves. The ranking is also the failover order.
 * The cost is linear in the number of names.
 *
 * <p>Immutable; any thread.
 */
public final class Rendezvous {
  /*
   * Thaler and Ravishankar, "Using name-based mappings to increase hit rates", 1998; with weights
   * as in Schindelhauer and Schomaker, "Weighted distributed hash tables", 2005.
   *
   * draw(key, name) = XXH64 of the eight bytes of XXH64(name), lowest first, with the seed
   *                   XXH64(key)
   * u               = the draw's upper 53 bits and a half, over 2^53: between 0 and 1, both excluded
   * score           = weight / -ln u
   *
   * -ln u is distributed exponentially, and so is -ln u / weight, with the weight as its rate: the probability that a name has the minimum is its share. The logarithm is monotonic, so scores of equal weights are in the order of the draws, and if all weights are equal it need not be computed.
   */
  private static final double UNIT = 0x1p-53;

  private final Members members;
  private final boolean equalWeights;

  /**
   * Creates a table of names and weights. Their order affects only the returned indexes.
   *
   * @throws IllegalArgumentException if a name occurs twice
   */
  public Rendezvous(List<Weighted> all) {
    members = new Members(all);
    equalWeights =
        all.stream().mapToInt(Weighted::weight).filter(w -> w > 0).distinct().count() < 2;
  }

  /**
   * The index of a key in the list, from 1; 0 if no entry has a weight.
   *
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   */
  public int index(byte[] key, int offset, int length) {
    return index(key, offset, length, Rendezvous::every);
  }

  /**
   * The index of a key among the indexes that pass a test; 0 if none does.
   *
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   */
  public int index(byte[] key, int offset, int length, IntPredicate among) {
    long keyHash = XxHash64.hash(key, offset, length, 0);
    int best = 0;
    long bestDraw = 0;
    double bestScore = 0;
    for (int m = 0; m < members.count(); m++) {
      long draw = draw(keyHash, m);
      double score = score(draw, m);
      boolean leads = best == 0 || before(score, draw, bestScore, bestDraw);
      if (leads && among.test(members.index(m))) {
        best = members.index(m);
        bestDraw = draw;
        bestScore = score;
      }
    }
    return best;
  }

  /**
   * The indexes, from 1, of all names with a weight, by rank: the key's own first, then the
   * failover order. The array is new.
   *
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   */
  public int[] ranked(byte[] key, int offset, int length) {
    return ranked(key, offset, length, members.count());
  }

  /**
   * The first indexes by rank, at most {@code most}: the beginning of {@link #ranked(byte[], int,
   * int)}.
   *
   * @param most at least 0
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   */
  public int[] ranked(byte[] key, int offset, int length, int most) {
    long keyHash = XxHash64.hash(key, offset, length, 0);
    var ranking = new Ranking(Math.min(most, members.count()));
    for (int m = 0; m < members.count(); m++) {
      long draw = draw(keyHash, m);
      ranking.offer(members.index(m), score(draw, m), draw);
    }
    return ranking.indexes;
  }

  private static boolean every(int index) {
    return true;
  }

  private long draw(long keyHash, int member) {
    return XxHash64.hash(members.nameHash(member), keyHash);
  }

  private double score(long draw, int member) {
    double u = ((draw >>> 11) + 0.5) * UNIT;
    // StrictMath, because proxies on different machines must compute identical results.
    return equalWeights ? u : members.weight(member) / -StrictMath.log(u);
  }

  /**
   * Whether a member ranks before an earlier one. If both are equal, the order of names decides.
   */
  private static boolean before(double score, long draw, double otherScore, long otherDraw) {
    return score > otherScore || (score == otherScore && Long.compareUnsigned(draw, otherDraw) > 0);
  }

  /** The best members so far, in order. Only a few are needed, so insertion is cheap. */
  private static final class Ranking {
    final int[] indexes;
    private final double[] scores;
    private final long[] draws;
    private int count;

    Ranking(int wanted) {
      indexes = new int[wanted];
      scores = new double[wanted];
      draws = new long[wanted];
    }

    void offer(int index, double score, long draw) {
      int at = count;
      while (at > 0 && before(score, draw, scores[at - 1], draws[at - 1])) {
        at--;
      }
      if (at == indexes.length) {
        return;
      }
      count = Math.min(count + 1, indexes.length);
      int moved = count - 1 - at;
      System.arraycopy(indexes, at, indexes, at + 1, moved);
      System.arraycopy(scores, at, scores, at + 1, moved);
      System.arraycopy(draws, at, draws, at + 1, moved);
      indexes[at] = index;
      scores[at] = score;
      draws[at] = draw;
    }
  }
}
