// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The tables of {@code configuration.md}, made from {@link KeyReference}. */
final class KeyTables {
  static final String END = "<!-- end of keys -->\n";

  private static final String RELOAD = "after a reload";

  private KeyTables() {}

  /** The document with all tables in their places; what stands there now is replaced. */
  static String in(String document) {
    String text = document;
    Set<String> names =
        KeyReference.groups().stream().map(KeyReference.Group::name).collect(Collectors.toSet());
    for (KeyReference.Group group : KeyReference.groups()) {
      text = put(text, group.name(), table(group, names));
    }
    return put(text, RELOAD, reloads());
  }

  private static String put(String document, String name, List<String> lines) {
    String start = "<!-- keys " + name + ": made by DocumentedTest, do not edit -->\n";
    int from = document.indexOf(start);
    if (from < 0) {
      throw new AssertionError("configuration.md has no place for this table: " + start + END);
    }
    int to = document.indexOf(END, from);
    String table = String.join("\n", lines) + "\n";
    return document.substring(0, from + start.length()) + table + document.substring(to);
  }

  private static List<String> table(KeyReference.Group group, Set<String> names) {
    List<String> lines =
        new ArrayList<>(List.of("| key | value | default | meaning |", "|---|---|---|---|"));
    for (KeyEntry key : group.keys()) {
      // The table itself is the heading.
      boolean heading = group.name().equals(key.path()) && names.contains(key.path());
      if (!heading) {
        lines.add(
            "| `%s` | %s | %s | %s |"
                .formatted(key.label(), key.value(), key.unset(), key.meaning()));
      }
    }
    return lines;
  }

  private static List<String> reloads() {
    List<String> lines = new ArrayList<>(List.of("| key | after SIGHUP |", "|---|---|"));
    for (KeyReference.ReloadEffect effect : KeyReference.reloads()) {
      lines.add("| `%s` | %s |".formatted(String.join("`, `", effect.keys()), effect.effect()));
    }
    return lines;
  }
}
