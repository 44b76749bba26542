// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.config.KeyEntry;
import dev.rsp.config.KeyReference;
import java.util.List;

/** What {@code rsp help} prints of a key. */
final class KeyText {
  /** As picocli wraps the help of commands. */
  private static final int WIDTH = 80;

  private static final int LABEL = 9;

  private KeyText() {}

  static String of(KeyEntry key) {
    StringBuilder out = new StringBuilder(key.path()).append("\n\n");
    wrap(out, "", "  ", KeyEntry.sentence(key.meaning()));
    out.append('\n');
    row(out, "value", KeyEntry.plain(key.value()));
    row(out, "default", KeyEntry.plain(key.unset()));
    row(out, "reload", KeyEntry.plain(KeyReference.reloadOf(key.global())));
    List<String> links = key.links();
    if (!links.isEmpty()) {
      row(out, "see", String.join(" ", links));
    }
    return out.toString();
  }

  private static void row(StringBuilder out, String label, String text) {
    wrap(out, label, " ".repeat(LABEL + 2), text);
  }

  /** Appends a text in lines; the first one has the label in its indent. */
  private static void wrap(StringBuilder out, String label, String indent, String text) {
    StringBuilder line = new StringBuilder(label.isEmpty() ? indent : "  " + label);
    while (line.length() < indent.length()) {
      line.append(' ');
    }
    boolean empty = true;
    for (String word : text.split(" ", -1)) {
      if (!empty && line.length() + 1 + word.length() > WIDTH) {
        out.append(line).append('\n');
        line.setLength(0);
        line.append(indent);
        empty = true;
      }
      line.append(empty ? "" : " ").append(word);
      empty = false;
    }
    out.append(line).append('\n');
  }
}
