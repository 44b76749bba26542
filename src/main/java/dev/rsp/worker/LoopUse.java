// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import dev.rsp.config.Place;
import dev.rsp.lua.CallCounts;
import dev.rsp.metrics.BusyHosts;
import java.util.List;
import java.util.Map;

/**
 * What a loop has at one moment. Immutable.
 *
 * @param idle connections to backends that carry no request, by place
 * @param queued requests that wait for a place to accept a connection
 * @param cachedHosts hosts whose route is cached
 * @param busyHosts of the last whole minute, if they are wanted
 * @param calls of functions of the script, since the start
 */
public record LoopUse(
    Map<Place, Integer> idle,
    Map<Place, Integer> queued,
    int cachedHosts,
    List<BusyHosts.Host> busyHosts,
    CallCounts calls) {
  public LoopUse {
    idle = Map.copyOf(idle);
    queued = Map.copyOf(queued);
    busyHosts = List.copyOf(busyHosts);
  }
}
