// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What an operator is told about a file that runs, but says something wrong. */
class ConfigProblemsTest {
  private static final String LISTEN = "listen = '0.0.0.0:0'";
  private static final String BACKENDS = "backends = { '10.0.0.11:80' }";
  private static final String FORMS = "host:port, [v6]:port or unix:/path";
  private static final String TO_LISTEN_ON =
      "an address to listen on, such as \"0.0.0.0:8080\" or \"unix:/run/rsp.sock\"";
  private static final String SLOT = "an address, or a table with name and address";
  private static final String SECONDS = "(expected: a number of seconds from 0.001 to 86400)";
  private static final String HOST =
      "(expected: a host name in lower case, without port and final dot)";

  @TempDir Path directory;

  static Stream<Arguments> oneLineThatIsWrong() {
    return Stream.of(
        // Keys that nobody knows.
        wrong(
            "conect = 3",
            "conect: 3 (expected: a known key, or local; did you mean timeouts.connect?)"),
        wrong("Loops = 3", "Loops: 3 (expected: a known key, or local; did you mean loops?)"),
        wrong("workers = {}", "workers: a table (expected: a known key, or local)"),
        wrong("listenPort = 80", "listenPort: 80 (expected: a known key, or local)"),
        wrong(
            "timeouts = { haed = 10 }",
            "timeouts.haed: 10 (expected: one of head, connect, response, idle, keepalive,"
                + " backend_keepalive, linger, drain; did you mean head?)"),
        wrong(
            "timeouts = { 10 }",
            "timeouts[1]: 10 (expected: one of head, connect, response, idle, keepalive,"
                + " backend_keepalive, linger, drain)"),
        wrong(
            "limits = { ['head bytes'] = 10 }",
            "limits[\"head bytes\"]: 10 (expected: one of head_bytes, fields, target_bytes,"
                + " connections, backend_idle; did you mean head_bytes?)"),
        wrong("function timeouts() end", "timeouts: a function (expected: a table)"),
        wrong("limits = 'all'", "limits: \"all\" (expected: a table)"),

        // Numbers.
        wrong("timeouts = { head = 0 }", "timeouts.head: 0 " + SECONDS),
        wrong("timeouts = { head = -1 }", "timeouts.head: -1 " + SECONDS),
        wrong("timeouts = { head = 86401 }", "timeouts.head: 86401 " + SECONDS),
        wrong("timeouts = { head = 0.0001 }", "timeouts.head: 1.0E-4 " + SECONDS),
        wrong("timeouts = { head = 0/0 }", "timeouts.head: nan " + SECONDS),
        wrong("timeouts = { head = 1/0 }", "timeouts.head: inf " + SECONDS),
        wrong("timeouts = { head = '10' }", "timeouts.head: \"10\" " + SECONDS),
        wrong("timeouts = { head = true }", "timeouts.head: true " + SECONDS),
        wrong(
            "limits = { fields = 1.5 }",
            "limits.fields: 1.5 (expected: a whole number of fields from 1 to 10000)"),
        wrong(
            "limits = { head_bytes = 511 }",
            "limits.head_bytes: 511 (expected: a whole number of bytes from 512 to 1048576)"),
        wrong(
            "limits = { head_bytes = 1048577 }",
            "limits.head_bytes: 1048577 (expected: a whole number of bytes from 512 to 1048576)"),
        wrong(
            "limits = { target_bytes = 40000 }",
            "limits.target_bytes: 40000 (expected: at most limits.head_bytes, which is 32768)"),
        wrong(
            "limits = { target_bytes = 2e6 }",
            "limits.target_bytes: 2000000 (expected: a whole number of bytes from 64 to 1048576)"),
        wrong(
            "limits = { connections = 0 }",
            "limits.connections: 0 (expected: a whole number of connections from 1 to 1000000)"),
        wrong(
            "limits = { backend_idle = -1 }",
            "limits.backend_idle: -1 (expected: a whole number of connections from 0 to 65536)"),
        wrong("loops = 0", "loops: 0 (expected: a whole number of loops from 1 to 1024)"),
        wrong("loops = 1025", "loops: 1025 (expected: a whole number of loops from 1 to 1024)"),
        wrong("loops = 2.5", "loops: 2.5 (expected: a whole number of loops from 1 to 1024)"),

        // The rest.
        wrong("default_host = 'Example.com'", "default_host: \"Example.com\" " + HOST),
        wrong("default_host = 'example.com.'", "default_host: \"example.com.\" " + HOST),
        wrong("default_host = 'example.com:80'", "default_host: \"example.com:80\" " + HOST),
        wrong("default_host = ''", "default_host: \"\" " + HOST),
        wrong("default_host = 7", "default_host: 7 " + HOST),
        wrong("select = 'hash'", "select: \"hash\" (expected: a function)"),

        // A value cannot forge a line.
        wrong(
            "x = 'a\\nb\\27[2Jc\\\\\"'",
            "x: \"a\\u{a}b\\u{1b}[2Jc\\\\\\\"\" (expected: a known key, or local)"),
        wrong("_ENV['a\\nb'] = 1", 0, "_ENV[\"a\\u{a}b\"]: 1 (expected: a known key, or local)"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void oneLineThatIsWrong(String line, int at, String problem) {
    assertEquals(
        List.of((at > 0 ? "backends.lua:" + at : "backends.lua") + ": " + problem),
        ConfigFile.in(directory, LISTEN, BACKENDS, line).problems());
  }

  static Stream<Arguments> listenThatIsWrong() {
    return Stream.of(
        arguments("nil", ": not set (expected: " + TO_LISTEN_ON + ")"),
        arguments("8080", ": 8080 (expected: " + TO_LISTEN_ON + ")"),
        arguments("false", ": false (expected: " + TO_LISTEN_ON + ")"),
        arguments("'8080'", ": \"8080\" (expected: " + FORMS + ")"),
        arguments("':8080'", ": \":8080\" (expected: " + FORMS + ")"),
        arguments("{}", ": an empty list (expected: at least one entry)"),
        arguments("{ port = 80 }", ".port: 80 (expected: a list: no keys, only entries)"),
        arguments(
            "{ [2] = 'localhost:0' }",
            "[1]: not set (expected: " + TO_LISTEN_ON + "; a list has no holes)"),
        arguments("{ { '[::]:80' } }", "[1]: a table (expected: " + TO_LISTEN_ON + ")"),
        arguments(
            "{ '[::]:80', '0.0.0.0:81', '[::]:80' }",
            "[3]: \"[::]:80\" (expected: one that is not in the list yet: see listen[1])"),
        arguments(
            "'nope.example:80'",
            ": \"nope.example:80\" (expected: a name that resolves: Name or service not known)"),
        arguments(
            "'0.0.0.0:65536'",
            ": \"0.0.0.0:65536\" (expected: " + FORMS + ", with a port from 0 to 65535)"));
  }

  @ParameterizedTest(name = "listen = {0}")
  @MethodSource
  void listenThatIsWrong(String value, String problem) {
    assertEquals(
        List.of("backends.lua:1: listen" + problem),
        ConfigFile.in(directory, "listen = " + value, BACKENDS).problems());
  }

  static Stream<Arguments> backendsThatAreWrong() {
    return Stream.of(
        backends(
            "'10.0.0.1:80'",
            ": \"10.0.0.1:80\" (expected: a list of addresses, such as { \"10.0.0.11:80\" })"),
        backends("{}", ": an empty list (expected: at least one entry)"),
        backends("{ 80 }", "[1]: 80 (expected: " + SLOT + ")"),
        backends(
            "{ 'a:1', nil, 'b:1' }", "[2]: not set (expected: " + SLOT + "; a list has no holes)"),
        backends("{ [1e9] = 'a:1' }", "[1]: not set (expected: " + SLOT + "; a list has no holes)"),
        backends("{ [0] = 'a:1' }", "[0]: \"a:1\" (expected: a list: no keys, only entries)"),
        backends(
            "{ [1.5] = 'a:1' }", "[\"1.5\"]: \"a:1\" (expected: a list: no keys, only entries)"),
        backends("{ live1 = 'a:1' }", ".live1: \"a:1\" (expected: a list: no keys, only entries)"),
        backends(
            "{ '10.0.0.300:80' }",
            "[1]: \"10.0.0.300:80\" (expected: an IPv4 address of four numbers from 0 to 255, or a name, before the port)"),
        backends("{ '10.0.0.1' }", "[1]: \"10.0.0.1\" (expected: " + FORMS + ")"),
        backends(
            "{ '10.0.0.1:0' }",
            "[1]: \"10.0.0.1:0\" (expected: " + FORMS + ", with a port from 1 to 65535)"),
        backends(
            "{ 'nope.example:80' }",
            "[1]: \"nope.example:80\" (expected: a name that resolves: Name or service not known)"),
        backends("{ {} }", "[1].address: not set (expected: an address: " + FORMS + ")"),
        backends(
            "{ { '10.0.0.1:80' }, }",
            "[1].address: not set (expected: an address: " + FORMS + ")",
            "[1][1]: \"10.0.0.1:80\" (expected: one of name, address)"),
        backends(
            "{ { adress = '10.0.0.1:80', address = '10.0.0.2:80' } }",
            "[1].adress: \"10.0.0.1:80\" (expected: one of name, address; did you mean address?)"),
        backends(
            "{ { address = 'nope.example:80' } }",
            "[1].address: \"nope.example:80\" (expected: a name that resolves: Name or service not known)"),
        backends(
            "{ { name = 'live 1', address = '10.0.0.1:80' } }",
            "[1].name: \"live 1\" (expected: 1 to 128 visible ASCII characters without a space)"),
        backends(
            "{ { name = '', address = '10.0.0.1:80' } }",
            "[1].name: \"\" (expected: 1 to 128 visible ASCII characters without a space)"),
        backends(
            "{ { name = 3, address = '10.0.0.1:80' } }",
            "[1].name: 3 (expected: 1 to 128 visible ASCII characters without a space)"),
        backends(
            "{ '10.0.0.1:80', '10.0.0.2:80', '10.0.0.1:80' }",
            "[3]: \"10.0.0.1:80\" (expected: one that is not in the list yet: see backends[1])"),
        backends(
            "{ { name = 'a', address = '10.0.0.1:80' }, { name = 'a', address = '10.0.0.2:80' } }",
            "[2].name: \"a\" (expected: one that is not in the list yet: see backends[1].name)"),
        backends(
            "{ '10.0.0.1:80', { name = '10.0.0.1:80', address = '10.0.0.2:80' } }",
            "[2].name: \"10.0.0.1:80\" (expected: one that is not in the list yet: see backends[1])"));
  }

  @ParameterizedTest(name = "backends = {0}")
  @MethodSource
  void backendsThatAreWrong(String value, String[] problems) {
    assertEquals(
        Stream.of(problems).sorted().map(p -> "backends.lua:2: backends" + p).toList(),
        ConfigFile.in(directory, LISTEN, "backends = " + value).problems().stream()
            .sorted()
            .toList());
  }

  @Test
  void allProblemsAreToldInOneGoInTheOrderOfTheFile() {
    assertEquals(
        List.of(
            "backends.lua:4: timeouts.haed: 10 (expected: one of head, connect, response, idle,"
                + " keepalive, backend_keepalive, linger, drain; did you mean head?)",
            "backends.lua:6: backends[1]: \"nope.example:80\" (expected: a name that resolves:"
                + " Name or service not known)",
            "backends.lua:8: backends[3]: \"10.0.0.300:80\" (expected: an IPv4 address of four"
                + " numbers from 0 to 255, or a name, before the port)",
            "backends.lua:10: backends[4].address: not set (expected: an address: " + FORMS + ")",
            "backends.lua:12: backends[4].adress: \"10.0.0.4:80\" (expected: one of name, address;"
                + " did you mean address?)",
            "backends.lua:15: conect: 3 (expected: a known key, or local; did you mean"
                + " timeouts.connect?)"),
        ConfigFile.in(
                directory,
                "#!/usr/bin/rsp",
                "listen = { 'localhost:0' }",
                "timeouts = {",
                "  haed = 10,",
                "}",
                "backends = { 'nope.example:80',",
                "  '10.0.0.2:80',",
                "  '10.0.0.300:80',",
                "  -- the fourth",
                "  {",
                "    name = 'live4',",
                "    adress = '10.0.0.4:80'",
                "  },",
                "}",
                "conect = 3")
            .problems());
  }

  @Test
  void anEmptyFileIsToldWhatItNeeds() {
    assertEquals(
        List.of(
            "backends.lua: listen: not set (expected: " + TO_LISTEN_ON + ")",
            "backends.lua: backends: not set (expected: a list of addresses, such as {"
                + " \"10.0.0.11:80\" })"),
        ConfigFile.in(directory, "").problems());
  }

  @Test
  void whatALoopBuildsIsToldAtTheNearestLineAroundIt() {
    assertEquals(
        List.of(
            "backends.lua:2: backends[3]: \"10.0.0.3:75000\" (expected: "
                + FORMS
                + ", with a port from 1 to 65535)"),
        ConfigFile.in(
                directory,
                LISTEN,
                "backends = {}",
                "for i = 1, 3 do",
                "  backends[i] = '10.0.0.' .. i .. ':' .. 25000 * i",
                "end")
            .problems());
  }

  @Test
  void aFileThatOnlyTheCompilerUnderstandsIsToldWithoutLines() {
    assertEquals(
        List.of("backends.lua: loops: 0 (expected: a whole number of loops from 1 to 1024)"),
        ConfigFile.in(directory, LISTEN, BACKENDS, "loops = 0", "\f").problems());
  }

  @Test
  void aThousandProblemsAreToldAHundredTimes() {
    List<String> problems =
        ConfigFile.in(
                directory,
                LISTEN,
                "backends = {}",
                "for i = 1, 1000 do backends[i] = 'bad' .. i end")
            .problems();
    assertEquals(101, problems.size());
    assertEquals("backends.lua: and 900 more problems", problems.get(100));
  }

  @Test
  void aListThatIsTooLongIsToldOnce() {
    assertEquals(
        List.of("backends.lua:2: backends: 65537 entries (expected: at most 65536)"),
        ConfigFile.in(
                directory, LISTEN, "backends = {}", "for i = 1, 65537 do backends[i] = 'bad' end")
            .problems());
  }

  @Test
  void aMetatableCannotStandInForValues() {
    assertEquals(
        List.of("backends.lua:2: backends: an empty list (expected: at least one entry)"),
        ConfigFile.in(
                directory,
                LISTEN,
                "backends = setmetatable({}, { __index = { '10.0.0.1:80' }, __len = function() return 1 end })")
            .problems());
  }

  private static Arguments wrong(String line, String problem) {
    return wrong(line, 3, problem);
  }

  private static Arguments wrong(String line, int at, String problem) {
    return arguments(line, at, problem);
  }

  private static Arguments backends(String value, String... problems) {
    return arguments(value, problems);
  }
}
