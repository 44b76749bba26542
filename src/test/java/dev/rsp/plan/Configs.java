// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import dev.rsp.journal.SeenHost;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Configurations and hosts for tests. */
final class Configs {
  /** The default hash as a script. */
  static final String MODULO =
      "function select(request) return hash.python(request.host, #backends) end\n";

  static final String MODULO_BY_PATH =
      "function select(request) return hash.python(request.path, #backends) end\n";

  private Configs() {}

  /** Backends of these names, and more Lua. */
  static String lua(String more, String... names) {
    String backends =
        IntStream.range(0, names.length)
            .mapToObj(i -> "{ name = '%s', address = '127.0.0.1:%d' }".formatted(names[i], i + 1))
            .collect(Collectors.joining(",\n  "));
    return "listen = '127.0.0.1:0'\nbackends = {\n  " + backends + "\n}\n" + more;
  }

  /** A number of backends: live1, live2 and so on. */
  static String lua(int n, String more) {
    return lua(more, IntStream.rangeClosed(1, n).mapToObj(i -> "live" + i).toArray(String[]::new));
  }

  static Config load(Path directory, String name, String lua) {
    try {
      return ConfigLoader.load(Files.writeString(directory.resolve(name), lua));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ConfigException e) {
      throw new AssertionError(e);
    }
  }

  /** site0.example and so on; the request count of the first equals the number of hosts. */
  static List<SeenHost> hosts(int n) {
    return IntStream.range(0, n)
        .mapToObj(i -> new SeenHost("site" + i + ".example", i == 0 ? n : 1, 0, "-"))
        .toList();
  }
}
