// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.hash.SlotTables;
import dev.rsp.hash.Weighted;
import dev.rsp.http.WireOptions;
import dev.rsp.lua.Probe;
import dev.rsp.lua.Program;
import dev.rsp.lua.Script;
import dev.rsp.lua.ScriptException;
import dev.rsp.lua.Setting;
import dev.rsp.lua.Slots;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Everything a configuration file says. It never changes; a reload makes a new one.
 *
 * @param listenAt for each address to listen on where the file sets it: {@code file:line: key}
 * @param settings what else it says, apart from choosing
 * @param program the file, to be run once per loop for its {@code select}
 * @param choosing what it says about choosing a slot
 * @param tables what the slots are hashed by, for all loops
 */
public record Config(
    List<ListenAddress> listen,
    List<String> listenAt,
    List<Slot> slots,
    Settings settings,
    Program program,
    Choosing choosing,
    SlotTables tables) {
  public Config {
    listen = List.copyOf(listen);
    listenAt = List.copyOf(listenAt);
    slots = List.copyOf(slots);
    if (listen.isEmpty() || slots.isEmpty()) {
      throw new IllegalArgumentException(
          "listen: %d, slots: %d (expected: >= 1 each)".formatted(listen.size(), slots.size()));
    }
  }

  /** One whose slots are hashed by tables of their own. */
  Config(
      List<ListenAddress> listen,
      List<String> listenAt,
      List<Slot> slots,
      Settings settings,
      Program program,
      Choosing choosing) {
    this(listen, listenAt, slots, settings, program, choosing, tables(slots));
  }

  private static SlotTables tables(List<Slot> slots) {
    return new SlotTables(
        slots.stream().map(slot -> new Weighted(slot.name(), slot.weight())).toList());
  }

  /**
   * Runs the program for one loop, or for whoever wants to decide as a loop does.
   *
   * @return null if the file has no function that chooses
   * @throws ScriptException if the program, which ran before, fails this time
   */
  public @Nullable Script script() throws ScriptException {
    return script(index -> 0);
  }

  /**
   * The same for a loop that serves.
   *
   * @param inFlight for a slot's index, from 1, how many requests it is serving at this moment
   */
  public @Nullable Script script(IntUnaryOperator inFlight) throws ScriptException {
    if (!hasSelect() && !choosing.hasOnFailure()) {
      return null;
    }
    Script script = program.run();
    script.tell(setting(inFlight));
    script.serve();
    return script;
  }

  /** What a script is told of it. */
  public Setting setting() {
    return setting(index -> 0);
  }

  private Setting setting(IntUnaryOperator inFlight) {
    return new Setting(
        slots.stream().map(Slot::shown).toList(),
        choosing.existsBelow(),
        new Slots(tables, inFlight));
  }

  /** The same after a look at what {@code select} does. */
  Config with(Probe probe) {
    return new Config(listen, listenAt, slots, settings, program, choosing.with(probe), tables);
  }

  /** The same with other slots, in their order: what would be if the file listed these. */
  public Config withSlots(List<Slot> others) {
    List<Slot> numbered = new ArrayList<>();
    for (Slot slot : others) {
      numbered.add(
          new Slot(numbered.size() + 1, slot.name(), slot.place(), slot.weight(), slot.state()));
    }
    return new Config(listen, listenAt, numbered, settings, program, choosing);
  }

  public Timeouts timeouts() {
    return settings.timeouts();
  }

  public Limits limits() {
    return settings.limits();
  }

  /** How much of requests is held that cannot be sent yet. */
  public Held held() {
    return settings.held();
  }

  /** Event loops, at least 1. */
  public int loops() {
    return settings.loops();
  }

  /** The canonical host of a request that names none (HTTP/1.0); null to refuse it. */
  public @Nullable String defaultHost() {
    return settings.defaultHost();
  }

  /** Whether what clients say of the hops before them is passed on. */
  public boolean trustForwarded() {
    return settings.trustForwarded();
  }

  /** How strictly messages are read, and this proxy's name in Via. */
  public WireOptions wire() {
    return settings.wire();
  }

  /** How a site is started whose backend is not there; null if it is not. */
  public @Nullable Initialise initialise() {
    return settings.initialise();
  }

  /** Whether the file defines {@code select}; if not, hosts are hashed. */
  public boolean hasSelect() {
    return settings.hasSelect();
  }

  /**
   * Whether it sends every host to the same slot as another one. It asks no script: {@code false}
   * may be wrong, {@code true} is not.
   *
   * <p>Without a {@code select} it compares the slots' names, weights and states in their order,
   * and the rules of {@code host_from_path}; with one, all that slots have, {@code exists_below}
   * and the text of the files.
   */
  public boolean placesHostsAs(Config other) {
    if (hasSelect() != other.hasSelect() || slots.size() != other.slots.size()) {
      return false;
    }
    if (hasSelect()) {
      // It may look at all that a slot has.
      return slots.equals(other.slots)
          && choosing.existsBelow().equals(other.choosing.existsBelow())
          && SelectorText.of(program.source()).equals(SelectorText.of(other.program.source()));
    }
    for (int i = 0; i < slots.size(); i++) {
      if (!slots.get(i).takesHostsAs(other.slots.get(i))) {
        return false;
      }
    }
    return choosing.takesHostsFromPathsAs(other.choosing);
  }

  /** What the file says about seeing ahead. */
  public Foresight foresight() {
    return settings.foresight();
  }
}
