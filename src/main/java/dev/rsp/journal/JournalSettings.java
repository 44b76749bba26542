// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the configuration says of the journal.
 *
 * @param file where it is kept; null for memory alone
 * @param hosts how many are remembered at most
 * @param everyMillis how often loops are asked and the file is written
 */
public record JournalSettings(@Nullable Path file, int hosts, long everyMillis) {
  /** Some eight times the sites of one platform of this kind (24,241 in 2014). */
  public static final int DEFAULT_HOSTS = 200_000;

  /** The most that a configuration may ask for: some 200 MB of memory. */
  public static final int MAX_HOSTS = 1_000_000;

  public static final int DEFAULT_EVERY_SECONDS = 60;

  /** Those of a file that says nothing. */
  public static final JournalSettings MEMORY_ONLY =
      new JournalSettings(null, DEFAULT_HOSTS, TimeUnit.SECONDS.toMillis(DEFAULT_EVERY_SECONDS));
}
