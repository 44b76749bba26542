// SPDX-License-Identifier: Apache-2.0
package dev.rsp.manual;

import java.util.Locale;

/** A manual page in the macros of man(7). */
final class Roff {
  /** What mandoc's style allows for a line of the source. */
  private static final int WIDTH = 80;

  private final StringBuilder page = new StringBuilder();

  /**
   * Begins a page.
   *
   * @param date as in {@code 2026-11-27}
   * @param source the program and its version
   */
  Roff(String name, String section, String date, String source, String volume) {
    page.append(".\\\" Made from the program. Do not edit.\n");
    // The date keeps its hyphens: tools read it.
    page.append(".TH \"").append(escaped(name.toUpperCase(Locale.ROOT)));
    page.append("\" ").append(section).append(' ').append(date);
    page.append(" \"")
        .append(escaped(source))
        .append("\" \"")
        .append(escaped(volume))
        .append("\"\n");
    // No hyphens and no filled lines to both edges: names of keys must not be broken.
    page.append(".nh\n.ad l\n");
  }

  Roff section(String title) {
    return macro("SH", title.toUpperCase(Locale.ROOT));
  }

  Roff subsection(String title) {
    return macro("SS", title);
  }

  Roff paragraph(String text) {
    page.append(".PP\n");
    return line(escaped(text));
  }

  /** Text directly behind a heading. */
  Roff text(String text) {
    return line(escaped(text));
  }

  /** An entry of a list. The term is bold; what follows it, such as a value, is not. */
  Roff item(String term, String behind, String text) {
    page.append(".TP\n");
    line("\\fB" + escaped(term) + "\\fR" + escaped(behind));
    return line(escaped(text));
  }

  /** Another paragraph of the entry before. */
  Roff more(String text) {
    page.append(".IP\n");
    return line(escaped(text));
  }

  /** Lines that stay as they are. */
  Roff example(String lines) {
    // A paragraph directly behind a heading is superfluous.
    page.append(
        page.lastIndexOf("\n.SH") == page.lastIndexOf("\n", page.length() - 2) ? "" : ".PP\n");
    page.append(".in +4n\n.nf\n");
    lines.lines().forEach(line -> verbatim(line.isEmpty() ? "\\&" : escaped(line)));
    page.append(".fi\n.in\n");
    return this;
  }

  private Roff macro(String name, String argument) {
    page.append('.').append(name).append(" \"");
    page.append(escaped(argument).replace("\"", "\\(dq")).append("\"\n");
    return this;
  }

  /** Adds words, in lines that a reader of the source can read. */
  private Roff line(String text) {
    StringBuilder line = new StringBuilder();
    for (String word : text.split(" ", -1)) {
      if (!line.isEmpty() && line.length() + 1 + word.length() > WIDTH) {
        verbatim(line.toString());
        line.setLength(0);
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    return verbatim(line.toString());
  }

  private Roff verbatim(String line) {
    // A line that begins so would be a macro.
    boolean control = line.startsWith(".") || line.startsWith("'");
    page.append(control ? "\\&" : "").append(line).append('\n');
    return this;
  }

  /**
   * A backslash and a hyphen have a meaning to roff; a hyphen of a command must be able to be
   * copied.
   */
  private static String escaped(String text) {
    StringBuilder escaped = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\\' -> escaped.append("\\e");
        case '-' -> escaped.append("\\-");
        case '\'' -> escaped.append("\\(aq");
        case '`' -> escaped.append("\\(ga");
        case '^' -> escaped.append("\\(ha");
        case '~' -> escaped.append("\\(ti");
        default -> append(c, escaped);
      }
    }
    return escaped.toString();
  }

  /** In ASCII, because a page is read in any locale. */
  private static void append(char c, StringBuilder escaped) {
    if (c < 0x80) {
      escaped.append(c);
    } else {
      escaped.append(String.format(Locale.ROOT, "\\[u%04X]", (int) c));
    }
  }

  @Override
  public String toString() {
    return page.toString();
  }
}
