// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;

/**
 * Consistent hashing with bounded loads: a key goes to the first name in its {@link Rendezvous}
 * ranking that is not already carrying more than its share.
 *
 * <p>While nothing is busy it answers what rendezvous hashing does. What a busy name cannot take is
 * spread over all others, because each key has a ranking of its own.
 *
 * <p>Immutable; any thread. What the answer depends on changes with each request: it must not be
 * remembered.
 */
public final class BoundedLoad {
  /*
   * Mirrokni, Thorup and Zadimoghaddam, "Consistent hashing with bounded loads", 2016. With L
   * requests in flight, a name of weight w among W may carry ceil(factor · (L + 1) · w / W), the new
   * one included. The sum of these is at least L + 1, so that there always is room somewhere.
   */
  private static final int NOT_ASKED = -1;

  private final Rendezvous rendezvous;
  private final int[] weights;

  /** A table of names and weights, with the ranking that belongs to them. */
  public BoundedLoad(List<Weighted> all, Rendezvous rendezvous) {
    this.rendezvous = rendezvous;
    this.weights = all.stream().mapToInt(Weighted::weight).toArray();
  }

  /**
   * The place of a key in the list, from 1; 0 if nothing in the list has a weight.
   *
   * @param factor how far above its share a name may go: 1 for not at all, 1.25 for a quarter
   * @param inFlight for an index from 1, how many requests are there at this moment
   * @param among which indexes may be answered; only they share the load
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   * @throws IllegalArgumentException if {@code factor} is less than 1 or no number
   */
  public int index(
      byte[] key,
      int offset,
      int length,
      double factor,
      IntUnaryOperator inFlight,
      IntPredicate among) {
    if (!(factor >= 1)) {
      throw new IllegalArgumentException("factor: " + factor + " (expected: >= 1)");
    }
    // Looked at once, so that what other threads do meanwhile cannot leave no room anywhere.
    int[] loads = new int[weights.length];
    long total = 1;
    long weightSum = 0;
    for (int i = 0; i < loads.length; i++) {
      if (weights[i] > 0 && among.test(i + 1)) {
        loads[i] = Math.max(0, inFlight.applyAsInt(i + 1));
        total += loads[i];
        weightSum += weights[i];
      } else {
        loads[i] = NOT_ASKED;
      }
    }
    double perWeight = factor * total / weightSum;
    return rendezvous.index(
        key,
        offset,
        length,
        index -> {
          int load = loads[index - 1];
          return load != NOT_ASKED && load < Math.ceil(perWeight * weights[index - 1]);
        });
  }
}
