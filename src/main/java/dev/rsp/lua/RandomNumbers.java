// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.random.RandomGenerator;

/**
 * The source of {@code math.random}: SplitMix64 (Steele, Lea and Flood, 2014), whose state is one
 * number, so that it can be copied. Confined to one thread.
 */
final class RandomNumbers implements RandomGenerator {
  private long state;

  RandomNumbers(long seed) {
    state = seed;
  }

  RandomNumbers copy() {
    return new RandomNumbers(state);
  }

  @Override
  public long nextLong() {
    state += 0x9e3779b97f4a7c15L;
    long mixed = (state ^ state >>> 30) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ mixed >>> 27) * 0x94d049bb133111ebL;
    return mixed ^ mixed >>> 31;
  }
}
