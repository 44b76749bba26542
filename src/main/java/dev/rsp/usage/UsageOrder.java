// SPDX-License-Identifier: Apache-2.0
package dev.rsp.usage;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** By what hosts are ordered, the largest first. */
public enum UsageOrder {
  REQUESTS,
  /** Both ways. */
  BYTES,
  /** At the backend. */
  TIME;

  private final String label = name().toLowerCase(Locale.ROOT);

  /** Its name in commands. */
  public String label() {
    return label;
  }

  /** All names. */
  public static List<String> labels() {
    return Arrays.stream(values()).map(UsageOrder::label).toList();
  }

  /** The order of that name; null if there is none. */
  public static @Nullable UsageOrder of(String label) {
    for (UsageOrder order : values()) {
      if (order.label.equals(label)) {
        return order;
      }
    }
    return null;
  }

  /** What counts of a host's sums. */
  long of(long requests, long bytes, long backendMicros) {
    return switch (this) {
      case REQUESTS -> requests;
      case BYTES -> bytes;
      case TIME -> backendMicros;
    };
  }
}
