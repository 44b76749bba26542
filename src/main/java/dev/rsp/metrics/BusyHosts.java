// SPDX-License-Identifier: Apache-2.0
package dev.rsp.metrics;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The hosts that had most requests on one loop in the last whole minute. Confined to that loop.
 *
 * <p>Minutes are those of {@link System#nanoTime}, the same for all loops, so that the results of
 * several loops can be added.
 */
public final class BusyHosts {
  /** Each host with more than 1 of 1024 requests is known; some 100 KiB for each loop. */
  static final int CAPACITY = 1024;

  private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

  private final HeavyHitters current;
  private List<Host> last = List.of();
  private long minute;

  /**
   * A host.
   *
   * @param requests in the minute: at least so many
   * @param slot that the last of them went to
   */
  public record Host(String host, String slot, long requests) {}

  /** Starts to count. */
  public BusyHosts() {
    this(CAPACITY);
  }

  BusyHosts(int capacity) {
    this.current = new HeavyHitters(capacity);
  }

  /**
   * Counts a request.
   *
   * @param from has the host from {@code start} to {@code end}
   * @param now by {@link System#nanoTime}
   */
  public void count(byte[] from, int start, int end, String slot, long now) {
    turn(now);
    if (end > start) {
      current.count(from, start, end, slot);
    }
  }

  /** Those of the last whole minute, in no order. */
  public List<Host> last(long now) {
    turn(now);
    return last;
  }

  private void turn(long now) {
    long newest = Math.floorDiv(now, MINUTE);
    if (newest != minute) {
      last = newest == minute + 1 ? certain() : List.of();
      minute = newest;
      current.clear();
    }
  }

  /** By the counts that are certain, so that a flood of names that come once is not in it. */
  private List<Host> certain() {
    List<Host> hosts = new ArrayList<>();
    for (HeavyHitters.Hitter one : current.all()) {
      hosts.add(new Host(one.host(), one.slot(), one.count() - one.error()));
    }
    return List.copyOf(hosts);
  }

  /** The busiest of several loops together, at most so many, the busiest first. */
  public static List<Host> busiest(List<List<Host>> loops, int most) {
    Map<String, Host> sums = new HashMap<>();
    for (List<Host> loop : loops) {
      for (Host host : loop) {
        sums.merge(
            host.host(),
            host,
            (one, other) -> new Host(one.host(), one.slot(), one.requests() + other.requests()));
      }
    }
    return sums.values().stream()
        .sorted(Comparator.comparingLong(Host::requests).reversed().thenComparing(Host::host))
        .limit(most)
        .toList();
  }
}
