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

/** Looks for ways to make a change that move fewer hosts. */
final class Alternatives {
  /** What saves less than a tenth of the moves is not worth another plan. */
  private static final double WORTH_TELLING = 0.9;

  /** Stands for any slot that is in neither list: a host that goes to one moves. */
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
   * Those that move fewer hosts than the change does, the cheapest first.
   *
   * @param before where hosts go now
   * @param moved how many the change moves
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
        .filter(alternative -> alternative.moved() <= moved * WORTH_TELLING)
        .sorted(Comparator.comparingInt(Alternative::moved))
        .toList();
  }

  /** The hash goes by the place in the list, so that what stands between the old ones moves all. */
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

  /** A slot that is down keeps its place, and only its own hosts move. */
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
    List<Slot> slots =
        old.slots().stream()
            .map(slot -> names.contains(slot.name()) ? slot : slot.with(Slot.State.DOWN))
            .toList();
    add("state = \"down\" for " + listed(removed) + " instead of removal", old.withSlots(slots));
  }

  /** Of the default hash, lengths that are multiples of the old one keep more hosts in place. */
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

  /** What the same change would move if hosts were placed by the names of slots in both files. */
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
    Goals goals = Goals.of(Preview.of(config), hosts, deadline);
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

  /** Names in a sentence; of many, the first and how many more. */
  private static String listed(List<String> names) {
    return names.size() <= 3
        ? String.join(", ", names)
        : String.join(", ", names.subList(0, 2)) + " and " + (names.size() - 2) + " more";
  }
}
