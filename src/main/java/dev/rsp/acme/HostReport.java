// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What operators want to know of a host for which certificates are ordered.
 *
 * @param state what happens with it now
 * @param notBefore when the stored certificate began; null if there is none
 * @param notAfter when the stored certificate expires; null if there is none
 * @param renewal when the next one is ordered; null if none will be
 * @param failures how many orders have failed since the last success
 * @param problem why the last order has failed, or why there is none; null if all is well
 * @param nextTry when an order is tried again; null if none has failed
 */
public record HostReport(
    String host,
    State state,
    @Nullable Instant notBefore,
    @Nullable Instant notAfter,
    @Nullable Instant renewal,
    int failures,
    @Nullable String problem,
    @Nullable Instant nextTry) {
  /** What happens with a host. */
  public enum State {
    /** Its certificate is in the store. */
    STORED,
    /** It waits for an order. */
    QUEUED,
    /** Its order is under way. */
    ORDERING,
    /** Its last order has failed; the next one is tried later. */
    FAILED;

    /** As in JSON. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** For JSON. */
  public Map<String, @Nullable Object> values() {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("host", host);
    values.put("state", state.text());
    values.put("not_before", text(notBefore));
    values.put("not_after", text(notAfter));
    values.put("renewal", text(renewal));
    values.put("failures", failures);
    values.put("problem", problem);
    values.put("next_try", text(nextTry));
    return values;
  }

  private static @Nullable String text(@Nullable Instant instant) {
    return instant == null ? null : instant.toString();
  }
}
