// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code acme.allow} says of hosts. */
@Timeout(60)
final class PermissionTest {
  private static Script script(String allow) throws ScriptException {
    String lua = "acme = { allow = function(host)\n" + allow + "\nend }";
    return Program.compile("f.lua", lua.getBytes(StandardCharsets.UTF_8)).copy();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "return true                           | true",
        "return false                          | false",
        "return nil                            | false",
        "                                      | false",
        "return host == 'www.example.com'      | true",
        "return host:match('%.example%.org$')  | false",
      })
  void trueAllowsAndFalseAndNothingDoNot(String body, boolean allowed) throws Exception {
    Permission permission = script(body == null ? "" : body).allows("www.example.com");
    assertEquals(allowed, permission.allowed());
    assertNull(permission.error());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "return 'yes'            | f.lua:1: acme.allow returned a string (expected: true or false)",
        "error('no database')    | no database",
        "return host.x.y         | attempt to index",
        "while true do end       | too many instructions",
        "local t = string.rep('x', 5e6) return true | too much memory",
        "local function f() return 1 + f() end return f() > 0 | f.lua:",
      })
  void aFunctionThatFailsAllowsNothing(String body, String error) throws Exception {
    Script script = script(body);
    Permission permission = script.allows("www.example.com");
    assertFalse(permission.allowed());
    assertTrue(
        permission.error() != null && permission.error().contains(error),
        String.valueOf(permission.error()));
    assertEquals(1, script.calls().failed());
    // And fails no less the next time.
    assertFalse(script.allows("www.example.com").allowed());
  }

  @Test
  void aFunctionMayKeepSomethingBetweenCalls() throws Exception {
    Script script = script("seen = (seen or 0) + 1 return seen > 2");
    assertFalse(script.allows("a.example").allowed());
    assertFalse(script.allows("b.example").allowed());
    assertTrue(script.allows("c.example").allowed());
  }

  @Test
  void aFunctionThatKeepsTooMuchStartsAgain() throws Exception {
    Script script =
        script("kept = kept or {} kept[#kept + 1] = string.rep(host, 5000) return true");
    boolean restarted = false;
    for (int i = 0; i < 2_000 && !restarted; i++) {
      Permission permission = script.allows(i + ".example");
      restarted = permission.error() != null;
      assertTrue(
          permission.error() == null || permission.error().contains("kept too much memory"),
          String.valueOf(permission.error()));
    }
    assertTrue(restarted);
    assertTrue(script.allows("x.example").allowed());
  }

  @Test
  void withoutTheFunctionNothingIsAllowed() throws Exception {
    Script script = Program.compile("f.lua", "acme = {}".getBytes(StandardCharsets.UTF_8)).copy();
    assertEquals(
        new Permission(false, "f.lua: there is no function acme.allow"),
        script.allows("a.example"));
  }
}
