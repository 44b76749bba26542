// SPDX-License-Identifier: Apache-2.0
package dev.rsp.referee;

/** A field line: its name as it was written, and its value without white space around it. */
public record Field(String name, String value) {
  boolean is(String other) {
    return name.equalsIgnoreCase(other);
  }

  @Override
  public String toString() {
    return name + ": " + value;
  }
}
