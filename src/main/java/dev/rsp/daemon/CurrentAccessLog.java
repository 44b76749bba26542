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

/** The access log in use. Two configurations with the same settings use the same one. */
final class CurrentAccessLog extends Current<AccessLog> {
  CurrentAccessLog() {
    super("access log");
  }

  @Override
  @Nullable AccessLog find(Config newer, @Nullable AccessLog current) throws ConfigException {
    AccessLogSettings settings = newer.accessLog();
    if (settings == null) {
      return null;
    }
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

  /** Writes what is left, and closes it. */
  @Override
  void end(AccessLog log) {
    log.close();
  }

  /** Opens its target again, because it was renamed. Any thread. */
  void reopen() {
    AccessLog current = used();
    if (current != null) {
      current.reopen();
    }
  }

  /** How many lines the log in use has dropped; 0 without a log. Any thread. */
  long dropped() {
    AccessLog current = used();
    return current == null ? 0 : current.dropped();
  }
}
