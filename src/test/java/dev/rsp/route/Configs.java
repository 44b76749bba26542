// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import dev.rsp.lua.ScriptException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** Configurations for tests, from their Lua text. */
final class Configs {
  private Configs() {}

  /** Listens, and adds what the text says. The file is called {@code backends.lua}. */
  static Config load(Path directory, String lua) throws IOException, ConfigException {
    Path file = directory.resolve("backends.lua");
    return ConfigLoader.load(Files.writeString(file, "listen = '127.0.0.1:0' " + lua));
  }

  static Chooser chooser(Path directory, String lua)
      throws IOException, ConfigException, ScriptException {
    Config config = load(directory, lua);
    return new Chooser(config, config.script());
  }

  static Asked get(String host) {
    return get(host, "/");
  }

  static Asked get(String host, String target) {
    return Objects.requireNonNull(Asked.get(host, target), host);
  }
}
