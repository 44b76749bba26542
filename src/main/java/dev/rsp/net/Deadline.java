// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A point in time at which an action for one connection runs, unless it is moved before.
 *
 * <p>A node of a {@link DeadlineWheel}'s lists; moving it later costs one write.
 */
public final class Deadline {
  static final long NEVER = Long.MAX_VALUE;

  final Runnable expired;
  final Consumer<Throwable> failed;

  /** The tick at which it expires, or {@link #NEVER}. */
  long at = NEVER;

  /** The tick at which the wheel next examines it; only while it is linked. */
  long lookAt = NEVER;

  @Nullable Deadline previous;
  @Nullable Deadline next;

  /**
   * A deadline that is not armed.
   *
   * @param expired runs on the event loop, once per arming
   * @param failed takes what that throws, and ends what has no deadline any more
   */
  public Deadline(Runnable expired, Consumer<Throwable> failed) {
    this.expired = expired;
    this.failed = failed;
  }
}
