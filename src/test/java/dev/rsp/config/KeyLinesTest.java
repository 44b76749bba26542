// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class KeyLinesTest {
  private static final KeyPath LISTEN = KeyPath.global("listen");
  private static final KeyPath BACKENDS = KeyPath.global("backends");
  private static final KeyPath HEAD = KeyPath.global("timeouts").key("head");

  static Stream<Arguments> lines() {
    return Stream.of(
        arguments("a global", "\nlisten = 'x'", LISTEN, 2),
        arguments("a value on the next line", "listen =\n  'x'", LISTEN, 1),
        arguments("the last assignment", "listen = 1\nlisten = 2\nx = 3", LISTEN, 2),
        arguments("the second of two at once", "x, listen = 1, 2", LISTEN, 1),
        arguments("three in one line", "x = '1'listen = '2'y = '3'", LISTEN, 1),
        arguments("after a first line with #", "#!/usr/bin/rsp\nlisten = 1", LISTEN, 2),
        arguments("after a long comment", "--[[\n\n]] listen = 1", LISTEN, 3),
        arguments("after a long string", "x = [[\n\n]] listen = 1", LISTEN, 3),
        arguments("lines that end in CR LF", "x = 1\r\nlisten = 1\r\n", LISTEN, 2),
        arguments("before a comment that ends the file", "\nlisten = 1 --", LISTEN, 2),
        arguments("a key of a table", "timeouts = {\nhead = 1 }", HEAD, 2),
        arguments("a key in quotes", "timeouts = {\n['head'] = 1 }", HEAD, 2),
        arguments("a field set later", "timeouts = {}\ntimeouts.head = 1", HEAD, 2),
        arguments("an index in quotes set later", "timeouts = {}\ntimeouts['head'] = 1", HEAD, 2),
        arguments(
            "a field set before, then replaced", "t = {}\nt.head = 1\ntimeouts = {}", HEAD, 3),
        arguments("an entry", "backends = { 'a',\n'b' }", BACKENDS.index(2), 2),
        arguments("an entry after keys", "backends = { x = 1,\n'a' }", BACKENDS.index(1), 2),
        arguments("an entry by its index", "backends = {\n[2] = 'a' }", BACKENDS.index(2), 2),
        arguments("an entry set later", "backends = {}\n\nbackends[1] = 'a'", BACKENDS.index(1), 3),
        arguments(
            "a key of an entry",
            "backends = { 'a', {\nname = 'b',\naddress = 'c' } }",
            BACKENDS.index(2).key("address"),
            3),
        arguments("a global in a branch", "if a then\nlisten = 1\nend", LISTEN, 2),
        arguments("the later branch", "if a then\nlisten = 1\nelse\nlisten = 2\nend", LISTEN, 4),
        arguments("a loop", "while a do\nlisten = 1\nend", LISTEN, 2),
        arguments("a loop over numbers", "for i = 1, 2 do\nlisten = i\nend", LISTEN, 2),
        arguments("a loop over a table", "for k, v in f() do\nlisten = v\nend", LISTEN, 2),
        arguments("a repeat", "repeat\nlisten = 1\nuntil true", LISTEN, 2),
        arguments("a block", "do\nlisten = 1\nend", LISTEN, 2),
        arguments("a function", "\nfunction listen() end", LISTEN, 2),
        arguments("a function in a table", "timeouts = {}\nfunction timeouts.head() end", HEAD, 2),
        arguments("a method", "timeouts = {}\nfunction timeouts:head() end", HEAD, 2),
        arguments("a local", "local listen = 1", LISTEN, 0),
        arguments("a local set later", "listen = 1\nlocal listen\nlisten = 2", LISTEN, 1),
        arguments("a local of a block", "do local listen end\nlisten = 1", LISTEN, 2),
        arguments("a local function", "local function listen() end", LISTEN, 0),
        arguments("the variable of a loop", "for listen = 1, 2 do listen = 3 end", LISTEN, 0),
        arguments("inside a function", "function f()\nlisten = 1\nend", LISTEN, 0),
        arguments("a table by way of a local", "local t = {\nhead = 1 }\ntimeouts = t", HEAD, 2),
        arguments(
            "a table filled by way of a local", "local t = {}\ntimeouts = t\nt.head = 1", HEAD, 3),
        arguments("a table in a table", "x = { t = {\nhead = 1 } }\ntimeouts = x.t", HEAD, 2),
        arguments("what a call gives", "\ntimeouts = f { head = 1 }", HEAD, 2),
        arguments(
            "what a loop fills",
            "backends = {}\nfor i = 1, 2 do\nbackends[i] = i\nend",
            BACKENDS.index(2),
            1),
        arguments("a part of nothing", "x = 1", HEAD, 0),
        arguments("a table in itself", "timeouts = {}\ntimeouts.head = timeouts", HEAD, 2),
        arguments("no Lua", "listen = = 1", LISTEN, 0),
        arguments("nothing", "", LISTEN, 0));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void lines(String what, String source, KeyPath key, int line) {
    assertEquals(line, KeyLines.of(source.getBytes(StandardCharsets.UTF_8)).of(key));
  }

  @Test
  void anyNestingEndsSoon() {
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> {
          for (int depth : new int[] {150, 5_000, 100_000}) {
            KeyLines.of(
                ("x = " + "{".repeat(depth) + "}".repeat(depth)).getBytes(StandardCharsets.UTF_8));
            KeyLines.of(
                ("do ".repeat(depth) + "end ".repeat(depth)).getBytes(StandardCharsets.UTF_8));
            KeyLines.of(("x = a" + ".a".repeat(depth)).getBytes(StandardCharsets.UTF_8));
            KeyLines.of(
                ("x = " + "f(".repeat(depth) + ")".repeat(depth)).getBytes(StandardCharsets.UTF_8));
          }
        });
  }

  @Test
  void aPathReadsAsInLua() {
    assertEquals("backends[2].address", BACKENDS.index(2).key("address").toString());
    assertEquals("timeouts[\"time out\"]", KeyPath.global("timeouts").key("time out").toString());
    assertEquals("_ENV[\"a b\"].c", KeyPath.global("a b").key("c").toString());
  }
}
