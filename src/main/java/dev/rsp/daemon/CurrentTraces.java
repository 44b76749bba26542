// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.config.Config;
import dev.rsp.trace.TraceSettings;
import dev.rsp.trace.Traces;
import org.jspecify.annotations.Nullable;

/** What makes spans of requests now. Its methods are called under the daemon's lock. */
final class CurrentTraces {
  private @Nullable Traces used;

  /** Those for a configuration: those in use if they have the same settings; null for none. */
  @Nullable Traces open(Config newer) {
    TraceSettings settings = newer.traces();
    Traces current = used;
    if (settings == null || (current != null && current.settings().equals(settings))) {
      return settings == null ? null : current;
    }
    return Traces.open(settings);
  }

  /** Uses them from now on, and retires those before. */
  void use(@Nullable Traces newer) {
    Traces before = used;
    used = newer;
    discard(before, newer);
  }

  /** Ends what {@link #open} made and is not used. */
  void discard(@Nullable Traces opened) {
    discard(opened, used);
  }

  @SuppressWarnings("ReferenceEquality") // the same, not equal ones
  private static void discard(@Nullable Traces traces, @Nullable Traces kept) {
    if (traces != null && traces != kept) {
      traces.retire();
    }
  }

  /** Sends the last spans. Blocks, for at most two seconds. */
  void close() {
    if (used != null) {
      used.close();
    }
    used = null;
  }
}
