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

  /** A file {@code backends.lua} with a listen address and the given text. */
  static Config load(Path directory, String lua) throws IOException, ConfigException {
    Path file = directory.resolve("backends.lua");
    return ConfigLoader.load(Files.writeString(file, "listen = '127.0.0.1:0' " + lua));
  }

  static Chooser chooser(Path directory, String lua)
      throws IOException, ConfigException, ScriptException {
    Config config = load(directory, lua);
    return new Chooser(config, config.script());
  }

  static RequestSnapshot get(String host) {
    return get(host, "/");
  }

  static RequestSnapshot get(String host, String target) {
    return Objects.requireNonNull(RequestSnapshot.get(host, target), host);
  }
}
