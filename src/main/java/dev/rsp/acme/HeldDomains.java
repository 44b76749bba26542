// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Domains for which the CA refuses orders for some time, as for those with too many certificates in
 * a week. Bounded: the oldest are forgotten. Not thread-safe.
 */
final class HeldDomains {
  private static final int MAX_DOMAINS = 10_000;

  private final Map<String, Long> untilMillis =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
          return size() > MAX_DOMAINS;
        }
      };

  /** Holds a domain, and all hosts in it, until a time. */
  void hold(String domain, long millis) {
    untilMillis.put(domain, millis);
  }

  /** Why nothing is ordered for a host; null if its domains are not held. */
  @Nullable String reason(String host, long nowMillis) {
    for (int dot = -1; !untilMillis.isEmpty() && dot < host.length(); ) {
      String domain = host.substring(dot + 1);
      Long until = untilMillis.get(domain);
      if (until != null && BackOff.isAhead(until, nowMillis, BackOff.MOST_HOST_MILLIS)) {
        return "the CA refuses orders for %s until %s"
            .formatted(domain, Instant.ofEpochMilli(until).truncatedTo(ChronoUnit.SECONDS));
      }
      int next = host.indexOf('.', dot + 1);
      dot = next < 0 ? host.length() : next;
    }
    return null;
  }
}
