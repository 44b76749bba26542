// SPDX-License-Identifier: Apache-2.0
package dev.rsp.referee;

/**
 * What must not have been written.
 *
 * @param section where it is forbidden, such as "RFC 9112 §6.3"
 * @param offset of the first byte of the line, or the byte, that is wrong; from 0
 * @param what is wrong
 */
public record Violation(String section, long offset, String what) {
  @Override
  public String toString() {
    return "byte " + offset + ": " + what + " (" + section + ")";
  }
}
