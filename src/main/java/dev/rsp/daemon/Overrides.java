// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.config.Config;
import dev.rsp.config.Slot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The slots whose states operators have set, instead of the file. Immutable. They are kept beside
 * the journal, if it is a file.
 */
final class Overrides {
  static final Overrides NONE = new Overrides(Map.of());

  private static final String SUFFIX = ".overrides";

  private final Map<String, Entry> bySlot;

  /**
   * One of them.
   *
   * @param by who has set it
   */
  record Entry(String slot, Slot.State state, Instant since, String by) {}

  private Overrides(Map<String, Entry> bySlot) {
    this.bySlot = bySlot;
  }

  /** The state of a command; null if there is none. Nobody needs to make a spare. */
  static Slot.@Nullable State state(String text) {
    for (Slot.State state : List.of(Slot.State.UP, Slot.State.DRAIN, Slot.State.DOWN)) {
      if (state.text().equals(text)) {
        return state;
      }
    }
    return null;
  }

  /** These and another one. */
  Overrides with(String slot, Slot.State state, String by) {
    Map<String, Entry> all = new TreeMap<>(bySlot);
    all.put(slot, new Entry(slot, state, Instant.now().truncatedTo(ChronoUnit.SECONDS), by));
    return new Overrides(all);
  }

  /** These without one. */
  Overrides without(String slot) {
    Map<String, Entry> all = new TreeMap<>(bySlot);
    all.remove(slot);
    return new Overrides(all);
  }

  /** Those of slots that a configuration has. */
  Overrides in(Config config) {
    Map<String, Entry> all = new TreeMap<>();
    for (Slot slot : config.slots()) {
      Entry known = bySlot.get(slot.name());
      // A spare that has lost its address can have no other state.
      if (known != null && slot.place() != null) {
        all.put(slot.name(), known);
      }
    }
    return new Overrides(all);
  }

  boolean isEmpty() {
    return bySlot.isEmpty();
  }

  /** The configuration of a file, with these states. */
  Config appliedTo(Config fromFile) {
    Map<String, Slot.State> states = new LinkedHashMap<>();
    in(fromFile).bySlot.forEach((name, override) -> states.put(name, override.state()));
    return states.isEmpty() ? fromFile : fromFile.withStates(states);
  }

  /** Lines for an operator. */
  List<String> lines() {
    return bySlot.values().stream()
        .map(
            one ->
                "override slot=%s state=%s since=%s by=\"%s\""
                    .formatted(one.slot(), one.state().text(), one.since(), one.by()))
        .toList();
  }

  /** Values for a program. */
  List<Map<String, @Nullable Object>> values() {
    List<Map<String, @Nullable Object>> all = new ArrayList<>();
    for (Entry one : bySlot.values()) {
      Map<String, @Nullable Object> values = new LinkedHashMap<>();
      values.put("slot", one.slot());
      values.put("state", one.state().text());
      values.put("since", one.since().toString());
      values.put("by", one.by());
      all.add(values);
    }
    return all;
  }

  /** Where they are kept; null if they are not. */
  static @Nullable Path path(Config config) {
    Path journal = config.safeguards().journal().file();
    return journal == null ? null : journal.resolveSibling(journal.getFileName() + SUFFIX);
  }

  /** Reads what is kept for a configuration; lines that are none are left out. Blocks. */
  static Overrides read(Config config) throws IOException {
    Path path = path(config);
    Map<String, Entry> all = new TreeMap<>();
    if (path != null) {
      try {
        for (String line : Files.readAllLines(path, StandardCharsets.UTF_8)) {
          add(line.split("\t", -1), all);
        }
      } catch (NoSuchFileException e) {
        return NONE;
      }
    }
    return new Overrides(all);
  }

  private static void add(String[] words, Map<String, Entry> all) {
    Slot.State state = words.length == 4 ? state(words[1]) : null;
    if (state != null) {
      try {
        all.put(words[0], new Entry(words[0], state, Instant.parse(words[2]), words[3]));
      } catch (DateTimeParseException e) {
        return; // somebody has edited it
      }
    }
  }

  /** Writes them for a configuration, so that a crash leaves the old or the new file. Blocks. */
  void write(Config config) throws IOException {
    Path path = path(config);
    if (path == null) {
      return;
    }
    if (bySlot.isEmpty()) {
      Files.deleteIfExists(path);
      return;
    }
    var text = new StringBuilder();
    for (Entry one : bySlot.values()) {
      text.append(
              String.join("\t", one.slot(), one.state().text(), one.since().toString(), one.by()))
          .append('\n');
    }
    Path draft = path.resolveSibling(path.getFileName() + ".new");
    Files.writeString(draft, text);
    Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
