// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.admin.JsonReader;
import dev.rsp.config.Config;
import dev.rsp.config.Slot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The states of slots that operators have set in a running rsp, as its control socket tells. */
final class LiveOverrides {
  /** None, or none that is known of. */
  static final LiveOverrides NONE = new LiveOverrides(List.of());

  private final List<Entry> all;

  /** One of them. */
  private record Entry(String slot, Slot.State state, String since, String by) {
    String text() {
      return "override slot=%s state=%s since=%s by=\"%s\""
          .formatted(slot, state.text(), since, by);
    }
  }

  private LiveOverrides(List<Entry> all) {
    this.all = all;
  }

  /**
   * Asks a running rsp.
   *
   * @throws IOException if it does not answer, with a text for the operator
   */
  static LiveOverrides of(Path control) throws IOException {
    ControlClient.Answer answer = ControlClient.ask(control, "GET", "/api/overrides");
    try {
      return answer.ok() ? read(answer.text()) : NONE;
    } catch (IllegalArgumentException e) {
      throw new IOException("no answer of rsp from " + control + ": " + e.getMessage(), e);
    }
  }

  /**
   * Those of an answer.
   *
   * @throws IllegalArgumentException if it is no JSON
   */
  static LiveOverrides read(String json) {
    List<Entry> all = new ArrayList<>();
    if (JsonReader.object(json).get("overrides") instanceof List<?> listed) {
      for (Object one : listed) {
        if (one instanceof Map<?, ?> values) {
          Slot.State state = Slot.State.of(String.valueOf(values.get("state")));
          if (state != null) {
            all.add(
                new Entry(
                    String.valueOf(values.get("slot")),
                    state,
                    String.valueOf(values.get("since")),
                    String.valueOf(values.get("by"))));
          }
        }
      }
    }
    return new LiveOverrides(all);
  }

  /** A configuration with these states, as rsp serves with it. */
  Config appliedTo(Config fromFile) {
    Map<String, Slot.State> states = new LinkedHashMap<>();
    for (Entry one : differing(fromFile)) {
      states.put(one.slot, one.state);
    }
    return states.isEmpty() ? fromFile : fromFile.withStates(states);
  }

  /** Lines for the operator: those that give a slot another state than the file does. */
  List<String> linesOf(Config fromFile) {
    return differing(fromFile).stream().map(Entry::text).toList();
  }

  /** The same, each alone. */
  List<LiveOverrides> eachOf(Config fromFile) {
    return differing(fromFile).stream().map(one -> new LiveOverrides(List.of(one))).toList();
  }

  private List<Entry> differing(Config fromFile) {
    List<Entry> differing = new ArrayList<>();
    for (Slot slot : fromFile.slots()) {
      for (Entry one : all) {
        // A slot without an address has no other state.
        if (one.slot.equals(slot.name()) && slot.place() != null && one.state != slot.state()) {
          differing.add(one);
        }
      }
    }
    return differing;
  }

  /** These without those of others. */
  LiveOverrides without(LiveOverrides others) {
    return new LiveOverrides(all.stream().filter(one -> !others.all.contains(one)).toList());
  }
}
