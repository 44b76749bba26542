// SPDX-License-Identifier: Apache-2.0
package dev.rsp.fuzz;

import java.util.Arrays;
import java.util.Random;

/**
 * Where an input is cut: the same places for the same input. Short inputs are cut everywhere, long
 * ones at places of which most stand next to a line's end, where readers keep most of their state.
 */
final class Splits {
  private static final int EVERYWHERE_BYTES = 48;
  private static final int CUTS = 24;

  private Splits() {}

  /** Positions, in order, from 0 to the length without it. */
  static int[] of(byte[] data) {
    if (data.length <= EVERYWHERE_BYTES) {
      int[] all = new int[data.length];
      Arrays.setAll(all, i -> i);
      return all;
    }
    Random random = new Random(Arrays.hashCode(data));
    int[] cuts = new int[CUTS];
    for (int i = 0; i < CUTS; i++) {
      int at = random.nextInt(data.length);
      if (i % 4 != 0) {
        while (at < data.length - 1 && data[at] != '\n' && data[at] != '\r') {
          at++;
        }
        at = Math.min(data.length - 1, at + random.nextInt(3));
      }
      cuts[i] = at;
    }
    Arrays.sort(cuts);
    return cuts;
  }
}
