// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A test's expectation about the file's decisions. */
public sealed interface Expectation {
  /** The position in the test: {@code file:line}. */
  String where();

  /**
   * The first choice for a request is a slot.
   *
   * @param request a host in any spelling, optionally followed by a path
   * @param slot the slot's name, or an address outside the list; or an index from 1 in digits
   */
  record At(String request, String slot, String where) implements Expectation {}

  /** Two requests have the same first choice. */
  record Same(String request, String other, String where) implements Expectation {}

  /** {@code select} refuses a request; an error is not a refusal. */
  record Refused(String request, String where) implements Expectation {}

  /**
   * The result of running a test.
   *
   * @param error why it did not finish, with {@code file:line}; null if it finished
   */
  record Run(List<Expectation> expectations, @Nullable String error) {
    public Run {
      expectations = List.copyOf(expectations);
    }
  }
}
