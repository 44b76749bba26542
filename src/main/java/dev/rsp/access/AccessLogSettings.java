// SPDX-License-Identifier: Apache-2.0
package dev.rsp.access;

/**
 * Where lines go, in which form, and which exchanges get one.
 *
 * @param target where they go
 * @param format of a line
 * @param share of the exchanges that meet no condition and are logged: 0 to 1
 * @param minStatus exchanges answered with this status or a higher one are logged, and those
 *     without an answer; 0 for no such condition
 * @param minMillis exchanges that take this long are logged; 0 for no such condition
 */
public record AccessLogSettings(
    LogTarget target, Format format, double share, int minStatus, long minMillis) {
  public AccessLogSettings {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("share: " + share + " (expected: 0 to 1)");
    }
  }
}
