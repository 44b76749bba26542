// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.journal.HostIndex;
import dev.rsp.journal.SeenHost;
import java.lang.ref.SoftReference;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The known hosts for questions of operators. To collect and sort a million hosts takes seconds, so
 * that is done only when somebody asks, and at most once a minute. Thread-safe; methods may block.
 */
final class HostsSeen {
  /** The journal collects the hosts as often by itself: {@code journal.every}. */
  private static final long KEPT_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final Supplier<List<SeenHost>> journal;
  private final LongSupplier clock;
  private long readAt;

  /** Soft, because a million hosts take some 100 MB, which requests may need. */
  private @Nullable SoftReference<HostIndex> kept;

  HostsSeen(Supplier<List<SeenHost>> journal, LongSupplier clock) {
    this.journal = journal;
    this.clock = clock;
  }

  /** The hosts as of the last minute. */
  synchronized HostIndex index() {
    HostIndex known = kept == null ? null : kept.get();
    long now = clock.getAsLong();
    if (known == null || now - readAt >= KEPT_NANOS) {
      known = new HostIndex(journal.get());
      kept = new SoftReference<>(known);
      readAt = now;
    }
    return known;
  }
}
