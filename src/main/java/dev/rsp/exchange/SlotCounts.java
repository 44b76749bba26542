// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

import dev.rsp.access.Entry;
import dev.rsp.metrics.Histogram;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * What one loop counts of the requests of one slot. Only the loop counts, so it needs no atomic
 * addition; any thread may read, and may see slightly older counts.
 */
final class SlotCounts {
  /** Status classes: 0 for no answer, 1 for 1xx to 5 for 5xx. */
  static final int CLASSES = 6;

  private static final int HUNDRED = 100;
  private static final int SWITCHING_PROTOCOLS = 101;

  /** What is summed. */
  enum Sum {
    REQUESTS,
    REQUEST_BYTES,
    RESPONSE_BYTES,
    CONNECTS,
    RETRIES
  }

  private static final int SUMS = Sum.values().length;
  private static final int ENDINGS = Ending.values().length;

  private final AtomicLongArray sums = new AtomicLongArray(SUMS);

  /** Requests by status class, then by ending; made when the first one of a class ends. */
  private final AtomicReferenceArray<AtomicLongArray> requests =
      new AtomicReferenceArray<>(CLASSES);

  /** From the first octet of the request to the end, of those that did not become tunnels. */
  final Histogram duration = new Histogram();

  /** From sending the head to the first octet of the answer. */
  final Histogram firstByte = new Histogram();

  /** Counts an exchange that has ended. The loop's thread. */
  @SuppressWarnings("EnumOrdinal") // an index of an array that is never stored
  void count(Entry entry, Ending ending) {
    add(classOf(entry.status()), ending.ordinal());
    add(Sum.REQUESTS, 1);
    add(Sum.REQUEST_BYTES, entry.requestBytes());
    add(Sum.RESPONSE_BYTES, entry.responseBytes());
    add(Sum.CONNECTS, entry.connects());
    add(Sum.RETRIES, entry.retries());
    if (entry.status() != SWITCHING_PROTOCOLS) {
      duration.add(entry.totalTime());
    }
    long firstByteNanos = entry.firstByteTime();
    if (firstByteNanos >= 0) {
      firstByte.add(firstByteNanos);
    }
  }

  private static int classOf(int status) {
    int first = status / HUNDRED;
    return first < CLASSES ? first : 0;
  }

  private void add(int statusClass, int ending) {
    AtomicLongArray counts = requests.getPlain(statusClass);
    if (counts == null) {
      counts = new AtomicLongArray(ENDINGS);
      requests.setRelease(statusClass, counts);
    }
    counts.setOpaque(ending, counts.getPlain(ending) + 1);
  }

  @SuppressWarnings("EnumOrdinal") // an index of an array that is never stored
  private void add(Sum sum, long more) {
    if (more != 0) {
      int at = sum.ordinal();
      sums.setOpaque(at, sums.getPlain(at) + more);
    }
  }

  /** A sum. Any thread. */
  @SuppressWarnings("EnumOrdinal") // an index of an array that is never stored
  long get(Sum sum) {
    return sums.getOpaque(sum.ordinal());
  }

  /** Requests of a status class that ended so. Any thread. */
  @SuppressWarnings("EnumOrdinal") // an index of an array that is never stored
  long get(int statusClass, Ending ending) {
    AtomicLongArray counts = requests.getAcquire(statusClass);
    return counts == null ? 0 : counts.getOpaque(ending.ordinal());
  }
}
