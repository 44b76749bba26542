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
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The request object, and when a result is valid for all requests with that host. */
final class RequestTest {
  @ParameterizedTest
  @CsvSource({
    "request.host, www.example.com",
    "request.method, GET",
    "request.path, /path",
    "request.query, query",
    "request.scheme, http",
    "request.client, 192.0.2.1",
    "request:header('User-Agent'), curl",
    "tostring(request:header('none')), nil",
    "type(request), userdata",
    "tostring(request), request",
    "request['host'], www.example.com",
  })
  void shows(String expression, String value) {
    assertEquals(List.of(new Choice.Text(value)), chosen(select("return " + expression)).choices());
  }

  @Test
  void fieldsAreBytes() {
    var script = run("function select(r) local h = r:header('x') return #h * 1000 + h:byte() end");
    var request = new Scripts.Request("a", Map.of("x", "\u00ff\u0080"));

    assertEquals(List.of(new Choice.Index(2255)), chosen(script.select(request)).choices());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "return request.hots | request has no field 'hots' (expected: host, method,",
        "return request['a\\r\\nb'] | request has no field 'a??b'",
        "return request['\\195'] | request has no field",
        "return request[1] | request has no field 'number'",
        "return request[{}] | request has no field 'table'",
        "request.host = 'x' | request cannot be changed",
        "request.x = 1 | request cannot be changed",
        "rawset(request, 'host', 'x') | table expected, got userdata",
        "setmetatable(request, {}) | table expected, got userdata",
        "return request.header('x') | (expected: request:header(name))",
        "return request:header() | (expected: request:header(name))",
        "return request:header({}) | (expected: request:header(name))",
        "return request.header(nil, 'x') | (expected: request:header(name))",
        "return #request | attempt to get length",
        "return request() | attempt to call",
        "for k in pairs(request) do end | table expected, got userdata",
      })
  void refuses(String body, String what) {
    String message = failed(select(body));
    assertTrue(message.startsWith("backends.lua:1: ") && message.contains(what), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"kept.host", "kept.path", "kept:header('x')", "header(kept, 'x')"})
  void aRequestThatWasKeptAnswersNoMore(String use) {
    var script =
        run(
            "function select(r) if kept then return "
                + use
                + " end kept = r header = r.header return 1 end");
    chosen(script.select(request("a")));

    String message = failed(script.select(request("a")));
    assertTrue(message.contains("the request has ended"), message);
  }

  @Test
  void aViewThatFailsCostsOneRequest() {
    var broken =
        new RequestView() {
          @Override
          public String host() {
            throw new IllegalStateException("gone");
          }

          @Override
          public String method() {
            throw new StackOverflowError();
          }

          @Override
          public String path() {
            throw new OutOfMemoryError("no");
          }

          @Override
          public String query() {
            return "";
          }

          @Override
          public String scheme() {
            return "";
          }

          @Override
          public String client() {
            return "";
          }

          @Override
          public String header(String name) {
            return "";
          }
        };
    for (String field : List.of("host", "method", "path")) {
      assertFalse(
          failed(run("function select(r) return r." + field + " end").select(broken)).isEmpty());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "return 1",
        "return hash.python(request.host, 7)",
        "local t = {} t[1] = 2 t.x = 3 table.insert(t, 4) table.sort(t) return 1",
        "local t = setmetatable({}, {__index = sites}) t.x = 1 return 1",
        "local t = table.pack(1, 2) t[3] = 1 return 1",
        "for part in request.host:gmatch('%w+') do end return 1",
        "local n = 0 local function f() return n end return f() + 1",
        "return sites[request.host] or 1",
        "return nil, 'no'",
        "local s = request.host:gsub('w', '') return 1",
      })
  void holdsForTheHost(String body) {
    var script = run("sites = {} function select(request) " + body + " end");
    for (int i = 0; i < 3; i++) {
      assertTrue(hostOnly(script.select(request("a"))), body);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // it read more of the request
        "return request.path and 1",
        "return request.method and 1",
        "return request.query and 1",
        "return request.scheme and 1",
        "return request.client and 1",
        "local h = request:header('x') return 1",
        "local h = request.header return 1",
        "pcall(function() return request.nothing end) return 1",
        "if request.path == 'x' then return 2 end return nil, 'no'",
        // random numbers
        "return math.random(3)",
        "math.random() return 1",
        // it changed state that the next call can read
        "n = (n or 0) + 1 return n",
        "count = count + 1 return 1",
        "sites.x = 1 return 1",
        "sites[1] = request.host return 1",
        "_G.n = 1 return 1",
        "rawset(sites, 1, 2) return 1",
        "table.insert(sites, 1) return 1",
        "table.remove(sites) return 1",
        "table.sort(sites) return 1",
        "setmetatable(sites, nil) return 1",
        "local t = setmetatable({}, {__newindex = sites}) t.x = 1 return 1",
        "string.rep = nil return 1",
        "math.randomseed(1) return 1",
        "pcall(function() n = 1 error('x') end) return 1",
        "return words() and 1",
      })
  void holdsForOneRequestOnly(String body) {
    var script =
        run(
            "local count = 0 words = ('a b'):rep(100):gmatch('%w') "
                + "sites = {} function select(request) "
                + body
                + " end");
    assertFalse(hostOnly(script.select(request("a"))), body);
  }

  @Test
  void onceAScriptHasStateNoAnswerHoldsForTheHost() {
    var script =
        run("local n = 0 function select(r) if r.host == 'count' then n = n + 1 end return n end");

    assertTrue(hostOnly(script.select(request("a"))));
    assertFalse(hostOnly(script.select(request("count"))));
    assertFalse(hostOnly(script.select(request("a"))));
  }

  @Test
  void lookingFurtherOnceDoesNotSpoilTheNextAnswer() {
    var script = run("function select(r) if r.host == 'a' then return #r.path end return 1 end");

    assertFalse(hostOnly(script.select(request("a"))));
    assertTrue(hostOnly(script.select(request("b"))));
  }

  private static boolean hostOnly(Selection selection) {
    return selection instanceof Selection.Refused refused
        ? refused.hostOnly()
        : chosen(selection).hostOnly();
  }
}
