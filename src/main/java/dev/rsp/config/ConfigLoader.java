// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.nio.file.Path;
import java.util.List;

/** Reads a configuration file. */
public final class ConfigLoader {
  private ConfigLoader() {}

  /**
   * Reads, runs and checks a file; resolves the names in it. Blocks: not for an event loop.
   *
   * @throws ConfigException if anything in it is wrong
   */
  public static Config load(Path file) throws ConfigException {
    throw new ConfigException(List.of(file + ": not built"));
  }
}
