// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

import java.util.List;

/**
 * The hosts that are known to be served.
 *
 * @param hosts those with the most requests first
 * @param problem why the journal's file could not be read, in which case hosts may be missing;
 *     empty if it was read or none is configured
 */
public record KnownHosts(List<SeenHost> hosts, String problem) {
  public KnownHosts {
    hosts = List.copyOf(hosts);
  }
}
