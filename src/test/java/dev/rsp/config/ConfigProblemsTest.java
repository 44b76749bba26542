// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static dev.rsp.config.ConfigFile.BACKENDS;
import static dev.rsp.config.ConfigFile.FORMS;
import static dev.rsp.config.ConfigFile.LISTEN;
import static dev.rsp.config.ConfigFile.TO_LISTEN_ON;
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
import org.junit.jupiter.params.provider.ValueSource;

/** The error messages for a file that runs but sets invalid values. */
class ConfigProblemsTest {
  private static final String SECONDS = "(expected: a number of seconds from 0.001 to 86400)";
  private static final String VIA =
      "(expected: false, or a name of 1 to 64 letters, digits and any of !#$%&'*+-.^_`|~)";
  private static final String NETWORK =
      "(expected: a network such as \"10.0.0.0/8\" or \"2001:db8::/32\", an IP address, or \"unix\")";
  private static final String FIELD =
      "(expected: the name of a field, of up to 63 characters, that has no meaning to rsp itself)";
  private static final String HOST =
      "(expected: a host name in lower case, without port and final dot)";

  @TempDir Path directory;

  static Stream<Arguments> oneLineThatIsWrong() {
    return Stream.of(
        // Unknown keys.
        wrong(
            "conect = 3",
            "conect: 3 (expected: a known key, or local; did you mean timeouts.connect?)"),
        wrong("Loops = 3", "Loops: 3 (expected: a known key, or local; did you mean loops?)"),
        wrong("workers = {}", "workers: a table (expected: a known key, or local)"),
        wrong("listenPort = 80", "listenPort: 80 (expected: a known key, or local)"),
        wrong(
            "timeouts = { haed = 10 }",
            "timeouts.haed: 10 (expected: one of head, connect, connect_retry, body, response, idle,"
                + " keepalive, backend_keepalive, linger, drain, tunnel; did you mean head?)"),
        wrong(
            "timeouts = { 10 }",
            "timeouts[1]: 10 (expected: one of head, connect, connect_retry, body, response, idle,"
                + " keepalive, backend_keepalive, linger, drain, tunnel)"),
        wrong(
            "limits = { ['head bytes'] = 10 }",
            "limits[\"head bytes\"]: 10 (expected: one of head_bytes, fields, target_bytes,"
                + " host_bytes, body_bytes, chunk_ext_bytes, trailer_bytes, body_rate,"
                + " response_rate, connections, slot_share, client_connections, http2_streams, backend_idle,"
                + " memory, held_body_bytes, held_total_bytes; did you mean head_bytes?)"),
        wrong("function timeouts() end", "timeouts: a function (expected: a table)"),
        wrong("limits = 'all'", "limits: \"all\" (expected: a table)"),
        wrong(
            "abort_on_close = 'all'", "abort_on_close: \"all\" (expected: \"get\", true or false)"),
        wrong("abort_on_close = 1", "abort_on_close: 1 (expected: \"get\", true or false)"),
        wrong(
            "timeouts = { connect_retry = -1 }",
            "timeouts.connect_retry: -1 (expected: a number of seconds from 0 to 86400)"),

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
            "limits = { slot_share = 0 }",
            "limits.slot_share: 0 (expected: a whole number of percent from 1 to 100)"),
        wrong(
            "limits = { slot_share = 101 }",
            "limits.slot_share: 101 (expected: a whole number of percent from 1 to 100)"),
        wrong(
            "limits = { slot_share = 0.5 }",
            "limits.slot_share: 0.5 (expected: a whole number of percent from 1 to 100)"),
        wrong(
            "limits = { backend_idle = -1 }",
            "limits.backend_idle: -1 (expected: a whole number of connections from 0 to 65536)"),
        wrong("loops = 0", "loops: 0 (expected: a whole number of loops from 1 to 1024)"),
        wrong("loops = 1025", "loops: 1025 (expected: a whole number of loops from 1 to 1024)"),
        wrong("loops = 2.5", "loops: 2.5 (expected: a whole number of loops from 1 to 1024)"),

        // Others.
        wrong("default_host = 'Example.com'", "default_host: \"Example.com\" " + HOST),
        wrong("default_host = 'example.com.'", "default_host: \"example.com.\" " + HOST),
        wrong("default_host = 'example.com:80'", "default_host: \"example.com:80\" " + HOST),
        wrong("default_host = ''", "default_host: \"\" " + HOST),
        wrong("forwarded = 'trust'", "forwarded: \"trust\" (expected: \"replace\" or \"append\")"),
        wrong("forwarded = true", "forwarded: true (expected: \"replace\" or \"append\")"),
        wrong(
            "forwarded = 'append' trusted_proxies = { '10.0.0.0/8' }",
            "forwarded: \"append\" (expected: not with trusted_proxies: \"append\" trusts every"
                + " peer)"),
        wrong(
            "forwarded = 'append' trusted_proxies = {}",
            "forwarded: \"append\" (expected: not with trusted_proxies: \"append\" trusts every"
                + " peer)"),
        wrong(
            "forwarded = 'replace' trusted_proxies = 'unix'",
            "forwarded: \"replace\" (expected: not with trusted_proxies: \"replace\" trusts no"
                + " peer)"),
        wrong("trusted_proxies = { '10.0.0/8' }", "trusted_proxies[1]: \"10.0.0/8\" " + NETWORK),
        wrong(
            "trusted_proxies = { '::1', 'localhost' }",
            "trusted_proxies[2]: \"localhost\" " + NETWORK),
        wrong("trusted_proxies = { 10 }", "trusted_proxies[1]: 10 " + NETWORK),
        wrong("trusted_proxies = true", "trusted_proxies: true " + NETWORK),
        wrong(
            "trusted_proxies = '10.0.0.1/8'",
            "trusted_proxies: \"10.0.0.1/8\" (expected: no bits beyond the prefix:"
                + " \"10.0.0.0/8\")"),
        wrong(
            "trusted_proxies = { '2001:db8::1/32' }",
            "trusted_proxies[1]: \"2001:db8::1/32\" (expected: no bits beyond the prefix:"
                + " \"2001:db8::/32\")"),
        wrong(
            "trusted_proxies = { unix = true }",
            "trusted_proxies.unix: true (expected: a list: no keys, only entries)"),
        wrong(
            "trusted_proxies = {} for i = 1, 1001 do trusted_proxies[i] = 'unix' end",
            "trusted_proxies: 1001 entries (expected: at most 1000)"),
        wrong("untrusted_fields = { 'x y' }", "untrusted_fields[1]: \"x y\" " + FIELD),
        wrong("untrusted_fields = { 'X-A', 'Host' }", "untrusted_fields[2]: \"Host\" " + FIELD),
        wrong("untrusted_fields = { 1 }", "untrusted_fields[1]: 1 " + FIELD),
        wrong("untrusted_fields = false", "untrusted_fields: false " + FIELD),
        wrong(
            "trusted_proxie = {}",
            "trusted_proxie: a table (expected: a known key, or local; did you mean trusted_proxies?)"),
        wrong("via = 'false'", "via: \"false\" " + VIA),
        wrong("via = 'a b'", "via: \"a b\" " + VIA),
        wrong("via = ''", "via: \"\" " + VIA),
        wrong("via = 7", "via: 7 " + VIA),
        wrong("via = true", "via: true " + VIA),
        wrong("lenient = true", "lenient: true (expected: a table)"),
        wrong("lenient = { response_lf = 1 }", "lenient.response_lf: 1 (expected: true or false)"),
        wrong(
            "lenient = { equal_length = true }",
            "lenient.equal_length: true (expected: one of response_lf, equal_lengths, raw_targets; did you mean"
                + " equal_lengths?)"),
        wrong("default_host = 7", "default_host: 7 " + HOST),
        wrong("select = 'hash'", "select: \"hash\" (expected: a function written in Lua)"),
        wrong("select = math.max", "select: a function (expected: a function written in Lua)"),

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

  @Test
  void allProblemsAreToldInOneGoInTheOrderOfTheFile() {
    assertEquals(
        List.of(
            "backends.lua:4: timeouts.haed: 10 (expected: one of head, connect, connect_retry, body, response,"
                + " idle, keepalive, backend_keepalive, linger, drain, tunnel; did you mean head?)",
            "backends.lua:6: backends[1]: \"nope.example:80\" (expected: a name that resolves:"
                + " Name or service not known)",
            "backends.lua:8: backends[3]: \"10.0.0.300:80\" (expected: an IPv4 address of four"
                + " numbers from 0 to 255, or a name, before the port)",
            "backends.lua:10: backends[4].address: not set (expected: an address: " + FORMS + ")",
            "backends.lua:12: backends[4].adress: \"10.0.0.4:80\" (expected: one of "
                + String.join(", ", Keys.SLOT)
                + ";"
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
        ConfigFile.in(directory, LISTEN, BACKENDS, "loops = 0", "\013").problems());
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

  @ParameterizedTest
  @ValueSource(
      strings = {"\\195", "\\224\\128", "\\255", "\\240\\159\\152", "a\\128", "\\237\\160\\128"})
  void bytesThatAreNoTextAreToldAsWell(String bytes) {
    for (String source :
        List.of(
            "listen = '" + bytes + "' " + BACKENDS,
            LISTEN + " backends = { { address = 'app:80', name = '" + bytes + "' } }",
            LISTEN + " " + BACKENDS + " default_host = '" + bytes + "'",
            LISTEN + " " + BACKENDS + " timeouts = { ['" + bytes + "'] = 1 }",
            LISTEN + " " + BACKENDS + " _ENV['" + bytes + "'] = 1")) {
      assertEquals(1, ConfigFile.in(directory, source).problems().size(), source);
    }
    assertEquals(
        1,
        ConfigFile.in(
                directory, "listenPort = '" + bytes + "' backendAddress = 'app' backendPort = 1")
            .problems()
            .size());
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

  @Test
  void addressesThatCannotBeBoundAreToldWithAllOtherProblems() {
    ListenCheck taken = address -> address.text().endsWith(":80") ? "Address already in use" : null;
    assertEquals(
        List.of(
            "backends.lua:1: listen[1]: \"127.0.0.1:80\" (expected: an address that can be bound:"
                + " Address already in use)",
            "backends.lua:2: listen[2]: \"gone.example:80\" (expected: a name that resolves:"
                + " Name or service not known)",
            "backends.lua:3: listen[3]: \"localhost:80\" (expected: an address that can be bound:"
                + " Address already in use)",
            "backends.lua:5: loops: 0 (expected: a whole number of loops from 1 to 1024)"),
        ConfigFile.in(
                directory,
                "listen = { '127.0.0.1:80',",
                "  'gone.example:80',",
                "  'localhost:80', 'localhost:81' }",
                BACKENDS,
                "loops = 0")
            .problems(taken));
  }

  @Test
  void addressesThatCannotBeBoundAreNoProblemOfTheFileAlone() throws Exception {
    ConfigFile file = ConfigFile.in(directory, "listen = '127.0.0.1:80'", BACKENDS);
    assertEquals(1, file.load().listen().size());
    assertEquals(1, file.load(address -> null).listen().size());
    assertEquals(1, file.problems(address -> "Permission denied").size());
  }
}
