// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Patterns of control URLs, and the host in them. */
final class HostFromPathTest {
  private static HostFromPath rule(String pattern) {
    return HostFromPath.of(pattern, "www.example.com", "backends.lua:1");
  }

  @ParameterizedTest
  @CsvSource({
    "/user/*/webapps/{host}/reload, /user/joe/webapps/a.example/reload, a.example",
    "/user/*/webapps/{host}/reload, /user/joe/webapps/A.Example:80/reload, A.Example:80",
    "/user/*/webapps/{host}/reload, /user/%2e%2e/webapps/a%2eb/reload, a%2eb",
    "/user/*/webapps/{host}/reload, /user/joe/%77ebapps/a/reload, a",
    "/user/*/webapps/{host}/reload, /%75%73%65%72/joe/webapps/a/reloa%64, a",
    "/{host}, /a, a",
    "/{host}/, /a/, a",
    "/*/{host}, /x/a, a",
    "/x_y-z.~/{host}, /x%5Fy%2Dz%2e%7E/a, a",
  })
  void takesTheSegment(String pattern, String path, String segment) {
    assertEquals(segment, rule(pattern).segment(path));
  }

  @ParameterizedTest
  @CsvSource({
    "/user/*/webapps/{host}/reload, /user/joe/webapps/a/reload/",
    "/user/*/webapps/{host}/reload, /user/joe/webapps/a/reload/more",
    "/user/*/webapps/{host}/reload, /user/joe/webapps/a",
    "/user/*/webapps/{host}/reload, /user/joe/webapps//reload",
    "/user/*/webapps/{host}/reload, /user//webapps/a/reload",
    "/user/*/webapps/{host}/reload, /user/joe/more/webapps/a/reload",
    "/user/*/webapps/{host}/reload, //user/joe/webapps/a/reload",
    "/user/*/webapps/{host}/reload, /User/joe/webapps/a/reload",
    "/user/*/webapps/{host}/reload, /user/joe%2fwebapps/a/reload",
    "/user/*/webapps/{host}/reload, /user/joe/webapps%2Fa/reload",
    "/user/*/webapps/{host}/reload, /user/joe/webapp%7/a/reload",
    "/user/*/webapps/{host}/reload, /user/joe/webapps%/a/reload",
    "/user/*/webapps/{host}/reload, /user/joe/webapps%zz/a/reload",
    "/{host}, /",
    "/{host}, *",
    "/{host}, ''",
    "/{host}/, /a",
  })
  void isForNoOtherPath(String pattern, String path) {
    assertEquals(null, rule(pattern).segment(path));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "host_from_path('/a', {on = 'x'})|pattern \"/a\" (expected: {host} as one whole segment)",
        "host_from_path('/{host}/{host}', {on = 'x'})|(expected: {host} as one whole segment)",
        "host_from_path('/a{host}', {on = 'x'})|(expected: {host} as one whole segment)",
        "host_from_path('/a*/{host}', {on = 'x'})|(expected: * and {host} as whole segments",
        "host_from_path('/{user}/{host}', {on = 'x'})|(expected: * and {host} as whole segments",
        "host_from_path('/%41/{host}', {on = 'x'})|(expected: * and {host} as whole segments",
        "host_from_path('{host}', {on = 'x'})|(expected: a path from /",
        "host_from_path('/{host}?', {on = 'x'})|(expected: a path from /",
        "host_from_path('/ /{host}', {on = 'x'})|(expected: a path from /",
        "host_from_path('/{host}', {on = 'a b'})|on \"a b\" (expected: a host name)",
        "host_from_path('/{host}', {on = 1})|{ on = a host name } expected",
        "host_from_path('/{host}', {})|{ on = a host name } expected",
        "host_from_path('/{host}', {no = 'x'})|only the key on expected, got no",
        "host_from_path('/{host}')|table expected",
        "host_from_path({}, {on = 'x'})|string expected",
        "for i = 1, 257 do host_from_path('/{host}', {on = 'x'}) end|more than 256 times",
      })
  void isRefusedWhileTheFileLoads(String lua, String why) {
    String message = Scripts.failureOf("\n" + lua);
    assertTrue(message.startsWith("2: ") && message.contains(why), message);
  }

  @Test
  void isKnownOfTheScriptInItsOrder() {
    Script script =
        Scripts.run(
            "host_from_path('/{host}', {on = 'A.Example.:80'})\n"
                + "host_from_path('/x/{host}', {on = 'b'})");
    List<HostFromPath> rules = script.hostsFromPaths();
    assertEquals(
        List.of("/{host}", "/x/{host}"), rules.stream().map(HostFromPath::pattern).toList());
    assertEquals(List.of("a.example", "b"), rules.stream().map(HostFromPath::on).toList());
    assertEquals("backends.lua:2", rules.get(1).where());
  }

  @Test
  void cannotBeDeclaredWhileServing() {
    String message = Scripts.failed(Scripts.select("host_from_path('/{host}', {on = 'x'})"));
    assertTrue(message.contains("while the file loads"), message);
  }
}
