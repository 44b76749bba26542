// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The names with a weight above 0, sorted by name, so that results do not depend on the order of
 * the list.
 *
 * <p>Names are compared by UTF-16 units, as Java does, independent of the locale.
 */
final class Members {
  private final int[] indexes;
  private final int[] weights;
  private final long[] nameHashes;
  private final int total;

  Members(List<Weighted> all) {
    total = all.size();
    Set<String> names = new HashSet<>();
    for (Weighted one : all) {
      if (!names.add(one.name())) {
        throw new IllegalArgumentException("name: " + one.name() + " (expected: once)");
      }
    }
    Integer[] order = new Integer[total];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparing((Integer i) -> all.get(i).name()));
    indexes = Arrays.stream(order).mapToInt(i -> i).filter(i -> all.get(i).weight() > 0).toArray();
    weights = Arrays.stream(indexes).map(i -> all.get(i).weight()).toArray();
    nameHashes = Arrays.stream(indexes).mapToLong(i -> hash(all.get(i).name())).toArray();
    for (int i = 0; i < indexes.length; i++) {
      indexes[i]++;
    }
  }

  private static long hash(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    return XxHash64.hash(bytes, 0, bytes.length, 0);
  }

  /** Number of names with a weight above 0. */
  int count() {
    return indexes.length;
  }

  /** Number of all names, including those with weight 0. */
  int total() {
    return total;
  }

  /** The index in the list, from 1. */
  int index(int member) {
    return indexes[member];
  }

  int weight(int member) {
    return weights[member];
  }

  /** XXH64 of the name's UTF-8 bytes with seed 0. */
  long nameHash(int member) {
    return nameHashes[member];
  }

  long weightSum() {
    return Arrays.stream(weights).asLongStream().sum();
  }

  int greatestWeight() {
    return Arrays.stream(weights).max().orElse(0);
  }
}
