// SPDX-License-Identifier: Apache-2.0
package dev.rsp.referee;

/** A field line: the name as received, and the value without surrounding white space. */
public record Field(String name, String value) {
  boolean is(String other) {
    return name.equalsIgnoreCase(other);
  }

  @Override
  public String toString() {
    return name + ": " + value;
  }
}
