// SPDX-License-Identifier: Apache-2.0
package dev.rsp.top;

/** How text stands out on a terminal: sequences of ECMA-48 (SGR), or nothing. */
public enum Style {
  /** For files, pipes, and terminals that are to have no colours. */
  PLAIN,
  /** With colours. */
  COLOUR;

  private static final String RED = "31";
  private static final String GREEN = "32";
  private static final String YELLOW = "33";
  private static final String FAINT = "2";
  private static final String BOLD = "1";

  /**
   * The style for a terminal.
   *
   * @param noColor the variable NO_COLOR: any value but an empty one means no colours
   *     (no-color.org)
   */
  public static Style of(String noColor) {
    return noColor.isEmpty() ? COLOUR : PLAIN;
  }

  String title(String text) {
    return with(BOLD, text);
  }

  /** A text about a state, in its colour. */
  String state(String text, String state) {
    return switch (state) {
      case "up" -> with(GREEN, text);
      case "drain" -> with(YELLOW, text);
      case "down" -> with(RED, text);
      default -> with(FAINT, text);
    };
  }

  private String with(String attribute, String text) {
    return this == PLAIN ? text : "\u001b[" + attribute + "m" + text + "\u001b[0m";
  }
}
