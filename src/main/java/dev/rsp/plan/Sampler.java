// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import dev.rsp.http.Client;
import dev.rsp.http.RequestHead;
import dev.rsp.route.RequestSampler;
import dev.rsp.route.RequestSnapshot;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Takes a random sample of the requests for a {@link Shadow}.
 *
 * <p>Called by an event loop and never blocks: samples that do not fit into the queue are counted
 * and dropped.
 */
public final class Sampler implements RequestSampler {
  /** Maximum of queued samples of all loops: one is 1 to 2 KiB with its fields. */
  private static final int MAX_WAITING = 512;

  private static final double UNIT = 0x1p-53;

  private final double share;
  private final SampleQueue samples;
  private final SplittableRandom random = new SplittableRandom();

  Sampler(double share, SampleQueue samples) {
    this.share = share;
    this.samples = samples;
  }

  @Override
  public void sample(RequestHead head, Client client) {
    // Random, not every n-th, because requests come in patterns.
    if (share > 0 && (random.nextLong() >>> 11) * UNIT < share) {
      samples.put(head, client);
    }
  }

  /** A bounded queue of samples, shared by all loops. */
  static final class SampleQueue {
    private final Queue<RequestSnapshot> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();
    private final LongAdder dropped = new LongAdder();

    private void put(RequestHead head, Client client) {
      if (count.get() >= MAX_WAITING) {
        dropped.increment();
        return;
      }
      waiting.add(RequestSnapshot.of(head, client));
      count.incrementAndGet();
    }

    /** Removes the oldest sample; null if there is none. */
    @Nullable RequestSnapshot take() {
      RequestSnapshot oldest = waiting.poll();
      if (oldest != null) {
        count.decrementAndGet();
      }
      return oldest;
    }

    /** Number of samples dropped because the queue was full. */
    long dropped() {
      return dropped.sum();
    }
  }
}
