// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Names that do not resolve: at a start, and at a reload of a process that knows an address. */
@Timeout(60)
final class UnresolvedNamesTest {
  private static final Path SERVICES = Path.of("src/test/resources/services");

  @TempDir private Path directory;

  private final Map<String, InetAddress> known = new HashMap<>();
  private final List<String> asked = new ArrayList<>();

  private final Resolver resolver =
      name -> {
        synchronized (asked) {
          asked.add(name);
        }
        InetAddress address = known.get(name);
        if (address == null) {
          throw new UnknownHostException(name + ": Name or service not known");
        }
        return List.of(address);
      };

  @Test
  void theNameOfASlotThatIsDownIsNotLookedUp() throws Exception {
    know("app1.example", "10.0.0.1");
    Config config =
        start(
            "listen = '127.0.0.1:0'",
            "backends = { 'app1.example:80',",
            "  { name = 'b', address = 'gone.example:80', state = 'down' } }");
    assertEquals(List.of("app1.example"), asked);
    assertNull(ConfigFile.place(config.slots().get(1)).address());
    assertEquals(List.of(), warnings(config));
  }

  @Test
  void aSlotThatIsDownHasTheAddressOfAnotherSlotWithItsName() throws Exception {
    know("app1.example", "10.0.0.1");
    Config config =
        start(
            "listen = '127.0.0.1:0'",
            "backends = { { name = 'a', address = 'app1.example:80', state = 'down' },",
            "  { name = 'b', address = 'app1.example:81' } }");
    assertEquals(socket("10.0.0.1", 80), address(config, 0));
  }

  @Test
  void aSpareWhoseNameDoesNotResolveIsNoLastResort() throws Exception {
    know("app1.example", "10.0.0.1");
    Config config =
        start(
            "listen = '127.0.0.1:0'",
            "backends = { 'app1.example:80',",
            "  { name = 's', address = 'gone.example:80', state = 'spare' } }");
    assertFalse(config.slots().get(1).isLastResort());
    assertEquals(
        List.of(
            "backends.lua:3: backends[2].address: \"gone.example:80\" does not resolve: Name or"
                + " service not known; rsp does not use this spare until a reload finds its"
                + " address"),
        warnings(config));
  }

  @Test
  void aSpareWhoseNameResolvesIsALastResort() throws Exception {
    know("app1.example", "10.0.0.1");
    know("spare.example", "10.0.0.2");
    Config config =
        start(
            "listen = '127.0.0.1:0'",
            "backends = { 'app1.example:80',",
            "  { name = 's', address = 'spare.example:80', state = 'spare' } }");
    assertTrue(config.slots().get(1).isLastResort());
  }

  @Test
  void atAStartANameThatIsUsedMustResolve() {
    for (String state : List.of("up", "drain")) {
      assertEquals(
          List.of(
              "backends.lua:2: backends[1].address: \"gone.example:80\" (expected: a name that"
                  + " resolves: Name or service not known)"),
          problems(
              () ->
                  start(
                      "listen = '127.0.0.1:0'",
                      "backends = { { name = 'a', address = 'gone.example:80', state = '"
                          + state
                          + "' } }")));
    }
  }

  @Test
  void atAReloadANameThatFailsKeepsItsRunningAddress() throws Exception {
    know("app1.example", "10.0.0.1");
    Config running = start("listen = '127.0.0.1:0'", "backends = { 'app1.example:80' }");
    ConfigFile.place(running.slots().get(0)).updateAddress(socket("10.0.0.9", 80));
    known.clear();
    Config newer =
        reload(
            running,
            "listen = '127.0.0.1:0'",
            "backends = { 'app1.example:80',",
            "  { name = 'u', address = 'app1.example:81', protocol = 'uwsgi' } }");
    assertEquals(socket("10.0.0.9", 80), address(newer, 0));
    assertEquals(socket("10.0.0.9", 81), address(newer, 1));
    assertEquals(
        List.of(
            "backends.lua:2: backends[1]: \"app1.example:80\" does not resolve: Name or service"
                + " not known; its address 10.0.0.9 stays in use",
            "backends.lua:3: backends[2].address: \"uwsgi:app1.example:81\" does not resolve:"
                + " Name or service not known; its address 10.0.0.9 stays in use"),
        warnings(newer));
    // and at the reload after that one
    assertEquals(
        socket("10.0.0.9", 80),
        address(reload(newer, "listen = '127.0.0.1:0'", "backends = { 'app1.example:80' }"), 0));
  }

  @Test
  void atAReloadANameInListenThatFailsKeepsItsRunningAddress() throws Exception {
    know("front.example", "127.0.0.2");
    Config running = start("listen = 'front.example:0'", "backends = { '10.0.0.1:80' }");
    known.clear();
    Config newer = reload(running, "listen = 'front.example:0'", "backends = { '10.0.0.1:81' }");
    assertEquals(running.listen(), newer.listen());
    assertEquals(1, warnings(newer).size());
  }

  @Test
  void atAReloadANewNameMustResolve() throws Exception {
    know("app1.example", "10.0.0.1");
    Config running =
        start(
            "listen = '127.0.0.1:0'",
            "backends = { 'app1.example:80',",
            "  { name = 'b', address = 'gone.example:80', state = 'down' } }");
    assertEquals(
        List.of(
            "backends.lua:3: backends[2].address: \"gone.example:80\" (expected: a name that"
                + " resolves: Name or service not known)"),
        problems(
            () ->
                reload(
                    running,
                    "listen = '127.0.0.1:0'",
                    "backends = { 'app1.example:80',",
                    "  { name = 'b', address = 'gone.example:80' } }")));
  }

  @Test
  void atAReloadANewAnswerReplacesTheRunningAddress() throws Exception {
    know("app1.example", "10.0.0.1");
    Config running = start("listen = '127.0.0.1:0'", "backends = { 'app1.example:80' }");
    know("app1.example", "10.0.0.2");
    Config newer = reload(running, "listen = '127.0.0.1:0'", "backends = { 'app1.example:80' }");
    assertEquals(socket("10.0.0.2", 80), address(newer, 0));
    assertEquals(List.of(), warnings(newer));
  }

  private void know(String name, String address) throws UnknownHostException {
    known.put(name, ConfigFile.ip(address));
  }

  private Config start(String... lines) throws ConfigException {
    ConfigFile.in(directory, lines);
    return ConfigLoader.load(
        directory.resolve("backends.lua"),
        new NameLookup(resolver, NameLookup.TIMEOUT),
        new ServiceNames(SERVICES),
        ListenCheck.NONE);
  }

  private Config reload(Config running, String... lines) throws ConfigException {
    ConfigFile.in(directory, lines);
    return ConfigLoader.reload(
        directory.resolve("backends.lua"), running, resolver, new ServiceNames(SERVICES));
  }

  private List<String> warnings(Config config) {
    return config.warnings().stream().map(this::withoutDirectory).toList();
  }

  private List<String> problems(Executable load) {
    return assertThrows(ConfigException.class, load).problems().stream()
        .map(this::withoutDirectory)
        .toList();
  }

  private String withoutDirectory(String line) {
    return line.replace(directory + "/", "");
  }

  private static InetSocketAddress address(Config config, int index) {
    InetSocketAddress address = ConfigFile.place(config.slots().get(index)).address();
    if (address == null) {
      throw new AssertionError(config.slots().get(index) + " has no address");
    }
    return address;
  }

  private static InetSocketAddress socket(String address, int port) throws UnknownHostException {
    return new InetSocketAddress(ConfigFile.ip(address), port);
  }
}
