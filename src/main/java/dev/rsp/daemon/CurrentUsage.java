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

/** The use of hosts. A configuration uses the one that has its folder already, if there is one. */
final class CurrentUsage extends Current<Usage> {
  private final RegularHosts regular;

  /** Those of earlier configurations that still have something to write. */
  private final List<Usage> retired = new ArrayList<>();

  CurrentUsage(RegularHosts regular) {
    super("usage");
    this.regular = regular;
  }

  @Override
  @Nullable Usage find(Config newer, @Nullable Usage current) throws ConfigException {
    retired.removeIf(Usage::hasEnded);
    UsageSettings settings = newer.usage();
    if (settings == null) {
      return null;
    }
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

  @Override
  void begin(Usage usage, Config newer) {
    UsageSettings settings = newer.usage();
    if (settings != null) {
      usage.resume(settings);
      retired.remove(usage);
    }
  }

  /** It ends by itself when all is written. */
  @Override
  void end(Usage usage) {
    usage.retire();
    if (!retired.contains(usage)) {
      retired.add(usage);
    }
  }

  /** Writes what there is, and ends all. */
  @Override
  void close() {
    Usage last = take();
    retired.forEach(Usage::close);
    retired.clear();
    if (last != null) {
      last.close();
    }
  }
}
