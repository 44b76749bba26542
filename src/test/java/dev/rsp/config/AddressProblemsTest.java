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
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The error messages for invalid addresses. */
class AddressProblemsTest {
  private static final String MODE =
      "a string of three octal digits, such as \"0666\": in a number they would not be octal";
  private static final String SLOT = "an address, or a table with name and address";

  private static final String LISTENER = String.join(", ", Keys.LISTENER);
  private static final String SLOT_KEYS = String.join(", ", Keys.SLOT);

  @TempDir Path directory;

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
            "[3]: \"[::]:80\" (expected: no duplicate of listen[1])"),
        arguments(
            "{ 'unix:/run/a', { address = 'unix:/run/a' } }",
            "[2].address: \"unix:/run/a\" (expected: no duplicate of listen[1])"),
        arguments("{ mode = '0666' }", ".address: not set (expected: " + TO_LISTEN_ON + ")"),
        arguments(
            "{ address = 'unix:/run/a', mod = '0666' }",
            ".mod: \"0666\" (expected: one of " + LISTENER + "; did you mean mode?)"),
        arguments("{ address = 'unix:/run/a', mode = 666 }", ".mode: 666 (expected: " + MODE + ")"),
        arguments(
            "{ address = 'unix:/run/a', mode = '0888' }",
            ".mode: \"0888\" (expected: " + MODE + ")"),
        arguments(
            "{ address = 'unix:/run/a', mode = '4755' }",
            ".mode: \"4755\" (expected: " + MODE + ")"),
        arguments(
            "{ address = 'unix:/run/a', owner = 'nobody-of-that-name' }",
            ".owner: \"nobody-of-that-name\" (expected: the name or number of a user of this"
                + " system)"),
        arguments(
            "{ { address = 'unix:/run/a', group = true } }",
            "[1].group: true (expected: the name or number of a group of this system)"),
        arguments(
            "{ address = '127.0.0.1:0', mode = '0666' }",
            ".mode: \"0666\" (expected: none: only a Unix socket has one)"),
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
            "[1][1]: \"10.0.0.1:80\" (expected: one of " + SLOT_KEYS + ")"),
        backends(
            "{ { adress = '10.0.0.1:80', address = '10.0.0.2:80' } }",
            "[1].adress: \"10.0.0.1:80\" (expected: one of "
                + SLOT_KEYS
                + "; did you mean address?)"),
        backends(
            "{ { address = 'nope.example:80' } }",
            "[1].address: \"nope.example:80\" (expected: a name that resolves: Name or service not known)"),
        backends(
            "{ { name = 'live 1', address = '10.0.0.1:80' } }",
            "[1].name: \"live 1\" (expected: 1 to 128 visible ASCII characters without a space, not beginning with ( or #)"),
        backends(
            "{ { name = '', address = '10.0.0.1:80' } }",
            "[1].name: \"\" (expected: 1 to 128 visible ASCII characters without a space, not beginning with ( or #)"),
        backends(
            "{ { name = '(refused)', address = '10.0.0.1:80' } }",
            "[1].name: \"(refused)\" (expected: 1 to 128 visible ASCII characters without a space, not beginning with ( or #)"),
        backends(
            "{ { name = '#1', address = '10.0.0.1:80' } }",
            "[1].name: \"#1\" (expected: 1 to 128 visible ASCII characters without a space, not beginning with ( or #)"),
        backends(
            "{ { name = 3, address = '10.0.0.1:80' } }",
            "[1].name: 3 (expected: 1 to 128 visible ASCII characters without a space, not beginning with ( or #)"),
        backends(
            "{ '10.0.0.1:80', '10.0.0.2:80', '10.0.0.1:80' }",
            "[3]: \"10.0.0.1:80\" (expected: no duplicate of backends[1])"),
        backends(
            "{ { name = 'a', address = '10.0.0.1:80' }, { name = 'a', address = '10.0.0.2:80' } }",
            "[2].name: \"a\" (expected: no duplicate of backends[1].name)"),
        backends(
            "{ '10.0.0.1:80', { name = '10.0.0.1:80', address = '10.0.0.2:80' } }",
            "[2].name: \"10.0.0.1:80\" (expected: no duplicate of backends[1])"));
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

  private static Arguments backends(String value, String... problems) {
    return arguments(value, problems);
  }
}
