// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

/**
 * A host that a backend has answered.
 *
 * @param host canonical
 * @param requests number of answered requests, at least 1
 * @param lastMinute time of the last one, in minutes since 1970-01-01T00:00Z; 0 if unknown
 * @param slot the name of the slot, or the address, that answered the last one; "-" if unknown
 * @param days days on which it was served, by the rule of {@link ServedDays}, as of the last
 *     minute; above 0
 */
public record SeenHost(String host, long requests, long lastMinute, String slot, double days) {
  /** The text for an unknown slot. */
  public static final String UNKNOWN_SLOT = "-";

  /** A host without counted days: they are estimated from the requests. */
  public SeenHost(String host, long requests, long lastMinute, String slot) {
    this(host, requests, lastMinute, slot, ServedDays.estimate(requests));
  }
}
