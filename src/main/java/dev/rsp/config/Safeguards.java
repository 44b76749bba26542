// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.journal.JournalSettings;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Settings that make changes of the configuration safe: the journal of hosts, the limits of a
 * reload, and a candidate configuration to compare with the active one.
 *
 * @param candidate null if the file sets none
 */
public record Safeguards(
    JournalSettings journal, ReloadLimits reload, @Nullable Candidate candidate) {
  /** The values if the file sets none. */
  public static final Safeguards NONE =
      new Safeguards(JournalSettings.MEMORY_ONLY, ReloadLimits.NONE, null);

  /**
   * The limits of a reload.
   *
   * @param maxMovesPercent percentage of hosts that may move, 0 to 100; 100 is no limit
   * @param runTests whether the new file's tests must pass
   * @param force the text that a refused reload printed, to force that reload; empty to force none
   */
  public record ReloadLimits(double maxMovesPercent, boolean runTests, String force) {
    /** Without limits. */
    public static final ReloadLimits NONE = new ReloadLimits(100, false, "");
  }

  /**
   * A candidate configuration: its decisions are compared with those of the active one.
   *
   * @param share fraction of the requests that are compared, above 0 and up to 1
   * @param everyMillis interval at which the result is logged
   */
  public record Candidate(Path file, double share, long everyMillis) {}
}
