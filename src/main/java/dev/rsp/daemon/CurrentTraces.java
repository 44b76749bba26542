// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.config.Config;
import dev.rsp.trace.TraceSettings;
import dev.rsp.trace.Traces;
import org.jspecify.annotations.Nullable;

/** What makes spans of requests now. Two configurations with the same settings use the same. */
final class CurrentTraces extends Current<Traces> {
  CurrentTraces() {
    super("traces");
  }

  @Override
  @Nullable Traces find(Config newer, @Nullable Traces current) {
    TraceSettings settings = newer.traces();
    if (settings == null || (current != null && current.settings().equals(settings))) {
      return settings == null ? null : current;
    }
    return Traces.open(settings);
  }

  @Override
  void end(Traces traces) {
    traces.retire();
  }

  /** Sends the last spans. Blocks, for at most two seconds. */
  @Override
  void close() {
    Traces last = take();
    if (last != null) {
      last.close();
    }
  }
}
