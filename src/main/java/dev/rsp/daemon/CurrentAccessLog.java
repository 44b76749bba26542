// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.access.AccessLog;
import dev.rsp.access.AccessLogSettings;
import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.log.IoReason;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The access log in use, from one configuration to the next. {@link Daemon} calls it under its
 * lock, {@link #reopen} excepted.
 */
final class CurrentAccessLog {
  private volatile @Nullable AccessLog used;

  /**
   * The log for a configuration: the one in use if it has the same settings, else a new one.
   *
   * @return null if the configuration has none
   * @throws ConfigException if it cannot be opened
   */
  @Nullable AccessLog open(Config newer) throws ConfigException {
    AccessLogSettings settings = newer.accessLog();
    if (settings == null) {
      return null;
    }
    AccessLog current = used;
    if (current != null && current.settings().equals(settings)) {
      return current;
    }
    try {
      return AccessLog.open(settings);
    } catch (IOException e) {
      throw new ConfigException(
          ConfigException.Kind.CANNOT_RUN,
          List.of(
              "%s: access_log: cannot open %s: %s"
                  .formatted(newer.program().name(), settings.target().text(), IoReason.of(e))));
    }
  }

  /** Uses a log from now on, and closes the one before. No loop uses that any more. */
  void use(@Nullable AccessLog newer) {
    AccessLog before = used;
    used = newer;
    discard(before, newer);
  }

  /** Closes a log that {@link #open} made and that is not used. */
  void discard(@Nullable AccessLog opened) {
    discard(opened, used);
  }

  @SuppressWarnings("ReferenceEquality") // the same log, not an equal one
  private static void discard(@Nullable AccessLog log, @Nullable AccessLog kept) {
    if (log != null && log != kept) {
      log.close();
    }
  }

  /** Opens its target again, because it was renamed. Any thread. */
  void reopen() {
    AccessLog current = used;
    if (current != null) {
      current.reopen();
    }
  }

  /** How many lines the log in use has dropped; 0 without a log. Any thread. */
  long dropped() {
    AccessLog current = used;
    return current == null ? 0 : current.dropped();
  }

  /** Writes what is left, and closes it. */
  void close() {
    use(null);
  }
}
