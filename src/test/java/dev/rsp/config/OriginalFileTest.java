// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.rsp.config.ConfigException.Kind;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Files written for the original in C: see 1.3 and 1.8 of its description. */
class OriginalFileTest {
  @TempDir Path directory;

  static Stream<Arguments> files() {
    String backend = "backendAddress = '127.0.0.1' backendPort = '80'";
    return Stream.of(
        arguments(
            "three lines",
            "listenPort = '8000'\n" + backend.replace(" b", "\nb"),
            8000,
            "127.0.0.1:80"),
        arguments(
            "one line",
            "listenPort=\"8000\"backendAddress = \"127.0.0.1\"backendPort=\"80\"",
            8000,
            "127.0.0.1:80"),
        arguments(
            "a first line with #", "#!/rsp\nlistenPort = '8000' " + backend, 8000, "127.0.0.1:80"),
        arguments(
            "numbers",
            "listenPort = 8471 backendAddress = '127.0.0.1' backendPort = 81",
            8471,
            "127.0.0.1:81"),
        arguments(
            "computed values", "local p = 80 listenPort = p .. p " + backend, 8080, "127.0.0.1:80"),
        arguments(
            "globals that nobody knows",
            "conect = 3 timeouts = 4 listenPort = 8000 " + backend,
            8000,
            "127.0.0.1:80"),
        arguments(
            "a select that nobody calls",
            "select = 7 listenPort = 8000 " + backend,
            8000,
            "127.0.0.1:80"),
        arguments(
            "a port that the system chooses", "listenPort = '0' " + backend, 0, "127.0.0.1:80"),
        arguments(
            "the name of a service",
            "listenPort = 'http' backendAddress = '127.0.0.1' backendPort = 'http'",
            80,
            "127.0.0.1:80"),
        arguments(
            "an IPv6 backend",
            "listenPort = 1 backendAddress = '::1' backendPort = 80",
            1,
            "[::1]:80"),
        arguments(
            "a backend by name",
            "listenPort = 1 backendAddress = 'localhost' backendPort = 80",
            1,
            "localhost:80"));
  }

  @Test
  void portsInDigitsNeedNoListOfServices() throws Exception {
    ConfigFile file =
        ConfigFile.in(
            directory, "listenPort = '8000' backendAddress = '127.0.0.1' backendPort = 80");
    assertEquals(1, file.load(noServices()).slots().size());
  }

  @Test
  void aNameOfAServiceWithoutAListOfServicesIsAProblemThatSaysSo() {
    ConfigFile file =
        ConfigFile.in(
            directory, "listenPort = 'http' backendAddress = '127.0.0.1' backendPort = 80");
    ConfigException failure = assertThrows(ConfigException.class, () -> file.load(noServices()));
    assertEquals(
        List.of(
            directory
                + "/backends.lua:1: listenPort: \"http\" (expected: a port from 0 to 65535, or the"
                + " name of a service: "
                + directory
                + "/none, which lists them, cannot be read)"),
        failure.problems());
  }

  private ServiceNames noServices() {
    return new ServiceNames(directory.resolve("none"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void files(String what, String source, int listenPort, String backend) throws Exception {
    Config config = ConfigFile.in(directory, source).load();
    assertEquals(
        List.of(
            new ListenAddress(
                "0.0.0.0:" + listenPort,
                new InetSocketAddress(ConfigFile.ip("0.0.0.0"), listenPort),
                null)),
        config.listen());
    assertEquals(List.of(backend), config.slots().stream().map(Slot::name).toList());
    assertEquals(backend, ConfigFile.place(config.slots().get(0)).text());
    assertEquals("localhost", config.defaultHost());
    assertEquals(Timeouts.DEFAULTS, config.timeouts());
    assertEquals(Limits.DEFAULTS, config.limits());
    assertFalse(config.hasSelect());
  }

  @Test
  void aBackendByNameIsResolved() throws Exception {
    Config config =
        ConfigFile.in(directory, "listenPort = 1 backendAddress = 'localhost' backendPort = 80")
            .load();
    assertEquals(
        new InetSocketAddress(ConfigFile.ip("127.0.0.1"), 80),
        ConfigFile.place(config.slots().get(0)).address());
  }

  static Stream<Arguments> notStrings() {
    return Stream.of(
        arguments("backendAddress = 'a'", "listenPort must be a string"),
        arguments("backendPort = 1", "listenPort must be a string"),
        arguments(
            "listenPort = true backendAddress = 'a' backendPort = 1",
            "listenPort must be a string"),
        arguments(
            "listenPort = {} backendAddress = 'a' backendPort = 1", "listenPort must be a string"),
        arguments("listenPort = 1", "backendAddress must be a string"),
        arguments("listenPort = 1 backendAddress = false", "backendAddress must be a string"),
        arguments("listenPort = 1 backendAddress = 'a'", "backendPort must be a string"),
        arguments(
            "listenPort = 'bad' backendAddress = 'a' function backendPort() end",
            "backendPort must be a string"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void notStrings(String source, String problem) {
    ConfigException failure = ConfigFile.in(directory, source).failure();
    assertEquals(Kind.MUST_BE_A_STRING, failure.kind());
    assertEquals(List.of(problem), failure.problems());
  }

  static Stream<Arguments> valuesThatAreWrong() {
    String listenPort = " (expected: a port from 0 to 65535, or the name of a service)";
    String backendPort = " (expected: a port from 1 to 65535, or the name of a service)";
    return Stream.of(
        arguments("8471.5", "'a'", "80", "1: listenPort: \"8471.5\"" + listenPort),
        arguments("-1", "'app'", "80", "1: listenPort: \"-1\"" + listenPort),
        arguments(
            "'no-such-service'", "'app'", "80", "1: listenPort: \"no-such-service\"" + listenPort),
        arguments("65536", "'app'", "80", "1: listenPort: \"65536\"" + listenPort),
        arguments("1", "'app'", "0", "3: backendPort: \"0\"" + backendPort),
        arguments("1", "'app'", "''", "3: backendPort: \"\"" + backendPort),
        arguments(
            "1",
            "'10.0.0.300'",
            "80",
            "2: backendAddress: \"10.0.0.300\" (expected: a host name or an IP address)"),
        arguments(
            "1",
            "'unix:/run/x'",
            "80",
            "2: backendAddress: \"unix:/run/x\" (expected: a host name or an IP address)"),
        arguments(
            "1",
            "'nope.example'",
            "80",
            "2: backendAddress: \"nope.example:80\" (expected: a name that resolves: Name or service not known)"));
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource
  void valuesThatAreWrong(String listenPort, String address, String port, String problem)
      throws IOException {
    ConfigFile file =
        ConfigFile.in(
            directory,
            "listenPort = " + listenPort,
            "backendAddress = " + address.replace("'a'", "'app'"),
            "backendPort = " + port);
    assertEquals(List.of("backends.lua:" + problem), file.problems());
    assertEquals(Kind.WRONG_VALUES, file.failure().kind());
  }

  @Test
  void aFileWithAListOfBackendsIsNotTheOriginals() {
    assertEquals(
        List.of(
            "backends.lua:1: listenPort: 8000 (expected: a known key, or local)",
            "backends.lua:2: backendPort: 80 (expected: a known key, or local)"),
        ConfigFile.in(
                directory,
                "listenPort = 8000 listen = 'localhost:0'",
                "backendPort = 80 backends = { 'app:80' }")
            .problems());
  }
}
