// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import dev.rsp.config.Slot;
import dev.rsp.hash.Rendezvous;
import dev.rsp.hash.Weighted;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Ranks the slots that replace a slot that is not up, and the failover slots: the slots that are
 * up, by weighted rendezvous hashing of the host over their names.
 *
 * <p>So the hosts of one slot are spread over all others by weight, no other host moves, and the
 * order depends only on the host and the slots. Slots with weight 0 come after all others that are
 * up. Draining slots and spares with an address are used only if no slot is up. Immutable.
 */
final class Standby {
  private final List<Slot> slots;
  private final List<Rendezvous> tiers = new ArrayList<>();

  Standby(List<Slot> slots) {
    this.slots = slots;
    boolean anyUp = slots.stream().anyMatch(Slot::isUp);
    if (anyUp) {
      tiers.add(tier(slot -> slot.isUp() && slot.weight() > 0, false));
      tiers.add(tier(slot -> slot.isUp() && slot.weight() == 0, true));
    } else {
      tiers.add(tier(slot -> slot.isLastResort() && slot.weight() > 0, false));
      tiers.add(tier(slot -> slot.isLastResort() && slot.weight() == 0, true));
    }
  }

  /** A hash of the members at their positions in the list; all others have weight 0. */
  private Rendezvous tier(Predicate<Slot> members, boolean alike) {
    List<Weighted> weighted = new ArrayList<>();
    for (Slot slot : slots) {
      int weight = alike ? 1 : slot.weight();
      weighted.add(new Weighted(slot.name(), members.test(slot) ? weight : 0));
    }
    return new Rendezvous(weighted);
  }

  /** The slots for a host in order of preference, at most {@code most}. */
  List<Slot> ranked(byte[] host, int most) {
    List<Slot> ranked = new ArrayList<>();
    for (Rendezvous tier : tiers) {
      if (ranked.size() < most) {
        for (int index : tier.ranked(host, 0, host.length, most - ranked.size())) {
          ranked.add(slots.get(index - 1));
        }
      }
    }
    return ranked;
  }
}
