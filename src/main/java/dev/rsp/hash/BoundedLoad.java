// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;

/**
 * Consistent hashing with bounded loads: a key goes to the first name in its {@link Rendezvous}
 * ranking that has capacity left.
 *
 * <p>Without overload the result is that of rendezvous hashing. The keys that an overloaded name
 * cannot take are spread over all others, because each key has its own ranking.
 *
 * <p>Immutable; any thread. Do not cache the result: it depends on the current load.
 */
public final class BoundedLoad {
  /*
   * Mirrokni, Thorup and Zadimoghaddam, "Consistent hashing with bounded loads", 2016. With L
   * requests in flight, a name with weight w of the total W has the capacity ceil(factor · (L + 1) · w / W), including the new request. The sum of the capacities is at least L + 1, so one name always has capacity.
   */
  private static final int NOT_ASKED = -1;

  private final Rendezvous rendezvous;
  private final int[] weights;

  /** Creates a table of names and weights with their ranking. */
  public BoundedLoad(List<Weighted> all, Rendezvous rendezvous) {
    this.rendezvous = rendezvous;
    this.weights = all.stream().mapToInt(Weighted::weight).toArray();
  }

  /**
   * The index of a key in the list, from 1; 0 if no entry has a weight.
   *
   * @param factor maximum load relative to the fair share: 1 for exactly the share, 1.25 for 25 %
   *     more
   * @param inFlight for an index from 1, the current number of requests in flight
   * @param among the indexes to choose from; only they share the load
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   * @throws IllegalArgumentException if {@code factor} is less than 1 or NaN
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
    // Read once: otherwise concurrent changes could leave no name with capacity.
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
