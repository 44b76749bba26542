// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The journal's settings.
 *
 * @param file the journal's file; null for memory only
 * @param hosts maximum of hosts
 * @param everyMillis interval at which counts are collected and the file is written
 */
public record JournalSettings(@Nullable Path file, int hosts, long everyMillis) {
  /** About eight times the sites of one platform of this kind (24,241 in 2014). */
  public static final int DEFAULT_HOSTS = 200_000;

  /** Maximum value in a configuration: about 200 MB of memory. */
  public static final int MAX_HOSTS = 1_000_000;

  public static final int DEFAULT_EVERY_SECONDS = 60;

  /** The values if the file sets none. */
  public static final JournalSettings MEMORY_ONLY =
      new JournalSettings(null, DEFAULT_HOSTS, TimeUnit.SECONDS.toMillis(DEFAULT_EVERY_SECONDS));
}
