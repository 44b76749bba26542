// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import dev.rsp.config.Config;
import dev.rsp.config.Slot;
import dev.rsp.lua.ScriptException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Where a configuration sends a fixed sample of hosts: how it divides all hosts that there may be.
 * Two configurations have the same sample, so that they can be compared part by part.
 *
 * @param slots for each host of the sample, the index of its slot from 1; 0 if it has none
 * @param targets for each host of the sample, the name or address of its target, or why it has none
 */
public record Space(List<Integer> slots, List<String> targets) {
  /**
   * Enough for a picture in which a part is a pixel wide. What moves is known to within 3
   * percentage points (two standard deviations, if half of the hosts move).
   */
  public static final int PARTS = 1024;

  /** Enough to know the share of a slot to within 1.6 percentage points, by the same measure. */
  public static final int SHARES = 4096;

  public Space {
    slots = List.copyOf(slots);
    targets = List.copyOf(targets);
  }

  /**
   * Decides for each host of a sample, with a script that serves no requests. Blocks while the
   * script runs, some microseconds for each.
   *
   * @param parts size of the sample
   * @throws ScriptException if the program fails, although it ran when the file was loaded
   */
  public static Space of(Config config, int parts) throws ScriptException {
    Preview preview = Preview.of(config);
    List<Integer> slots = new ArrayList<>(parts);
    List<String> targets = new ArrayList<>(parts);
    for (int i = 0; i < parts; i++) {
      // Names as sites have them. A name that is reserved for examples: RFC 2606 §2.
      var decision = preview.decide("www.site" + i + ".example");
      Slot slot = decision.slot();
      slots.add(slot == null ? 0 : slot.index());
      targets.add(Preview.targetName(decision));
    }
    return new Space(slots, targets);
  }

  /** For each slot that has any host of the sample, by its index: its part of it, from 0 to 1. */
  public Map<Integer, Double> shares() {
    Map<Integer, Double> shares = new HashMap<>();
    slots.forEach(slot -> shares.merge(slot, 1.0 / slots.size(), Double::sum));
    return shares;
  }

  /** The part of the sample that has another target in the other space, from 0 to 1. */
  public double movedTo(Space other) {
    int moved = 0;
    for (int i = 0; i < targets.size(); i++) {
      moved += targets.get(i).equals(other.targets.get(i)) ? 0 : 1;
    }
    return (double) moved / targets.size();
  }
}
