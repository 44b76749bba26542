// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.rsp.config.ConfigException.Kind;
import dev.rsp.http.IpNetwork;
import dev.rsp.http.TrustedProxies;
import dev.rsp.http.UntrustedFields;
import dev.rsp.http.WireOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigLoaderTest {
  private static final String LISTEN = "listen = '127.0.0.1:0'";
  private static final String BACKENDS = "backends = { '10.0.0.11:80' }";

  @TempDir Path directory;

  @Test
  void aUnixSocketMayHaveAModeAnOwnerAndAGroup() throws Exception {
    String entry = "{ address = 'unix:/run/a', mode = '0660', owner = 'root', group = 0 }";
    var expected =
        new ListenAddress(
            "unix:/run/a",
            null,
            "/run/a",
            new SocketAccess(0660, "root", "0"),
            ListenOptions.PLAIN);
    assertEquals(List.of(expected), load("listen = " + entry, BACKENDS).listen());
    assertEquals(
        List.of(new ListenAddress("127.0.0.1:0", socket("127.0.0.1", 0), null), expected),
        load("listen = { '127.0.0.1:0', " + entry + " }", BACKENDS).listen());
  }

  @Test
  void theNameInViaDependsOnTheAddressesAndNotOnTheRightsOfTheirSockets() throws Exception {
    String plain = load("listen = { 'unix:/run/a' }", BACKENDS).wire().viaName();
    assertEquals(plain, load("listen = { address = 'unix:/run/a' }", BACKENDS).wire().viaName());
    assertEquals(
        plain,
        load("listen = {{ address = 'unix:/run/a', mode = '666' }}", BACKENDS).wire().viaName());
  }

  @Test
  void theLeastFileGetsTheDefaults() throws Exception {
    Config config = load(LISTEN, BACKENDS);
    assertEquals(
        List.of(new ListenAddress("127.0.0.1:0", socket("127.0.0.1", 0), null)), config.listen());
    assertEquals(
        List.of(new Slot(1, "10.0.0.11:80", Place.tcp("10.0.0.11:80", socket("10.0.0.11", 80)))),
        config.slots());
    assertEquals(
        new Timeouts(
            10_000, 3_000, 2_000, 60_000, 60_000, 60_000, 75_000, 4_000, 5_000, 30_000, 3_600_000),
        config.timeouts());
    assertEquals(
        new Limits(32_768, 100, 8_192, 255, 0, 256, 8_192, 0, 0, 20_000, 50, 0, 100, 1_024, 0),
        config.limits());
    assertEquals(Runtime.getRuntime().availableProcessors(), config.loops());
    assertNull(config.defaultHost());
    String via = config.wire().viaName();
    assertTrue(via.matches("rsp-[0-9a-f]{8}"), via);
    assertEquals(new WireOptions(via, false, false, false), config.wire());
    assertEquals(AbortOnClose.GET, config.abortOnClose());
    assertFalse(config.hasSelect());
  }

  @Test
  void proxiesAreTrustedByTheirNetworks() throws Exception {
    assertEquals(
        new TrustedProxies(
            false,
            true,
            List.of(
                Objects.requireNonNull(IpNetwork.parse("10.0.0.0/8")),
                Objects.requireNonNull(IpNetwork.parse("2001:db8::1")))),
        trusted("trusted_proxies = { '10.0.0.0/8', 'unix', '2001:db8::1' }"));
    assertEquals(
        new TrustedProxies(
            false, false, List.of(Objects.requireNonNull(IpNetwork.parse("192.0.2.1/32")))),
        trusted("trusted_proxies = '192.0.2.1'"));
    assertEquals(TrustedProxies.NONE, trusted("trusted_proxies = {}"));
    assertEquals(TrustedProxies.NONE, trusted("forwarded = 'replace'", "trusted_proxies = {}"));
    assertEquals(TrustedProxies.NONE, trusted("forwarded = 'replace'"));
    assertEquals(TrustedProxies.EVERY_PEER, trusted("forwarded = 'append'"));
    assertEquals(TrustedProxies.NONE, trusted());
  }

  private TrustedProxies trusted(String... lines) throws Exception {
    List<String> all = new ArrayList<>(List.of(LISTEN, BACKENDS));
    all.addAll(List.of(lines));
    return load(all.toArray(new String[0])).forwarding().trusted();
  }

  @Test
  void fieldsAndViaAreChosenByTheFile() throws Exception {
    assertSame(UntrustedFields.DEFAULTS, load(LISTEN, BACKENDS).forwarding().untrusted());
    UntrustedFields own =
        load(LISTEN, BACKENDS, "untrusted_fields = { 'X-Tenant' }").forwarding().untrusted();
    assertNotSame(UntrustedFields.DEFAULTS, own);
    assertTrue(load(LISTEN, BACKENDS).forwarding().saysVia());
    assertTrue(load(LISTEN, BACKENDS, "via = 'a'").forwarding().saysVia());
    Config without = load(LISTEN, BACKENDS, "via = false", "untrusted_fields = {}");
    assertFalse(without.forwarding().saysVia());
    assertTrue(without.wire().viaName().startsWith("rsp-"));
  }

  @Test
  void whatTheCloseOfAClientEndsIsAWordOrASwitch() throws Exception {
    assertEquals(AbortOnClose.GET, load(LISTEN, BACKENDS, "abort_on_close = 'get'").abortOnClose());
    assertEquals(AbortOnClose.ALL, load(LISTEN, BACKENDS, "abort_on_close = true").abortOnClose());
    assertEquals(
        AbortOnClose.NONE, load(LISTEN, BACKENDS, "abort_on_close = false").abortOnClose());
  }

  @Test
  void aFileMaySetEverything() throws Exception {
    Config config =
        load(
            "listen = { '0.0.0.0:8080', '[::1]:8080', 'localhost:81', 'unix:/run/rsp.sock' }",
            "backends = {",
            "  '10.0.0.11:80', '[2001:db8::1]:80', 'app1.example:80', 'unix:/run/a.sock',",
            "  { name = 'live5', address = '10.0.0.15:80' }, { address = 'localhost:80' },",
            "}",
            "timeouts = { head = 1, connect = 2.5, connect_retry = 0, body = 0.5, response = 0.001, idle = 86400, keepalive = 5,",
            "  backend_keepalive = 6, linger = 7, drain = 8, tunnel = 9 }",
            "limits = { head_bytes = 512, fields = 1, target_bytes = 64, connections = 3,",
            "  host_bytes = 4, body_bytes = 1e15, chunk_ext_bytes = 5, trailer_bytes = 6,",
            "  body_rate = 7, response_rate = 8, slot_share = 75, client_connections = 9, http2_streams = 11,",
            "  backend_idle = 0, memory = 100000000 }",
            "loops = 1",
            "default_host = 'www.example.com'",
            "via = 'edge-7'",
            "lenient = { response_lf = true, equal_lengths = false }",
            "function helper() end",
            "function select(request) return 1 end");
    assertEquals(
        List.of(
            new ListenAddress("0.0.0.0:8080", socket("0.0.0.0", 8080), null),
            new ListenAddress("[::1]:8080", socket("::1", 8080), null),
            new ListenAddress("localhost:81", socket("127.0.0.1", 81), null),
            new ListenAddress("unix:/run/rsp.sock", null, "/run/rsp.sock")),
        config.listen());
    assertEquals(
        List.of(
            "10.0.0.11:80",
            "[2001:db8::1]:80",
            "app1.example:80",
            "unix:/run/a.sock",
            "live5",
            "localhost:80"),
        config.slots().stream().map(Slot::name).toList());
    assertEquals(
        Arrays.asList(
            socket("10.0.0.11", 80),
            socket("2001:db8::1", 80),
            socket("10.0.0.7", 80),
            null,
            socket("10.0.0.15", 80),
            socket("127.0.0.1", 80)),
        config.slots().stream().map(slot -> ConfigFile.place(slot).address()).toList());
    assertEquals("/run/a.sock", ConfigFile.place(config.slots().get(3)).unixPath());
    assertEquals("10.0.0.15:80", ConfigFile.place(config.slots().get(4)).text());
    assertEquals(
        new Timeouts(1_000, 2_500, 0, 500, 1, 86_400_000, 5_000, 6_000, 7_000, 8_000, 9_000),
        config.timeouts());
    assertEquals(
        new Limits(512, 1, 64, 4, 1_000_000_000_000_000L, 5, 6, 7, 8, 3, 75, 9, 11, 0, 100_000_000),
        config.limits());
    assertEquals(1, config.loops());
    assertEquals("www.example.com", config.defaultHost());
    assertEquals(new WireOptions("edge-7", true, false, false), config.wire());
    assertTrue(config.hasSelect());
    assertTrue(config.program().run().hasSelect());
  }

  @Test
  void aFileIsAProgram() throws Exception {
    Config config =
        load(
            "#!/usr/bin/rsp",
            "local network = '10.0.0.'",
            LISTEN,
            "backends = {}",
            "for i = 1, 3 do",
            "  backends[#backends + 1] = { name = 'live' .. i, address = network .. 10 + i .. ':80' }",
            "end",
            "table.insert(backends, 'unix:/run/live4.sock')");
    assertEquals(
        List.of("live1", "live2", "live3", "unix:/run/live4.sock"),
        config.slots().stream().map(Slot::name).toList());
  }

  /** With large weights the ring alone takes about 50 ms, too long for an event loop. */
  @Test
  void tablesThatSelectMayAskForAreMadeBeforeItServes() throws Exception {
    String none = "function select(request) return hash.python(request.host, 1) end";
    String rare =
        "if request.host == 'rare.example' then return hash.%s(request.host) end return 1";
    for (String function : List.of("ring", "maglev", "rendezvous")) {
      String select = "function select(request) " + rare.formatted(function) + " end";
      assertEquals(Set.of(function), loaded(select).tables().built());
      String onFailure = select.replace("select(", "on_failure(");
      assertEquals(Set.of(function), loaded(none, onFailure).tables().built());
    }
    assertEquals(Set.of(), loaded(none).tables().built());
  }

  /** A name that the script computes is not among its constants. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "function select(r) return hash['mag' .. 'lev'](r.host) end",
        "local name = 'mag' .. 'lev' function select(r) return hash[name](r.host) end",
        "local h = hash function select(r) return h['mag' .. 'lev'](r.host) end",
        "function select(r) local h = r.path == '/' and hash or hash return h[r.path](r.host) end",
        "function select(r) for _, f in next, hash do f(r.host) end end",
        "function select(r) return _G['ha' .. 'sh']['mag' .. 'lev'](r.host) end",
        "function select(r) return _ENV['ha' .. 'sh']['mag' .. 'lev'](r.host) end",
        "local e = _ENV function select(r) return e['ha' .. 'sh']['mag' .. 'lev'](r.host) end",
        "function select(r) local _ENV = _ENV return hash['mag' .. 'lev'](r.host) end",
        "function select(r) local _ENV = { h = hash } return h['mag' .. 'lev'](r.host) end",
        "function pick(h, r) return h['mag' .. 'lev'](r.host) end"
            + " function select(r) return pick(hash, r) end",
        "function select(r) local t = { f = hash } return t.f['mag' .. 'lev'](r.host) end",
      })
  void allTablesAreMadeForAScriptThatMayPutTheNameOfAHashTogether(String script) throws Exception {
    assertEquals(
        Set.of("bounded", "maglev", "rendezvous", "ring"), loaded(script).tables().built());
  }

  @Test
  void namesInTheOrdinaryFormHaveNoOtherTablesMade() throws Exception {
    assertEquals(
        Set.of(),
        loaded(
                "local python, n = hash.python, 1",
                "function select(r)",
                "  if hash.crc32(r.host, 2) == 1 then return python(r.host, n) end",
                "  return (hash).python(r.host, hash.jump(r.host, 1))",
                "end")
            .tables()
            .built());
  }

  private Config loaded(String... lines) throws ConfigException {
    return ConfigFile.in(
            directory,
            "listen = '127.0.0.1:0'",
            "backends = { '10.0.0.1:80' }",
            String.join("\n", lines))
        .load();
  }

  @Test
  void aSmallHeadTakesTheDefaultTargetWithIt() throws Exception {
    assertEquals(
        new Limits(1_000, 100, 1_000, 255, 0, 256, 8_192, 0, 0, 20_000, 50, 0, 100, 1_024, 0),
        load(LISTEN, BACKENDS, "limits = { head_bytes = 1000 }").limits());
  }

  @Test
  void ofSeveralAddressesTheLowestOfIpv4IsTaken() throws Exception {
    assertEquals(
        socket("10.0.0.8", 80),
        ConfigFile.place(load(LISTEN, "backends = { 'two.example:80' }").slots().get(0)).address());
  }

  @Test
  void slotsWithTheSameAddressShareItsPlace() throws Exception {
    List<Slot> slots =
        load(LISTEN, "backends = { '10.0.0.1:80', { name = 'twice', address = '10.0.0.1:80' } }")
            .slots();
    assertSame(slots.get(0).place(), slots.get(1).place());
  }

  @Test
  void aMissingFileIsToldAsTheOriginalTellsIt() {
    ConfigException failure = ConfigFile.at(Path.of("/nope.lua")).failure();
    assertEquals(Kind.CANNOT_RUN, failure.kind());
    assertEquals(List.of("cannot open /nope.lua: No such file or directory"), failure.problems());
  }

  @Test
  void aDirectoryIsNoFile() {
    ConfigException failure = ConfigFile.at(directory).failure();
    assertEquals(Kind.CANNOT_RUN, failure.kind());
    assertEquals(List.of("cannot read " + directory + ": Is a directory"), failure.problems());
  }

  @Test
  void aPathIsToldOnce() throws Exception {
    Path below = Files.createFile(directory.resolve("file")).resolve("x.lua");
    assertEquals(
        List.of("cannot read " + below + ": Not a directory"),
        ConfigFile.at(below).failure().problems());
  }

  @Test
  void aFileThatIsTooLargeIsNotRead() throws Exception {
    Path file = directory.resolve("large.lua");
    byte[] source = new byte[ConfigLoader.MAX_BYTES + 1];
    Arrays.fill(source, (byte) '\n');
    Files.write(file, source);
    ConfigException failure = ConfigFile.at(file).failure();
    assertEquals(Kind.CANNOT_RUN, failure.kind());
    assertEquals(
        List.of("cannot read " + file + ": larger than 67108864 bytes"), failure.problems());
  }

  static Stream<Arguments> filesThatDoNotRun() {
    return Stream.of(
        arguments("a syntax error", "x = 1\nlisten = = 2", "backends.lua"),
        arguments("a run-time error", "x = 1\n\nerror('no')", "backends.lua:3: no"),
        arguments("an error in a call", "local x\nx.y = 1", "backends.lua:2: "),
        arguments("no library of the system", "x = os.getenv('HOME')", "backends.lua:1: "),
        arguments("an endless loop", "while true do end", "backends.lua"),
        arguments("an endless recursion", "function f() return 1 + f() end f()", "backends.lua"),
        arguments("a malformed number", "x = 3..2", "backends.lua:1: malformed number near '3..2'"),
        arguments("half a number", "\nx = 0x", "backends.lua:2: malformed number near '0x'"),
        arguments("a compiled chunk", "\33Lua", "backends.lua"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void filesThatDoNotRun(String what, String source, String begin) {
    ConfigFile file = ConfigFile.in(directory, source);
    ConfigException failure = file.failure();
    assertEquals(Kind.CANNOT_RUN, failure.kind());
    List<String> problems = file.problems();
    assertEquals(1, problems.size());
    assertTrue(problems.get(0).startsWith(begin), problems.get(0));
    assertFalse(problems.get(0).contains("\n"), problems.get(0));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n", "\r"})
  void anyLineEndWillDo(String lineEnd) throws IOException {
    String source = String.join(lineEnd, LISTEN, BACKENDS, "loops = 0");
    List<String> problems =
        ConfigFile.in(directory, source.getBytes(StandardCharsets.UTF_8)).problems();
    assertEquals(1, problems.size());
    assertTrue(problems.get(0).startsWith("backends.lua:3: loops: 0"), problems.get(0));
  }

  private Config load(String... lines) throws ConfigException {
    return ConfigFile.in(directory, lines).load();
  }

  private static InetSocketAddress socket(String ip, int port) throws IOException {
    return new InetSocketAddress(ConfigFile.ip(ip), port);
  }
}
