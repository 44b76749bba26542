// SPDX-License-Identifier: Apache-2.0
package dev.rsp.usage;

import java.nio.file.Path;

/**
 * Where the use of hosts is kept, and how much of it.
 *
 * @param folder of the files, absolute
 * @param hosts as many have sums of their own in an hour; the others are summed together
 * @param keepDays files of earlier hours are removed
 */
public record UsageSettings(Path folder, int hosts, int keepDays) {
  /** Some forty times the sites of one platform of this kind (24,241 in 2014). */
  public static final int DEFAULT_HOSTS = 1_000_000;

  /** As many as a plan reads. */
  public static final int MAX_HOSTS = 1_000_000;

  /** A bill for a month, and some days to write it. */
  public static final int DEFAULT_KEEP_DAYS = 40;

  /** Ten years. */
  public static final int MAX_KEEP_DAYS = 3_660;

  /** The most that a host costs, with a name of the longest mean that {@link UsageTable} has. */
  private static final int HOST_BYTES = 130;

  /**
   * As many hosts as may be in memory for each one that an hour may have: those of the hour before
   * are there until they are written, and a quarter is kept for regular hosts.
   */
  private static final double HOURS_IN_MEMORY = 1.75;

  /**
   * As many hosts as the heap has room for in a half of it, if that is fewer.
   *
   * @param heapBytes the largest size of the heap
   */
  int hostsWithin(long heapBytes) {
    return (int) Math.min(hosts, Math.max(1, heapBytes / 2.0 / (HOST_BYTES * HOURS_IN_MEMORY)));
  }

  /** The same for fewer hosts. */
  UsageSettings withHosts(int fewer) {
    return new UsageSettings(folder, fewer, keepDays);
  }
}
