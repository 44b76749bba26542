// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

/**
 * A host that a backend has answered for.
 *
 * @param host canonical
 * @param requests how many were answered, at least 1
 * @param lastMinute when the last one was, in minutes since 1970-01-01T00:00Z; 0 if not known
 * @param slot the name of the slot, or the address, that answered the last one; "-" if not known
 * @param days on how many days it was served, by the rule of {@link Standing}, as of the last
 *     minute; above 0
 */
public record SeenHost(String host, long requests, long lastMinute, String slot, double days) {
  /** What stands for a slot that is not known. */
  public static final String UNKNOWN_SLOT = "-";

  /** One whose days were not counted: they are estimated by the requests. */
  public SeenHost(String host, long requests, long lastMinute, String slot) {
    this(host, requests, lastMinute, slot, Standing.estimate(requests));
  }
}
