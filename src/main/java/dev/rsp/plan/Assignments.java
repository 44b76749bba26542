// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import dev.rsp.journal.SeenHost;
import dev.rsp.route.Decision;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * The slots to which one configuration assigns hosts.
 *
 * @param names for each host, the name of a slot, an address, or the reason why it has none
 * @param undecided number of hosts whose slot does not depend on the host alone, so that a request
 *     other than a GET of {@code /} may go elsewhere
 * @param error the script's first error; empty if none
 */
record Assignments(List<String> names, int undecided, String error) {
  /** Reading the clock for each host would take a large part of the time. */
  private static final int HOSTS_PER_CLOCK_CHECK = 64;

  Assignments {
    names = List.copyOf(names);
  }

  /**
   * Assigns the hosts in order, until all are assigned or the deadline is reached.
   *
   * @param deadline by {@link System#nanoTime}
   * @return a name for each host that was assigned in time
   */
  static Assignments of(Preview preview, List<SeenHost> hosts, long deadline) {
    return of(preview, hosts, deadline, done -> {});
  }

  /**
   * The same.
   *
   * @param progress hears now and then how many hosts are assigned
   */
  static Assignments of(
      Preview preview, List<SeenHost> hosts, long deadline, IntConsumer progress) {
    String[] names = new String[hosts.size()];
    int undecided = 0;
    String error = "";
    int done = 0;
    for (SeenHost seen : hosts) {
      if (done % HOSTS_PER_CLOCK_CHECK == 0) {
        if (System.nanoTime() - deadline > 0) {
          break;
        }
        progress.accept(done);
      }
      Decision decision = preview.decide(seen.host());
      names[done++] = Preview.targetName(decision);
      if (decision.error() != null) {
        error = error.isEmpty() ? decision.error() : error;
      } else if (!decision.pure()) {
        undecided++;
      }
    }
    return new Assignments(Arrays.asList(names).subList(0, done), undecided, error);
  }
}
