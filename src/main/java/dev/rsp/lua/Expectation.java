// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a test expects of the file's decisions. */
public sealed interface Expectation {
  /** Where the test says so: {@code file:line}. */
  String where();

  /**
   * A request goes first to a slot.
   *
   * @param request a host in any spelling, and perhaps a path behind it
   * @param slot the slot's name, or an address outside the list; or an index from 1 in digits
   */
  record At(String request, String slot, String where) implements Expectation {}

  /** Two requests go to the same slot first. */
  record Same(String request, String other, String where) implements Expectation {}

  /** A request is refused by {@code select}; an error in it is no refusal. */
  record Refused(String request, String where) implements Expectation {}

  /**
   * What a test said when it ran.
   *
   * @param error why it did not get to its end, with {@code file:line}; null if it did
   */
  record Run(List<Expectation> expectations, @Nullable String error) {
    public Run {
      expectations = List.copyOf(expectations);
    }
  }
}
