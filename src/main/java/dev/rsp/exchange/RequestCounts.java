// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

import dev.rsp.access.Entry;
import dev.rsp.metrics.BusyHosts;
import dev.rsp.route.Why;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Counts the requests of one loop by slot, and what chose it. Only the loop counts; any thread may
 * read.
 */
public final class RequestCounts {
  /**
   * Requests that were meant for no place: rsp answered itself. No slot has such a name, because
   * none begins with a parenthesis.
   */
  public static final String NONE = "(none)";

  /**
   * Those of places that only a script names, of slots that a reload has removed, and of slots
   * beyond the first {@value #MOST_SLOTS}.
   */
  public static final String OTHER = "(other)";

  /**
   * So many slots are counted one by one; each has some 30 time series, and Prometheus is to hold
   * them all.
   */
  static final int MOST_SLOTS = 1000;

  private static final Why[] WHYS = Why.values();

  private final Map<String, SlotCounts> bySlot = new ConcurrentHashMap<>();
  private final SlotCounts none = new SlotCounts();
  private final SlotCounts other = new SlotCounts();
  private final AtomicLongArray whys = new AtomicLongArray(WHYS.length);

  private Set<String> counted = Set.of();

  /** The busiest hosts; null if nobody asks for them. */
  private @Nullable BusyHosts hosts;

  /**
   * Counts these slots from now on, and forgets others. The loop's thread.
   *
   * @param withHosts whether to find the busiest hosts
   */
  void countSlots(Set<String> names, boolean withHosts) {
    counted = names;
    hosts = !withHosts ? null : hosts == null ? new BusyHosts() : hosts;
    bySlot.keySet().retainAll(names);
  }

  /** Counts an exchange that has ended. The loop's thread. */
  void ended(Entry entry, Ending ending) {
    countWhy(entry.why());
    of(entry).count(entry, ending);
    if (hosts != null) {
      hosts.count(
          entry.hostBytes(), entry.hostStart(), entry.hostEnd(), slot(entry), entry.endedTime());
    }
  }

  private static String slot(Entry entry) {
    String slot = entry.slot();
    return slot != null ? slot : entry.hasPlace() ? OTHER : NONE;
  }

  /**
   * The busiest hosts of the last whole minute, if they are wanted. The loop's thread.
   *
   * @param now by {@link System#nanoTime}
   */
  public List<BusyHosts.Host> busyHosts(long now) {
    return hosts == null ? List.of() : hosts.last(now);
  }

  private SlotCounts of(Entry entry) {
    String slot = entry.slot();
    if (slot == null) {
      return entry.hasPlace() ? other : none;
    }
    SlotCounts known = bySlot.get(slot);
    if (known == null) {
      if (!counted.contains(slot)) {
        return other;
      }
      known = new SlotCounts();
      bySlot.put(slot, known);
    }
    return known;
  }

  private void countWhy(@Nullable String why) {
    for (int i = 0; i < WHYS.length; i++) {
      if (WHYS[i].text().equals(why)) {
        whys.setOpaque(i, whys.getPlain(i) + 1);
        return;
      }
    }
  }

  /** How many requests were routed for that reason. Any thread. */
  @SuppressWarnings("EnumOrdinal") // an index of an array that is never stored
  public long get(Why why) {
    return whys.getOpaque(why.ordinal());
  }

  /** Each slot that had requests, {@link #NONE} and {@link #OTHER}. Any thread. */
  void forEach(BiConsumer<String, SlotCounts> action) {
    action.accept(NONE, none);
    action.accept(OTHER, other);
    bySlot.forEach(action);
  }
}
