// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import static dev.rsp.lua.Scripts.chosen;
import static dev.rsp.lua.Scripts.failed;
import static dev.rsp.lua.Scripts.request;
import static dev.rsp.lua.Scripts.run;
import static dev.rsp.lua.Scripts.select;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.lua.Selection.Choice;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.luaj.vm2.LuaValue;

final class ScriptTest {
  @Test
  void showsWhatTheFileSetAndNothingElse() {
    var script = run("local hidden = 1; a = 2; function f() end; string.mine = 3; _G[7] = 8");

    assertEquals(Set.of("a", "f", "[7]"), script.globals().keySet());
    assertEquals(LuaValue.valueOf(2), script.globals().get("a"));
  }

  @Test
  void showsAFunctionOfTheLibraryThatTheFileReplaced() {
    assertEquals(Set.of("tostring"), run("tostring = 1").globals().keySet());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "x = 1 | false",
        "function select() end | true",
        "select = 5 | false",
        "select = tostring | false",
        "local function select() end | false",
      })
  void hasSelectOnlyIfTheFileDefinedIt(String source, boolean has) {
    assertEquals(has, run(source).hasSelect());
  }

  @Test
  void theSelectOfTheLibraryServesFilesThatDefineNone() {
    assertEquals(3, Scripts.eval("select('#', nil, nil, nil)").toint());
  }

  @Test
  void askingAFileWithoutSelectFails() {
    assertEquals("backends.lua: there is no function select", failed(run("").select(request("a"))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "return 3 | 3",
        "return 3.0 | 3",
        "return 0 | 0",
        "return -1 | -1",
        "return 6 / 2 | 3",
        "return hash.python(request.host, 7) | 2",
      })
  void aWholeNumberIsAnIndex(String body, int index) {
    assertEquals(List.of(new Choice.Index(index)), chosen(select(body)).choices());
  }

  @ParameterizedTest
  @ValueSource(strings = {"live1", "10.0.0.1:80", "unix:/run/app/www.example.com.sock", "3", "é"})
  void aStringIsANameOrAnAddress(String text) {
    assertEquals(List.of(new Choice.Text(text)), chosen(select("return '" + text + "'")).choices());
  }

  @Test
  void aListIsAnOrderOfPreference() {
    assertEquals(
        List.of(new Choice.Index(2), new Choice.Text("b"), new Choice.Index(1)),
        chosen(select("return {2, 'b', 1}")).choices());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "return nil, 'no such site' | no such site",
        "return nil | refused by select",
        "return | refused by select",
        "local x = 1 | refused by select",
        "return nil, 404 | 404",
        "return nil, 'a\\r\\nb' | a??b",
      })
  void nilAndAReasonRefuse(String body, String reason) {
    assertEquals(new Selection.Refused(reason, true), select(body));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "return 1.5 | select returned 1.5",
        "return 0/0 | select returned nan",
        "return 1/0 | select returned inf",
        "return 2^31 | select returned 2147483648",
        "return true | select returned a boolean",
        "return math.pi | select returned 3.14159",
        "return request | select returned a userdata",
        "return select | select returned a function",
        "return {} | select returned an empty table",
        "return {1, nil, 3} | not a list: [2] is missing",
        "return {1, x = 2} | not a list: [2] is missing",
        "return {[2] = 1} | not a list: [1] is missing",
        "return {1, {2}} | select returned a table",
        "return {1, true} | select returned a boolean",
        "return {1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17} | a list of more than 16 places",
        "return '' | an empty string",
        "return 'a\\nb' | control characters",
        "return '\\255' | broken UTF-8",
        "return ('x'):rep(513) | a string of more than 512 bytes",
        "return nil, {} | select returned nil and a table",
        "return false, 'x' | select returned a boolean",
      })
  void anythingElseFailsAndSaysWhy(String body, String what) {
    String message = failed(select(body));
    assertTrue(message.startsWith("backends.lua:1: ") && message.contains(what), message);
  }

  @Test
  void anErrorSaysWhereItHappened() {
    var script = run("function select(request)\n  local x\n  return x.y\nend");

    String message = failed(script.select(request("a")));
    assertTrue(message.startsWith("backends.lua:3: attempt to index"), message);
  }

  @Test
  void aFailureDoesNotSpoilTheNextRequest() {
    var script =
        run("function select(r) if r.host == 'bad' then while true do end end return 1 end");

    failed(script.select(request("bad")));
    assertEquals(List.of(new Choice.Index(1)), chosen(script.select(request("good"))).choices());
    assertFalse(failed(script.select(request("bad"))).isEmpty());
  }
}
