// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import dev.rsp.journal.SeenHost;
import dev.rsp.route.Decision;
import java.util.Arrays;
import java.util.List;

/**
 * Where some hosts go by one configuration.
 *
 * @param names for each host, the name of a slot, an address, or why it goes nowhere
 * @param undecided how many hosts were placed by more than the host, so that a request other than a
 *     GET of {@code /} may go elsewhere
 * @param error the first thing that the script did wrong; empty if nothing
 */
record Goals(List<String> names, int undecided, String error) {
  /** A look at the clock for each host would be a good part of the work. */
  private static final int HOSTS_PER_LOOK = 64;

  Goals {
    names = List.copyOf(names);
  }

  /**
   * Asks about hosts, in their order, until all are placed or time is over.
   *
   * @param deadline by {@link System#nanoTime}
   * @return as many names as hosts could be placed in time
   */
  static Goals of(Preview preview, List<SeenHost> hosts, long deadline) {
    String[] names = new String[hosts.size()];
    int undecided = 0;
    String error = "";
    int done = 0;
    for (SeenHost seen : hosts) {
      if (done % HOSTS_PER_LOOK == 0 && System.nanoTime() - deadline > 0) {
        break;
      }
      Decision decision = preview.decide(seen.host());
      names[done++] = Preview.goal(decision);
      if (decision.error() != null) {
        error = error.isEmpty() ? decision.error() : error;
      } else if (!decision.pure()) {
        undecided++;
      }
    }
    return new Goals(Arrays.asList(names).subList(0, done), undecided, error);
  }
}
