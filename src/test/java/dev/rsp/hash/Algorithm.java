// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;

/** One of the hash functions of scripts, for any list. */
record Algorithm(String name, Function<List<Weighted>, ToIntFunction<byte[]>> table) {
  ToIntFunction<byte[]> over(List<Weighted> list) {
    return table.apply(list);
  }

  String[] placed(List<Weighted> list) {
    return Keys.placed(list, over(list));
  }

  /** Those that use only the length of the list. */
  static List<Algorithm> overCounts() {
    return List.of(
        count("python", PythonHash::index),
        count("python32", PythonHash::index32),
        count("crc32", Crc32::index),
        count("fnv1a", Fnv1a::index),
        count("murmur3", Murmur3::index),
        count("xxh64", XxHash64::index),
        count("jump", JumpHash::index));
  }

  /** Those that use names and weights. */
  static List<Algorithm> overNames() {
    return List.of(rendezvous(), ring(), maglev());
  }

  static Algorithm rendezvous() {
    return new Algorithm("rendezvous", list -> index(new Rendezvous(list)::index));
  }

  static Algorithm ring() {
    return new Algorithm("ring", list -> index(new Ring(list)::index));
  }

  static Algorithm maglev() {
    return new Algorithm("maglev", list -> index(new Maglev(list)::index));
  }

  static List<Algorithm> all() {
    return Stream.concat(overCounts().stream(), overNames().stream()).toList();
  }

  private static Algorithm count(String name, OverCount hash) {
    return new Algorithm(name, list -> key -> hash.index(key, 0, key.length, list.size()));
  }

  private static ToIntFunction<byte[]> index(OverTable table) {
    return key -> table.index(key, 0, key.length);
  }

  /** A function of a key and a count. */
  @FunctionalInterface
  private interface OverCount {
    int index(byte[] key, int offset, int length, int n);
  }

  /** A function of a key. */
  @FunctionalInterface
  private interface OverTable {
    int index(byte[] key, int offset, int length);
  }
}
