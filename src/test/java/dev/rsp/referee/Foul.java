// SPDX-License-Identifier: Apache-2.0
package dev.rsp.referee;

/** Carries a violation to the stream's reader. */
final class Foul extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String section;

  Foul(String section, String what) {
    super(what, null, false, false);
    this.section = section;
  }

  Violation at(long offset) {
    return new Violation(section, offset, String.valueOf(getMessage()));
  }
}
