// SPDX-License-Identifier: Apache-2.0
package dev.rsp.referee;

/**
 * A violation of the specification.
 *
 * @param section the section that forbids it, such as "RFC 9112 §6.3"
 * @param offset of the first byte of the invalid line, or of the invalid byte; from 0
 * @param what the violation
 */
public record Violation(String section, long offset, String what) {
  @Override
  public String toString() {
    return "byte " + offset + ": " + what + " (" + section + ")";
  }
}
