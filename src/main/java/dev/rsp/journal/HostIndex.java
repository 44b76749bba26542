// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The known hosts at one moment, by name. Immutable. */
public final class HostIndex {
  private static final Comparator<SeenHost> BY_NAME = Comparator.comparing(SeenHost::host);

  private final List<SeenHost> hosts;
  private final Map<String, Integer> bySlot = new HashMap<>();

  /** Sorts the hosts. */
  public HostIndex(List<SeenHost> seen) {
    hosts = new ArrayList<>(seen);
    hosts.sort(BY_NAME);
    hosts.forEach(host -> bySlot.merge(host.slot(), 1, Integer::sum));
  }

  /** How many hosts are known. */
  public int size() {
    return hosts.size();
  }

  /** How many hosts a slot, or an address outside the list, answered last. */
  public int countOf(String slot) {
    return bySlot.getOrDefault(slot, 0);
  }

  /** A host by its canonical name; null if it is not known. */
  public @Nullable SeenHost find(String host) {
    int at = at(host);
    return at >= 0 ? hosts.get(at) : null;
  }

  /** The hosts whose names start with a text, in the order of their names; at most so many. */
  public List<SeenHost> startingWith(String prefix, int most) {
    int at = at(prefix);
    List<SeenHost> found = new ArrayList<>();
    for (int i = at >= 0 ? at : -at - 1; i < hosts.size() && found.size() < most; i++) {
      if (!hosts.get(i).host().startsWith(prefix)) {
        break;
      }
      found.add(hosts.get(i));
    }
    return found;
  }

  private int at(String host) {
    return Collections.binarySearch(
        hosts, new SeenHost(host, 1, 0, SeenHost.UNKNOWN_SLOT), BY_NAME);
  }
}
