// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.rsp.proxy.ProxyVersion;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The PROXY header with which connections to a backend begin. */
@Timeout(20)
class SendProxyKeyTest {
  private static final String LISTEN = "listen = '127.0.0.1:0'";

  @TempDir Path directory;

  private List<Slot> slots(String backends) throws Exception {
    return ConfigFile.in(directory, LISTEN, "backends = { " + backends + " }").load().slots();
  }

  private static @Nullable ProxyVersion version(Slot slot) {
    return Objects.requireNonNull(slot.place()).sendProxy();
  }

  @Test
  void isThatOfTheKey() throws Exception {
    List<Slot> slots =
        slots(
            "'127.0.0.1:1', { name = 'b', address = '127.0.0.1:2' },"
                + " { name = 'c', address = '127.0.0.1:3', send_proxy = 'v1' },"
                + " { name = 'd', address = 'unix:/a', send_proxy = 'v2' },"
                + " { name = 'e', address = 'uwsgi:unix:/a', send_proxy = 'v2' }");
    assertNull(version(slots.get(0)));
    assertNull(version(slots.get(1)));
    assertEquals(ProxyVersion.V1, version(slots.get(2)));
    assertEquals(ProxyVersion.V2, version(slots.get(3)));
    assertEquals(ProxyVersion.V2, version(slots.get(4)));
  }

  @Test
  void isPartOfWhatAPlaceIs() throws Exception {
    List<Slot> slots =
        slots(
            "{ name = 'a', address = '127.0.0.1:1', send_proxy = 'v1' },"
                + " { name = 'b', address = '127.0.0.1:1' },"
                + " { name = 'c', address = '127.0.0.1:1', send_proxy = 'v2' },"
                + " { name = 'd', address = '127.0.0.1:1', send_proxy = 'v1' }");
    assertNotEquals(slots.get(0).place(), slots.get(1).place());
    assertNotEquals(slots.get(0).place(), slots.get(2).place());
    assertSame(slots.get(0).place(), slots.get(3).place());
  }

  @Test
  void aSpareWithoutAnAddressMayHaveIt() throws Exception {
    assertNull(
        slots("'127.0.0.1:1', { name = 'b', state = 'spare', send_proxy = 'v2' }").get(1).place());
  }

  @ParameterizedTest
  @ValueSource(strings = {"'v3'", "'V1'", "''", "1", "true", "{}"})
  void otherValuesAreRefused(String value) throws Exception {
    List<String> problems =
        ConfigFile.in(
                directory,
                LISTEN,
                "backends = {",
                "  { name = 'a', address = '127.0.0.1:1', send_proxy = " + value + " } }")
            .problems();
    assertEquals(1, problems.size());
    String problem = problems.get(0);
    assertEquals("backends.lua:3: backends[1].send_proxy: ", problem.substring(0, 40));
    assertEquals(" (expected: \"v1\" or \"v2\")", problem.substring(problem.indexOf(" (")));
  }
}
