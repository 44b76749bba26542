// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Mistakes in a file that is valid Lua with valid values, but does not do what it seems to say. */
@Timeout(60)
class MistypedFileTest {
  private static final String LISTEN = "listen = '127.0.0.1:8080'";
  private static final String TWO =
      "backends = { { name = 'live1', address = '10.0.0.1:80' },"
          + " { name = 'live2', address = '10.0.0.2:80' } }";

  @TempDir Path directory;

  static Stream<Arguments> aMistakeIsAProblemWithItsLine() {
    return Stream.of(
        // Names that nothing defines.
        arguments(
            "limits = { body_bytes = max_bdoy }",
            "3: max_bdoy: nothing defines this name (expected: a value)"),
        arguments(
            "local max_body = 5\nlimits = { body_bytes = max_bdoy }",
            "4: max_bdoy: nothing defines this name (expected: a value; did you mean max_body?)"),
        arguments(
            "limits = {\n  fields = 5,\n  body_bytes =\n  max_bdoy }",
            "6: max_bdoy: nothing defines this name (expected: a value)"),
        arguments(
            lines(
                "local function server(name, address)",
                "  return { name = name, address = address, state = down }",
                "end",
                "local x = server('a', 'b')"),
            "4: down: nothing defines this name (expected: a value; did you mean \"down\", in"
                + " quotes?)"),
        arguments(
            "default_host = domain", "3: domain: nothing defines this name (expected: a value)"),
        arguments(
            "loops = math.hugee",
            "3: math.hugee: nothing defines this name (expected: a value; did you mean huge?)"),
        arguments(
            "local x = {\n  a,\n  b or 1 }", "4: a: nothing defines this name (expected: a value)"),
        arguments("local x = tostring(yy)", "3: yy: nothing defines this name (expected: a value)"),
        arguments(
            lines("local own = { max_body = 5 }", "limits = { body_bytes = own.max_bdoy }"),
            "4: own.max_bdoy: nothing defines this name (expected: a value; did you mean"
                + " max_body?)"),
        // Functions that nothing calls.
        arguments(
            "function selct(request) return 1 end",
            "3: selct: nothing calls this function; did you mean select? (expected: the name of a"
                + " function that rsp calls)"),
        arguments(
            "Select = function(request) return 1 end",
            "3: Select: nothing calls this function; did you mean select? (expected: the name of a"
                + " function that rsp calls)"),
        arguments(
            "function onFailure(request) return 1 end",
            "3: onFailure: nothing calls this function; did you mean on_failure? (expected: the"
                + " name of a function that rsp calls)"),
        // Keys that are set twice in a table.
        arguments(
            "timeouts = { head = 5,\n  connect = 3,\n  head = 6 }",
            "5: head: set twice in one table, first in line 3 (expected: once)"),
        arguments(
            "timeouts = { head = 5, ['head'] = 6 }",
            "3: head: set twice in one table, first in line 3 (expected: once)"),
        // Keys that are local.
        arguments(
            "local timeouts = { head = 5 }",
            "3: local timeouts: rsp does not read local variables (expected: no local before it)"),
        arguments(
            "local timeouts = {}\ntimeouts.head = 5",
            "3: local timeouts: rsp does not read local variables (expected: no local before it)"),
        arguments(
            "local function select(request) return 1 end",
            "3: local select: rsp does not read local variables (expected: no local before it)"),
        arguments(
            "local on_failure = function() end",
            "3: local on_failure: rsp does not read local variables (expected: no local before"
                + " it)"),
        arguments(
            "local select\nfunction select(request) return 1 end",
            "3: local select: rsp does not read local variables (expected: no local before it)"),
        // Slots that select returns and that do not exist.
        arguments(
            lines(
                "local map = {",
                "  ['a.example'] = 'live1',",
                "  ['b.example'] = 'liev2',",
                "}",
                "function select(request) return map[request.host] or 'live1' end"),
            "5: map[\"b.example\"]: \"liev2\" (expected: a slot's name or an address; did you mean"
                + " live2?)"),
        arguments(
            lines(
                "local map = { a = 1, b = 3 }",
                "function select(request)",
                "  local slot = map[request.host]",
                "  if slot then return slot end",
                "  return 1",
                "end"),
            "3: map[\"b\"]: 3 (expected: an index from 1 to 2)"),
        arguments(
            lines(
                "local map = { a = { 'live1', 'nobody' } }",
                "function select(request) return map[request.host] end"),
            "3: map[\"a\"]: \"nobody\" (expected: a slot's name or an address)"),
        arguments(
            "local map = { a = 'x' } function select(r) return map[r.host] end",
            "3: map[\"a\"]: \"x\" (expected: a slot's name or an address)"),
        arguments(
            lines(
                "local map = {}",
                "map['a'] = 'live1'",
                "map['b'] = 'nobody'",
                "function select(request) return map[request.host] end"),
            "5: map: \"nobody\" (expected: a slot's name or an address)"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "function select(r) local site = sites[r.host] return site and site.slot or 'live1' end",
        "function select(r) local site = sites[r.host] if site then return site.slot end return 1 end",
        "local function pick(host) return sites[host].slot end\nfunction select(r) return pick(r.host) end",
        "function select(r) local by = function(h) return sites[h]['slot'] end return by(r.host) end",
        "function select(r) return sites['b.test'].slot end"
      })
  void aSlotInATableOfTablesIsAProblemIfItDoesNotExist(String select) {
    assertEquals(
        List.of(
            "backends.lua:4: select[\"slot\"]: \"liev2\" (expected: a slot's name or an address; did"
                + " you mean live2?)"),
        problems(
                LISTEN,
                TWO,
                "local sites = { ['a.test'] = { slot = 'live1', note = 'x' },",
                "  ['b.test'] = { slot = 'liev2' } }",
                select)
            .stream()
            .map(line -> line.replace("site[", "select["))
            .toList());
  }

  @ParameterizedTest
  @MethodSource
  void aMistakeIsAProblemWithItsLine(String lua, String problem) {
    assertEquals(List.of("backends.lua:" + problem), problems(LISTEN, TWO, lua));
  }

  static Stream<Arguments> whatMayBeIntendedIsAWarningWithItsLine() {
    return Stream.of(
        // Fields of the arguments.
        arguments(
            "function select(r)\n  if r.path == '/x' then return r.hots end\n  return 1\nend",
            "4: request has no field \"hots\" (expected: one of host, method, path, query, scheme,"
                + " tls, client, header, original_host; did you mean host?)"),
        arguments(
            "function select(r)\n  local a = r.path == '/x' and r:headr('x')\n  return 1\nend",
            "4: request has no field \"headr\" (expected: one of host, method, path, query, scheme,"
                + " tls, client, header, original_host; did you mean header?)"),
        arguments(
            "on_failure = function(r, failure)\n  if failure.resaon then return 1 end\nend",
            "4: failure has no field \"resaon\" (expected: one of slot, address, reason, attempt; did"
                + " you mean reason?)"),
        arguments(
            "function on_failure(failure)\n  log('warn', failure.address)\nend",
            "4: request has no field \"address\" (expected: one of host, method, path, query, scheme,"
                + " tls, client, header, original_host)"),
        // Hosts that are none.
        arguments(
            "function select(r)\n  return r.host == '*.a.example' and 1 or 2\nend",
            "4: request.host is never \"*.a.example\": that is no host"),
        arguments(
            "local fixed = { ['a.example '] = 1 }\nfunction select(r)\n"
                + "  if fixed[r.host] then return fixed[r.host] end\n  return 2\nend",
            "3: fixed has a key for \"a.example \": that is no host"),
        arguments(
            "local fixed = { 'a.example', 'b.example' }\nfunction select(r)\n"
                + "  return fixed[r.host] and 1 or 2\nend",
            "3: fixed has an entry without a key, which request.host does not find (a table by host"
                + " is { [\"a.example\"] = … })"),
        // Hosts in a spelling that request.host never has.
        arguments(
            "function select(request)\n  return request.host == 'WWW.a.example' and 1 or 2\nend",
            "4: request.host is never \"WWW.a.example\": request.host is in lower case, without port"
                + " and final dot, as \"www.a.example\""),
        arguments(
            "function select(r)\n  local host = r.host\n  if 'a.example:8080' ~= host then return 1 end"
                + " return 2\nend",
            "5: request.host is never \"a.example:8080\": request.host is in lower case, without port"
                + " and final dot, as \"a.example\""),
        arguments(
            "local fixed = {\n  ['a.example'] = 1,\n  ['b.example.'] = 2 }\n"
                + "function select(request) return fixed[request.host] or 1 end",
            "5: fixed has a key for \"b.example.\": request.host is in lower case, without port and"
                + " final dot, as \"b.example\""),
        arguments(
            "local fixed = {}\nfixed['B.example'] = 1\n"
                + "function select(request) local h = request.host return fixed[h] or 1 end",
            "4: fixed has a key for \"B.example\": request.host is in lower case, without port and"
                + " final dot, as \"b.example\""),
        arguments(
            "local fixed = { LocalHost = 1 }\n"
                + "function select(request) return fixed[request.host] or 1 end",
            "3: fixed has a key for \"LocalHost\": request.host is in lower case, without port and"
                + " final dot, as \"localhost\""),
        arguments(
            "local host = HOSTNAME or 'a.example'",
            "3: HOSTNAME: nothing defines this name, so it is nil"),
        arguments(
            lines("local own = { n = 1 }", "if own.n > 1 then", "  loops = own.count", "end"),
            "5: own.count: nothing defines this name, so it is nil"),
        arguments(
            lines("if #backends > 2 then", "  loops = math.hugee", "end"),
            "4: math.hugee: nothing defines this name, so it is nil; did you mean huge?"),
        arguments(
            "if DEBUG then\n  loops = 1\nend", "3: DEBUG: nothing defines this name, so it is nil"),
        arguments(
            "local x = backend ~= nil",
            "3: backend: nothing defines this name, so it is nil; did you mean backends?"),
        arguments(
            lines(
                "function select(request)",
                "  if request.host == 'never' then return backnds[1] end",
                "  return 1",
                "end"),
            "4: backnds: nothing defines this name, so it is nil; did you mean backends?"),
        arguments(
            "function select(request)\n  if request.host == 'never' then return hash.pyton('x', 1)"
                + " end\n  return 1\nend",
            "4: hash.pyton: nothing defines this name, so it is nil; did you mean python?"),
        arguments(
            "function select(request) return 1 end\nfunction select2(request) return 2 end",
            "4: select2: nothing calls this function; did you mean select?"),
        arguments("function pick(request) return 1 end", "3: pick: nothing calls this function"),
        arguments(
            "local map = { ['a.example'] = 1,\n  ['a.example'] = 2 }",
            "4: a.example: set twice in one table, first in line 3"),
        arguments(
            "local timeout = { head = 1 }",
            "3: local timeout: nothing reads it; did you mean timeouts?"),
        arguments(
            "local function select(x) return x end\nloops = select(1)",
            "3: local select: rsp does not call local functions, and the file has no global"
                + " select"),
        arguments(
            "journal = '/no/such/folder/hosts.journal'",
            "3: journal: there is no folder /no/such/folder, so the hosts are not saved until it"
                + " exists"),
        arguments(
            "journal = {\n  path = '/no/such/folder/hosts.journal' }",
            "4: journal.path: there is no folder /no/such/folder, so the hosts are not saved until"
                + " it exists"),
        // Keys that are set twice.
        arguments(
            "timeouts = { head = 5 }\ntimeouts = { connect = 5 }",
            "4: timeouts: set again, so line 3 has no effect"),
        arguments(
            "timeouts = {}\ntimeouts.head = 5\ntimeouts.head = 6",
            "5: timeouts.head: set again, so line 4 has no effect"),
        arguments(
            "do\n  loops = 1\nend\nloops = 2", "6: loops: set again, so line 4 has no effect"),
        arguments(
            "if true then\n  loops = 1\n  loops = 2\nend",
            "5: loops: set again, so line 4 has no effect"),
        arguments(
            "function select(r) return 1 end\nfunction select(r) return 2 end",
            "4: select: set again, so line 3 has no effect"),
        arguments(
            "backends = { '10.0.0.3:80' }", "3: backends: set again, so line 2 has no effect"),
        arguments(
            "backends[1] = '10.0.0.3:80'\nbackends[1] = '10.0.0.4:80'",
            "4: backends[1]: set again, so line 3 has no effect"),
        // Units.
        arguments(
            "timeouts = {\n  head = 12,\n  connect = 3000 }",
            "5: timeouts.connect: 3000 are seconds; the default is 3"),
        arguments(
            "timeouts = { response = 5000 }",
            "3: timeouts.response: 5000 are seconds; the default is 60"),
        arguments(
            "initialise = { url = 'http://127.0.0.1:1/{host}', poll = 5 }",
            "3: initialise.poll: 5 are seconds; the default is 0.05"),
        arguments(
            "reload = { max_moves = 0.4 }",
            "3: reload.max_moves: 0.4 is a percentage: fewer than 1 host in 100"),
        arguments(
            "initialise = { url = 'http://127.0.0.1:5000/start' }",
            "3: initialise.url: {host} is not in it, so the request for one site is that for every"
                + " site"),
        // Files and folders.
        arguments(
            "exists_below = { '/etc', '/no/such' }",
            "3: exists_below[2]: there is no folder /no/such"),
        arguments(
            "candidate = '/no/such/file.lua'", "3: candidate: there is no file /no/such/file.lua"),
        arguments(
            lines(
                "local spare = 'live9'",
                "function select(request)",
                "  return request.host == 'a' and spare or 'live1'",
                "end"),
            "3: select: \"live9\" (expected: a slot's name or an address; did you mean live1?)"),
        arguments(
            "function on_failure(request, failure)\n  return 'live22'\nend",
            "4: on_failure: \"live22\" (expected: a slot's name or an address; did you mean"
                + " live2?)"));
  }

  @ParameterizedTest
  @MethodSource
  void whatMayBeIntendedIsAWarningWithItsLine(String lua, String warning) throws Exception {
    assertEquals(List.of("backends.lua:" + warning), warnings(LISTEN, TWO, lua));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "timeouts = timeouts or {}\ntimeouts.head = 5",
        "timeouts = { head = 5 }\ntimeouts = setmetatable(timeouts, nil)",
        "timeouts = { head = 5 }\nlocal saved = timeouts\ntimeouts = { head = saved.head }",
        "loops = 1\nif #backends > 1 then loops = 2 end",
        "if #backends > 1 then loops = 2 else loops = 1 end",
        "backends[#backends + 1] = '10.0.0.3:80'\nbackends[#backends + 1] = '10.0.0.4:80'",
        "for i = 3, 9 do backends[i] = '10.0.0.' .. i .. ':80' end",
        "local function server(n) return '10.0.0.' .. n .. ':80' end\nbackends[3] = server(3)",
        "_G.timeouts = { head = 5 }\nlocal x = _G.nothing",
        "local env = _ENV\nlocal x = whatever",
        "setmetatable(_G, { __index = function() return 1 end })\nloops = anything",
        "local limits = 5\nloops = limits",
        "function pick(request) return 1 end\nfunction select(request) return pick(request) end",
        "function select(request)\n  if count then return 2 end\n  return 1\nend\n"
            + "function later() count = 1 end local l = later",
        "local t = { 1, 2, [3] = 3, x = 1, y = 1 }",
        "local own = {}\nown.x = 1\nloops = own.x",
        "local own = { n = 1 }\nloops = own.count or own.n",
        "local own = { n = 1 }\nfor k, v in pairs(own) do loops = own.m end",
        "local own = setmetatable({}, { __index = function() return 1 end })\nloops = own.n",
        "local key = 'n'\nlocal own = { [key] = 1 }\nloops = own.n",
        "local own = {}\nfunction own.count() return 1 end\nloops = own.count()",
        "function select(r) if r.host == 'no' then a = b.x b = a.x return a.x end return 1 end",
        "local slot = nil\nrepeat local done = true until done",
        "local map = { a = 'one' }\nlocal pools = { one = 'live1' }\n"
            + "function select(r) local p = map[r.host] return pools[p] or 1 end",
        "local map = { a = 'alias' }\nfor k, v in pairs(map) do map[k] = 'live' .. #v - 4 end\n"
            + "function select(r) return map[r.host] or 1 end",
        "function select(r) return '10.9.9.9:80' end",
        "function select(r) return nil, 'closed' end",
        "local own = { host = 'A' }\nloops = own.host == 'A' and 1 or 2",
        "local own = { A = 1 }\nfunction select(r) return own[r.path] or own[r.host:upper()] or 1 end",
        "function select(r) return r.original_host == 'A' and 1 or 2 end",
        "local fixed = { ['*'] = 1 }\nfunction select(r) return fixed[r.host] or fixed['*'] end",
        "local own = { 'a', ['x y'] = 1 }\nfunction select(r) return own[r.host] and 1 or own[1] and 2 end",
        "function select(r)\n  if r.path == '/x' then r = {} return r.other or 1 end\n  return 1\nend",
        "function select(r)\n  return r:header('x') and r.method .. r.path .. r.query .. r.scheme"
            + " .. r.client .. r.original_host and 1 or 2\nend",
        "function on_failure(r, f)\n  return f.slot and f.address .. f.reason .. f.attempt and 1\nend",
        "function on_failure()\n  return 1\nend",
        "function select(r) local function f() return 'inner' end return #f() > 9 and 2 or 1 end",
        "function select(r, ...)\n  local name = r.host\n  return #name % 2 + 1\nend",
        "timeouts = { response = 3600, idle = 4799, connect = 30, connect_retry = 0, tunnel = 86400 }",
        "reload = { max_moves = 0 }",
        "reload = { max_moves = 1 }",
      })
  void whatIsRightIsNeither(String lua) throws Exception {
    assertEquals(List.of(), warnings(LISTEN, TWO, lua));
  }

