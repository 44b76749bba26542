// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import dev.rsp.config.Config;
import dev.rsp.config.Slot;
import dev.rsp.hash.PythonHash;
import dev.rsp.hash.Rendezvous;
import dev.rsp.hash.Weighted;
import dev.rsp.journal.SeenHost;
import dev.rsp.lua.ScriptException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/** Finds alternatives to a change that move fewer hosts. */
final class Alternatives {
  /** An alternative is listed if it needs at most this share of the moves. */
  private static final double MAX_SHARE_OF_MOVES = 0.9;

  /** A placeholder for any slot that is in neither list: a host on such a slot moves. */
  private static final String NEW_SLOT = "(new)";

  private final Config old;
  private final Config newer;
  private final List<SeenHost> hosts;
  private final List<String> before;
  private final long deadline;
  private final List<Alternative> found = new ArrayList<>();

  private Alternatives(
      Config old, Config newer, List<SeenHost> hosts, List<String> before, long deadline) {
    this.old = old;
    this.newer = newer;
    this.hosts = hosts.subList(0, before.size());
    this.before = before;
    this.deadline = deadline;
  }

  /**
   * Alternatives that move fewer hosts than the change, the one with the fewest moves first.
   *
   * @param before the current slot of each host
   * @param moved number of hosts that the change moves
   */
  static List<Alternative> to(
      Config old, Config newer, List<SeenHost> hosts, List<String> before, int moved, long deadline)
      throws ScriptException {
    var alternatives = new Alternatives(old, newer, hosts, before, deadline);
    if (moved > 0) {
      alternatives.oldOrder();
      alternatives.downInsteadOfRemoved();
      alternatives.otherLengths();
      alternatives.rendezvous();
    }
    return alternatives.found.stream()
        .filter(alternative -> alternative.moved() <= moved * MAX_SHARE_OF_MOVES)
        .sorted(Comparator.comparingInt(Alternative::moved))
        .toList();
  }

  /** The hash depends on positions, so a new slot between old ones moves all hosts. */
  private void oldOrder() throws ScriptException {
    List<Slot> ordered = new ArrayList<>();
    for (Slot slot : old.slots()) {
      newer.slots().stream().filter(s -> s.name().equals(slot.name())).forEach(ordered::add);
    }
    newer.slots().stream().filter(slot -> !ordered.contains(slot)).forEach(ordered::add);
    if (!ordered.equals(newer.slots())) {
      add("the slots in the old order, new ones at the end", newer.withSlots(ordered));
    }
  }

  /** A slot that is down keeps its position, so that only its own hosts move. */
  private void downInsteadOfRemoved() throws ScriptException {
    Set<String> names = names(newer);
    List<String> removed =
        old.slots().stream().map(Slot::name).filter(name -> !names.contains(name)).toList();
    boolean onlyRemoved = names(old).containsAll(names);
    boolean someUp =
        old.slots().stream().anyMatch(slot -> slot.isUp() && names.contains(slot.name()));
    if (removed.isEmpty() || !onlyRemoved || !someUp) {
      return;
    }
    // A spare without an address takes no requests: it only holds its position, so it is kept.
    List<Slot> slots =
        old.slots().stream()
            .map(slot -> names.contains(slot.name()) ? slot : withoutRequests(slot))
            .toList();
    List<String> spares =
        old.slots().stream()
            .filter(slot -> slot.place() == null && removed.contains(slot.name()))
            .map(Slot::name)
            .toList();
    List<String> stopped = removed.stream().filter(name -> !spares.contains(name)).toList();
    String what =
        stopped.isEmpty()
            ? listed(spares) + " kept as spare"
            : "state = \"down\" for "
                + listed(stopped)
                + (spares.isEmpty() ? "" : ", and " + listed(spares) + " kept as spare,");
    add(what + " instead of removal", old.withSlots(slots));
  }

  private static Slot withoutRequests(Slot slot) {
    return slot.place() == null ? slot : slot.with(Slot.State.DOWN);
  }

  /** With the default hash, a multiple of the old length moves fewer hosts. */
  private void otherLengths() {
    boolean byPlace =
        !old.hasSelect() && !newer.hasSelect() && allUp(old.slots()) && allUp(newer.slots());
    int n = newer.slots().size();
    int oldLength = old.slots().size();
    if (!byPlace || n == oldLength) {
      return;
    }
    Set<Integer> lengths = new TreeSet<>(Set.of(n - 1, n + 1));
    int below = n / oldLength * oldLength;
    lengths.addAll(Set.of(below, below + oldLength));
    lengths.removeIf(length -> length < 1 || length == n || length == oldLength);
    for (int length : lengths) {
      add(
          slots(length) + " instead of " + n,
          names(host -> PythonHash.index(host, 0, host.length, length), newer.slots()));
    }
  }

  private static String slots(int length) {
    return length == 1 ? "1 slot" : length + " slots";
  }

  /** The moves of the same change if both files used a hash of the slots' names. */
  private void rendezvous() {
    if (names(old).equals(names(newer)) || noneUp(old) || noneUp(newer)) {
      return;
    }
    List<String> hashedBefore = rendezvous(old);
    List<String> hashedAfter = rendezvous(newer);
    int moved = moved(hashedBefore, hashedAfter);
    found.add(
        new Alternative(
            "the same change with hash.rendezvous in both files",
            moved,
            Moves.percent(moved, hosts.size())));
  }

  private List<String> rendezvous(Config config) {
    List<Slot> up =
        config.slots().stream().filter(slot -> slot.isUp() && slot.weight() > 0).toList();
    var table =
        new Rendezvous(up.stream().map(slot -> new Weighted(slot.name(), slot.weight())).toList());
    return names(host -> table.index(host, 0, host.length), up);
  }

  private List<String> names(ToIntFunction<byte[]> index, List<Slot> slots) {
    List<String> names = new ArrayList<>(hosts.size());
    for (SeenHost seen : hosts) {
      int place = index.applyAsInt(seen.host().getBytes(StandardCharsets.US_ASCII));
      names.add(place <= slots.size() ? slots.get(place - 1).name() : NEW_SLOT);
    }
    return names;
  }

  private void add(String what, Config config) throws ScriptException {
    Assignments goals = Assignments.of(Preview.of(config), hosts, deadline);
    if (goals.names().size() == hosts.size()) {
      add(what, goals.names());
    }
  }

  private void add(String what, List<String> after) {
    int moved = moved(before, after);
    found.add(new Alternative(what, moved, Moves.percent(moved, hosts.size())));
  }

  private static int moved(List<String> before, List<String> after) {
    int moved = 0;
    for (int i = 0; i < before.size(); i++) {
      if (!before.get(i).equals(after.get(i))) {
        moved++;
      }
    }
    return moved;
  }

  private static Set<String> names(Config config) {
    return config.slots().stream()
        .map(Slot::name)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private static boolean allUp(List<Slot> slots) {
    return slots.stream().allMatch(Slot::isUp);
  }

  private static boolean noneUp(Config config) {
    return config.slots().stream().noneMatch(slot -> slot.isUp() && slot.weight() > 0);
  }

  /** Names for a message; of many, the first two and the number of others. */
  private static String listed(List<String> names) {
    return names.size() <= 3
        ? String.join(", ", names)
        : String.join(", ", names.subList(0, 2)) + " and " + (names.size() - 2) + " more";
  }
}
