// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * A part of the daemon that a configuration may replace, such as its access log: the part in use,
 * from one configuration to the next. A configuration is applied in two steps: {@link #open}, which
 * can fail, and then either {@link #use} or {@link #discard}.
 *
 * <p>{@link Daemon} calls these methods under its lock; any thread may call {@link #used}.
 *
 * @param <T> the part
 */
abstract class Current<T> {
  private final String name;
  private volatile @Nullable T used;

  /** What the last {@link #open} has found, until it is used or discarded. */
  private @Nullable T opened;

  /**
   * Nothing is in use at first.
   *
   * @param name for the log
   */
  Current(String name) {
    this.name = name;
  }

  /**
   * The part for a configuration: the one in use if it serves this configuration too, else another.
   *
   * @param current the one in use; null if there is none
   * @return null if the configuration has none
   * @throws ConfigException if it cannot be opened
   */
  abstract @Nullable T find(Config newer, @Nullable T current) throws ConfigException;

  /** Has a part serve a configuration: a new part, or the one that was in use before. */
  void begin(T part, Config newer) {
    // Most parts need to be told nothing.
  }

  /** Ends a part that is not used, or no longer. No loop uses it any more. */
  abstract void end(T part);

  /** Whether two are the same one: the first is not ended then when the other is used. */
  @SuppressWarnings("ReferenceEquality") // the same, not equal ones
  boolean isSame(T one, T other) {
    return one == other;
  }

  final String name() {
    return name;
  }

  /**
   * Opens what a configuration needs. The part before stays in use.
   *
   * @throws ConfigException if that fails
   */
  final void open(Config newer) throws ConfigException {
    opened = find(newer, used);
  }

  /** What {@link #open} has opened; null if its configuration has none. */
  final @Nullable T opened() {
    return opened;
  }

  /** Uses what {@link #open} has opened for this configuration, and ends the one before. */
  final void use(Config newer) {
    T before = used;
    T next = opened;
    opened = null;
    used = next;
    if (next != null) {
      begin(next, newer);
    }
    endUnlessSame(before, next);
  }

  /** Ends what {@link #open} has opened, because its configuration will not be in force. */
  final void discard() {
    T unused = opened;
    opened = null;
    endUnlessSame(unused, used);
  }

  private void endUnlessSame(@Nullable T part, @Nullable T kept) {
    if (part != null && (kept == null || !isSame(part, kept))) {
      end(part);
    }
  }

  /** The one in use; null if there is none. Any thread. */
  final @Nullable T used() {
    return used;
  }

  /** Ends the one in use, when the daemon stops. */
  void close() {
    T last = take();
    if (last != null) {
      end(last);
    }
  }

  /** The one in use, which is then in use no more. */
  final @Nullable T take() {
    T last = used;
    used = null;
    return last;
  }
}