  @Test
  void aStateWithoutQuotesIsAProblem() {
    assertEquals(
        List.of(
            "backends.lua:3: down: nothing defines this name (expected: a value; did you mean"
                + " \"down\", in quotes?)"),
        problems(
            LISTEN,
            "backends = { '10.0.0.1:80',",
            "  { address = '10.0.0.2:80', state = down } }"));
  }

  @Test
  void anUnknownVariableInAListIsNamedWithItsLineBesideTheHole() {
    assertEquals(
        List.of(
            "backends.lua:4: live2: nothing defines this name (expected: a value; did you mean"
                + " live1?)",
            "backends.lua:4: backends[2]: not set (expected: an address, or a table with name and"
                + " address; a list has no holes)"),
        problems(
            LISTEN,
            "local live1 = '10.0.0.1:80' backends = {",
            "  live1,",
            "  live2,",
            "  '10.0.0.3:80' }"));
    assertEquals(
        List.of(
            "backends.lua:4: live2: nothing defines this name (expected: a value; did you mean"
                + " live1?)"),
        problems(LISTEN, "local live1 = '10.0.0.1:80' backends = {", "  live1,", "  live2,", "}"));
  }

  static Stream<Arguments> aListThatDoesNotDoWhatItSaysIsAWarning() {
    return Stream.of(
        arguments(
            "backends = { { address = '10.0.0.1:80', state = 'down' } }",
            "2: backends: no backend is up, so each request gets 503"),
        arguments(
            "backends = { { address = '10.0.0.1:80', state = 'drain' },"
                + " { name = 'new', state = 'spare' } }",
            "2: backends: no backend is up, so requests go to those in state drain or spare"),
        arguments(
            lines(
                "backends = { { name = 'a', address = '10.0.0.1:80' },",
                "{ name = 'b', address = '10.0.0.1:80' } }"),
            "3: backends[2].address: the same address as a, so both names are one backend"),
        arguments(
            lines(
                "backends = { { name = 'a', address = '[::1]:80' },",
                "{ name = 'b', address = '[0:0:0:0:0:0:0:1]:80' } }"),
            "3: backends[2].address: the same address as a, so both names are one backend"),
        arguments(
            "backends = { { name = 'a', address = 'unix:/run/a' },\n'unix:/run/a' }",
            "3: backends[2]: the same address as a, so both names are one backend"),
        arguments(
            "backends = { { address = '10.0.0.1:80' }, { address = '10.0.0.2:80',\nweight = 4 } }",
            "3: backends[2].weight: hash.python ignores weights, so it only counts for hosts"
                + " of slots that are not up (hash.rendezvous, ring, maglev and bounded use weights)"),
        arguments(
            lines(
                "backends = { { address = '10.0.0.1:80', weight = 0 }, '10.0.0.2:80' }",
                "function select(r) return hash.jump(r.host, #backends) end"),
            "2: backends[1].weight: select does not use weights, so it only counts for hosts"
                + " of slots that are not up (hash.rendezvous, ring, maglev and bounded use weights)"));
  }

