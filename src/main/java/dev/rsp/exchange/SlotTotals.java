// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

import dev.rsp.metrics.Distribution;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/** What all loops counted of the requests of one slot, at one moment. Confined to one thread. */
public final class SlotTotals {
  private static final Ending[] ENDINGS = Ending.values();

  private final long[][] requests = new long[SlotCounts.CLASSES][ENDINGS.length];
  private final Distribution duration = new Distribution();
  private final Distribution firstByte = new Distribution();
  private long requestBytes;
  private long responseBytes;
  private long connects;
  private long retries;

  /** Takes a count of requests by how they ended. */
  @FunctionalInterface
  public interface Reader {
    /**
     * Takes one.
     *
     * @param statusClass {@code none}, {@code 1xx} to {@code 5xx}
     */
    void read(String statusClass, Ending ending, long count);
  }

  /** The totals by the names of slots, {@link RequestCounts#NONE} and so on. */
  public static Map<String, SlotTotals> of(Collection<RequestCounts> loops) {
    Map<String, SlotTotals> all = new TreeMap<>();
    for (RequestCounts loop : loops) {
      loop.forEach(
          (slot, counts) -> all.computeIfAbsent(slot, key -> new SlotTotals()).add(counts));
    }
    return all;
  }

  /** Only how many requests have ended, by the same names. */
  public static Map<String, Long> counts(Collection<RequestCounts> loops) {
    Map<String, Long> all = new TreeMap<>();
    for (RequestCounts loop : loops) {
      loop.forEach(
          (slot, counts) -> all.merge(slot, counts.get(SlotCounts.Sum.REQUESTS), Long::sum));
    }
    return all;
  }

  private void add(SlotCounts counts) {
    for (int statusClass = 0; statusClass < SlotCounts.CLASSES; statusClass++) {
      for (int i = 0; i < ENDINGS.length; i++) {
        requests[statusClass][i] += counts.get(statusClass, ENDINGS[i]);
      }
    }
    duration.add(counts.duration);
    firstByte.add(counts.firstByte);
    requestBytes += counts.get(SlotCounts.Sum.REQUEST_BYTES);
    responseBytes += counts.get(SlotCounts.Sum.RESPONSE_BYTES);
    connects += counts.get(SlotCounts.Sum.CONNECTS);
    retries += counts.get(SlotCounts.Sum.RETRIES);
  }

  /** Reads the counts above zero. */
  public void requests(Reader reader) {
    for (int statusClass = 0; statusClass < SlotCounts.CLASSES; statusClass++) {
      for (int i = 0; i < ENDINGS.length; i++) {
        if (requests[statusClass][i] > 0) {
          reader.read(text(statusClass), ENDINGS[i], requests[statusClass][i]);
        }
      }
    }
  }

  private static String text(int statusClass) {
    return statusClass == 0 ? "none" : statusClass + "xx";
  }

  /** Those of each status class, from {@code 1xx} to {@code 5xx}. */
  public Map<String, Long> byStatus() {
    Map<String, Long> all = new TreeMap<>();
    for (int statusClass = 1; statusClass < SlotCounts.CLASSES; statusClass++) {
      long count = 0;
      for (long some : requests[statusClass]) {
        count += some;
      }
      all.put(text(statusClass), count);
    }
    return all;
  }

  /** Adds what another slot was sent. */
  public void add(SlotTotals other) {
    for (int statusClass = 0; statusClass < SlotCounts.CLASSES; statusClass++) {
      for (int i = 0; i < ENDINGS.length; i++) {
        requests[statusClass][i] += other.requests[statusClass][i];
      }
    }
    duration.add(other.duration);
    firstByte.add(other.firstByte);
    requestBytes += other.requestBytes;
    responseBytes += other.responseBytes;
    connects += other.connects;
    retries += other.retries;
  }

  /** All requests that have ended. */
  public long count() {
    long count = 0;
    for (long[] endings : requests) {
      for (long some : endings) {
        count += some;
      }
    }
    return count;
  }

  /** From the first octet of a request to its end, of those that did not become tunnels. */
  public Distribution duration() {
    return duration;
  }

  /** From sending a request's head to the first octet of the answer. */
  public Distribution firstByte() {
    return firstByte;
  }

  /** Octets from clients. */
  public long requestBytes() {
    return requestBytes;
  }

  /** Octets to clients. */
  public long responseBytes() {
    return responseBytes;
  }

  /** Connections that were begun. */
  public long connects() {
    return connects;
  }

  /** Requests that were sent again. */
  public long retries() {
    return retries;
  }
}
