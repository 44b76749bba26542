// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.log.IoReason;
import dev.rsp.usage.RegularHosts;
import dev.rsp.usage.Usage;
import dev.rsp.usage.UsageSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The use of hosts, from one configuration to the next. {@link Daemon} calls it under its lock. */
final class CurrentUsage {
  private final RegularHosts regular;
  private volatile @Nullable Usage used;

  /** Those of earlier configurations that still have something to write. */
  private final List<Usage> retired = new ArrayList<>();

  CurrentUsage(RegularHosts regular) {
    this.regular = regular;
  }

  /**
   * The one for a configuration: one that has its folder already, else a new one.
   *
   * @return null if the configuration has none
   * @throws ConfigException if its folder cannot be used
   */
  @Nullable Usage open(Config newer) throws ConfigException {
    UsageSettings settings = newer.usage();
    if (settings == null) {
      return null;
    }
    Usage current = used;
    if (current != null && current.isOf(settings)) {
      return current;
    }
    for (Usage earlier : retired) {
      if (earlier.isOf(settings) && earlier.resume(settings)) {
        return earlier;
      }
    }
    try {
      return Usage.open(settings, regular);
    } catch (IOException e) {
      throw new ConfigException(
          ConfigException.Kind.CANNOT_RUN,
          List.of(
              "%s: usage: cannot use %s: %s"
                  .formatted(newer.program().name(), settings.folder(), IoReason.of(e))));
    }
  }

  /** Uses one from now on; no loop uses the one before any more, which ends when it is written. */
  void use(@Nullable Usage newer, Config config) {
    Usage before = used;
    used = newer;
    UsageSettings settings = config.usage();
    if (newer != null && settings != null) {
      newer.resume(settings);
      retired.remove(newer);
    }
    retire(before, newer);
  }

  /** Ends one that {@link #open} returned and that is not used. */
  void discard(@Nullable Usage opened) {
    retire(opened, used);
  }

  @SuppressWarnings("ReferenceEquality") // the same, not an equal one
  private void retire(@Nullable Usage usage, @Nullable Usage kept) {
    retired.removeIf(Usage::hasEnded);
    if (usage != null && usage != kept) {
      usage.retire();
      if (!retired.contains(usage)) {
        retired.add(usage);
      }
    }
  }

  /** The one in use; null if there is none. Any thread. */
  @Nullable Usage used() {
    return used;
  }

  /** Writes what there is, and ends all. */
  void close() {
    Usage last = used;
    used = null;
    retired.forEach(Usage::close);
    retired.clear();
    if (last != null) {
      last.close();
    }
  }
}
