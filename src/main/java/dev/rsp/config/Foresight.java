// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.journal.JournalSettings;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a file says about seeing ahead: what is remembered of hosts, what a reload may do to them,
 * and what is tried beside what is in force.
 *
 * @param candidate null if none is tried
 */
public record Foresight(
    JournalSettings journal, ReloadLimits reload, @Nullable Candidate candidate) {
  /** That of a file that says nothing. */
  public static final Foresight NONE =
      new Foresight(JournalSettings.MEMORY_ONLY, ReloadLimits.NONE, null);

  /**
   * What a reload may do.
   *
   * @param maxMovesPercent share of the hosts that may move, 0 to 100; 100 for any
   * @param runTests whether the new file's tests must pass
   * @param force what a refusal printed, to do it all the same; empty for nothing
   */
  public record ReloadLimits(double maxMovesPercent, boolean runTests, String force) {
    /** Any reload may do anything. */
    public static final ReloadLimits NONE = new ReloadLimits(100, false, "");
  }

  /**
   * A configuration that is asked beside the one in force.
   *
   * @param share of the requests that it is asked about, above 0 and up to 1
   * @param everyMillis how often what was found is logged
   */
  public record Candidate(Path file, double share, long everyMillis) {}
}
