// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import dev.rsp.metrics.Figures;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What operators can ask of the daemon. Thread-safe; methods may block for seconds. */
public interface Operations {
  /** Whether every event loop does its work. */
  boolean isAlive();

  /** Whether connections are accepted: no stop has begun. */
  boolean isServing();

  /** The state, as lines for a person. */
  List<String> status();

  /** The state, as values that {@link Json} can write. */
  Map<String, @Nullable Object> values();

  /** The text of the configuration in force. */
  byte[] configuration();

  /**
   * The figures for Prometheus.
   *
   * @param accept the value of the reader's Accept field; null if it sends none
   */
  Figures.Text metrics(@Nullable String accept);

  /**
   * Reads the file again, as HUP does, and says what came of it.
   *
   * @param peer who asks, for the log
   */
  Verdict reload(String peer);

  /** How many reloads there were since the start. */
  long reloads();

  /**
   * The reloads after the first so many, the oldest first, as values that {@link Json} can write.
   */
  List<Map<String, @Nullable Object>> reloadsSince(long seen);

  /** What is answered below {@code /api/}. */
  Routes routes();

  /**
   * What came of a reload.
   *
   * @param accepted whether the file is in force now
   * @param lines for a person: what moved, or why it was refused, and what is in force
   */
  record Verdict(boolean accepted, List<String> lines) {
    public Verdict {
      lines = List.copyOf(lines);
    }
  }
}
