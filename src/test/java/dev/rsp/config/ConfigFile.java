// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/** A configuration file for a test; its names resolve without a network. */
final class ConfigFile {
  /** Resolves {@code localhost}, {@code two.example}, and names that begin with {@code app}. */
  static final Resolver RESOLVER =
      name -> {
        if (name.equals("localhost")) {
          return List.of(ip("::1"), ip("127.0.0.1"));
        }
        if (name.equals("two.example")) {
          return List.of(ip("2001:db8::1"), ip("10.0.0.9"), ip("10.0.0.8"));
        }
        if (name.startsWith("app")) {
          return List.of(ip("10.0.0.7"));
        }
        throw new UnknownHostException(name + ": Name or service not known");
      };

  /** Contains {@code http} and {@code https}, independent of the machine. */
  private static final ServiceNames SERVICES =
      new ServiceNames(Path.of("src/test/resources/services"));

  /** The two lines that every file needs. */
  static final String LISTEN = "listen = '0.0.0.0:0'";

  static final String BACKENDS = "backends = { '10.0.0.11:80' }";

  /** The expectation in the error message for an invalid address. */
  static final String FORMS = "host:port, [v6]:port or unix:/path";

  static final String TO_LISTEN_ON =
      "an address to listen on, such as \"0.0.0.0:8080\" or \"unix:/run/rsp.sock\"";

  private final Path path;

  private ConfigFile(Path path) {
    this.path = path;
  }

  /** Writes {@code backends.lua} into a directory. */
  static ConfigFile in(Path directory, String... lines) {
    return in(directory, String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
  }

  static ConfigFile in(Path directory, byte[] source) {
    try {
      return new ConfigFile(Files.write(directory.resolve("backends.lua"), source));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static ConfigFile at(Path path) {
    return new ConfigFile(path);
  }

  Config load() throws ConfigException {
    return load(ListenCheck.NONE);
  }

  Config load(ListenCheck bind) throws ConfigException {
    return load(SERVICES, bind);
  }

  /** Loads the file with other service names. */
  Config load(ServiceNames services) throws ConfigException {
    return load(services, ListenCheck.NONE);
  }

  private Config load(ServiceNames services, ListenCheck bind) throws ConfigException {
    return ConfigLoader.load(
        path, new NameLookup(RESOLVER, Duration.ofSeconds(30)), services, bind);
  }

  ConfigException failure() {
    return assertThrows(ConfigException.class, this::load);
  }

  /** The problems in the file, without its directory. */
  List<String> problems() {
    return problems(ListenCheck.NONE);
  }

  List<String> problems(ListenCheck bind) {
    String directory = path.getParent() + "/";
    return assertThrows(ConfigException.class, () -> load(bind)).problems().stream()
        .map(line -> line.replace(directory, ""))
        .toList();
  }

  /** The address of a slot that has one. */
  static Place place(Slot slot) {
    return Objects.requireNonNull(slot.place(), slot.name());
  }

  static InetAddress ip(String text) throws UnknownHostException {
    return InetAddress.getByName(text);
  }
}