  @ParameterizedTest
  @MethodSource
  void aListThatDoesNotDoWhatItSaysIsAWarning(String lua, String warning) throws Exception {
    assertEquals(List.of("backends.lua:" + warning), warnings(LISTEN, lua));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "function select(r) return hash.rendezvous(r.host) end",
        "function select(r) return backends[1].weight > 3 and 1 or 2 end",
        "local total = 0 for _, b in ipairs(backends) do total = total + b.weight end\n"
            + "function select(r) return #r.host % total < 4 and 1 or 2 end"
      })
  void weightsThatSelectReadsAreNoWarning(String select) throws Exception {
    assertEquals(
        List.of(),
        warnings(
            LISTEN,
            "backends = { { address = '10.0.0.1:80', weight = 4 },"
                + " { address = '10.0.0.2:80', weight = 1 } }",
            select));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"failover = 1", "backends[3] = { address = '10.0.0.3:80', state = 'down' }"})
  void weightsByWhichHostsAreSpreadAreNoWarning(String lua) throws Exception {
    assertEquals(
        List.of(),
        warnings(
            LISTEN,
            "backends = { { address = '10.0.0.1:80', weight = 4 },"
                + " { address = '10.0.0.2:80', weight = 1 } }",
            lua));
  }

  @Test
  void withASelectAListWithoutASlotThatIsUpIsNoWarning() throws Exception {
    assertEquals(
        List.of(),
        warnings(
            LISTEN,
            "backends = { { address = '10.0.0.1:80', state = 'down' } }",
            "function select(request) return '10.9.9.9:80' end"));
  }

  @Test
  void theSameWeightForAllIsNoWarning() throws Exception {
    assertEquals(
        List.of(),
        warnings(
            LISTEN,
            "backends = { { address = '10.0.0.1:80', weight = 4 },"
                + " { address = '10.0.0.2:80', weight = 4 } }"));
  }

  static Stream<Arguments> rspAsItsOwnBackendIsAProblem() {
    return Stream.of(
        arguments("127.0.0.1:8080", "127.0.0.1:8080"),
        arguments("0.0.0.0:8080", "127.0.0.1:8080"),
        arguments("0.0.0.0:8080", "127.9.9.9:8080"),
        arguments("0.0.0.0:8080", "localhost:8080"),
        arguments("[::]:8080", "127.0.0.1:8080"),
        arguments("[::]:8080", "[::1]:8080"),
        arguments("127.0.0.1:8080", "0.0.0.0:8080"),
        arguments("127.0.0.1:8080", "uwsgi:127.0.0.1:8080"),
        arguments("unix:/run/rsp.sock", "unix:/run/rsp.sock"));
  }

  @ParameterizedTest
  @MethodSource
  void rspAsItsOwnBackendIsAProblem(String listen, String backend) {
    assertEquals(
        List.of(
            "backends.lua:3: backends[2]: \""
                + backend
                + "\" (expected: another address: rsp listens on "
                + listen
                + " itself)"),
        problems(
            "listen = '" + listen + "'", "backends = { '10.0.0.1:80',", "'" + backend + "' }"));
  }

  @Test
  void anotherPortOrAddressIsNotRspItself() throws Exception {
    assertEquals(
        List.of(),
        warnings(
            "listen = { '127.0.0.1:8080', '127.0.0.2:81' }",
            "backends = { '127.0.0.1:8081', '127.0.0.3:8080', '127.0.0.1:81', 'unix:/run/x' }"));
    assertEquals(List.of(), warnings("listen = '127.0.0.1:0'", "backends = { '127.0.0.1:8081' }"));
  }

  @Test
  void aFolderForTheJournalThatExistsIsNoWarning() throws Exception {
    Files.createDirectory(directory.resolve("state"));
    assertEquals(List.of(), warnings(LISTEN, TWO, "journal = 'state/hosts.journal'"));
  }

  @Test
  void aFileOfTheOriginalOnlyGetsWarnings() throws Exception {
    assertEquals(
        List.of("backends.lua:2: ADDRESS: nothing defines this name, so it is nil"),
        warnings(
            "listenPort = 8080",
            "local a = ADDRESS",
            "backendAddress = '127.0.0.1'",
            "backendPort = 80"));
    assertEquals(
        List.of("backends.lua:2: backendAddress: rsp listens on 0.0.0.0:80 itself"),
        warnings("listenPort = 80", "backendAddress = '127.0.0.1'", "backendPort = 80"));
  }

  private static String lines(String... lines) {
    return String.join("\n", lines);
  }

  private List<String> problems(String... lines) {
    return ConfigFile.in(directory, lines).problems();
  }

  private List<String> warnings(String... lines) throws ConfigException {
    return ConfigFile.in(directory, lines).load().warnings().stream()
        .map(line -> line.replace(directory + "/", ""))
        .toList();
  }
}
