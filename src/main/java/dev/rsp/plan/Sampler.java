// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import dev.rsp.http.RequestHead;
import dev.rsp.route.Asked;
import dev.rsp.route.Client;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Puts a share of the requests aside, for somebody else to look at.
 *
 * <p>An event loop's thread calls it and never waits: what does not fit is counted and forgotten.
 */
public final class Sampler {
  /** Takes no request. */
  public static final Sampler NONE = new Sampler(0, new Aside());

  /** Samples of all loops that wait: one is a kilobyte or two with its fields. */
  private static final int MOST_WAITING = 512;

  private static final double UNIT = 0x1p-53;

  private final double share;
  private final Aside aside;
  private final SplittableRandom random = new SplittableRandom();

  Sampler(double share, Aside aside) {
    this.share = share;
    this.aside = aside;
  }

  /** Looks at a request. */
  public void look(RequestHead head, Client client) {
    // By chance and not every n-th, because clients ask in patterns.
    if (share > 0 && (random.nextLong() >>> 11) * UNIT < share) {
      aside.put(head, client);
    }
  }

  /** What all loops of a daemon put aside. */
  static final class Aside {
    private final Queue<Asked> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();
    private final LongAdder dropped = new LongAdder();

    private void put(RequestHead head, Client client) {
      if (count.get() >= MOST_WAITING) {
        dropped.increment();
        return;
      }
      waiting.add(Asked.of(head, client));
      count.incrementAndGet();
    }

    /** The oldest, or null if there is none. */
    @Nullable Asked take() {
      Asked oldest = waiting.poll();
      if (oldest != null) {
        count.decrementAndGet();
      }
      return oldest;
    }

    /** Those that found no room. */
    long dropped() {
      return dropped.sum();
    }
  }
}
