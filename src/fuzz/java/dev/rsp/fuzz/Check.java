// SPDX-License-Identifier: Apache-2.0
package dev.rsp.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What must hold of an input; an AssertionError that shows the input if it does not. */
public final class Check {
  private Check() {}

  /** Fails if the condition does not hold. */
  public static void that(boolean condition, Supplier<String> otherwise) {
    if (!condition) {
      throw new AssertionError(otherwise.get());
    }
  }

  /** Fails if the two differ. */
  public static void same(
      String what, @Nullable Object expected, @Nullable Object actual, byte[] input) {
    if (!Objects.equals(expected, actual)) {
      throw new AssertionError(
          what + ": " + actual + " (expected: " + expected + ")\n" + shown(input));
    }
  }

  /** An input with its controls made visible, one line per line. */
  public static String shown(byte[] input) {
    var text = new StringBuilder();
    for (char c : new String(input, StandardCharsets.ISO_8859_1).toCharArray()) {
      switch (c) {
        case '\r' -> text.append("\\r");
        case '\n' -> text.append("\\n\n");
        case '\t' -> text.append("\\t");
        default -> {
          if (c < ' ' || c >= 0x7f) {
            text.append("\\x%02x".formatted((int) c));
          } else {
            text.append(c);
          }
        }
      }
    }
    return text.toString();
  }
}
