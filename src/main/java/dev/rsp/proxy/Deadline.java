// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A point in time at which something is to happen to one connection, unless it is moved before.
 *
 * <p>A node of a {@link DeadlineWheel}'s lists; moving it later costs one write.
 */
final class Deadline {
  static final long NEVER = Long.MAX_VALUE;

  final Runnable expired;
  final Consumer<Throwable> failed;

  /** The tick at which it expires, or {@link #NEVER}. */
  long at = NEVER;

  /** The tick at which the wheel looks at it next; only while it is linked. */
  long lookAt = NEVER;

  @Nullable Deadline previous;
  @Nullable Deadline next;

  /**
   * A deadline that is not armed.
   *
   * @param expired runs on the event loop, once per arming
   * @param failed takes what that throws, and ends what would be left without any deadline
   */
  Deadline(Runnable expired, Consumer<Throwable> failed) {
    this.expired = expired;
    this.failed = failed;
  }
}
