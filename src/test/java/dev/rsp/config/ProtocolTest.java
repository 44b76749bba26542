// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A backend's protocol, set by its address or its key. */
class ProtocolTest {
  private static final String LISTEN = "listen = '127.0.0.1:0'";

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "'127.0.0.1:3031', HTTP, 127.0.0.1:3031",
    "'uwsgi:127.0.0.1:3031', UWSGI, uwsgi:127.0.0.1:3031",
    "'uwsgi:[::1]:3031', UWSGI, uwsgi:[::1]:3031",
    "'uwsgi:unix:/run/a.sock', UWSGI, uwsgi:unix:/run/a.sock",
    "'{ address = \"127.0.0.1:3031\", protocol = \"uwsgi\" }', UWSGI, uwsgi:127.0.0.1:3031",
    "'{ address = \"uwsgi:unix:/a\", protocol = \"uwsgi\" }', UWSGI, uwsgi:unix:/a",
    "'{ address = \"unix:/a\", protocol = \"http\" }', HTTP, unix:/a",
    "'https://127.0.0.1:443', HTTPS, https://127.0.0.1:443",
    "'h2c://127.0.0.1:80', H2C, h2c://127.0.0.1:80",
    "'{ address = \"unix:/run/a.sock\", protocol = \"h2c\" }', H2C, h2c://unix:/run/a.sock",
    "'{ address = \"127.0.0.1:443\", protocol = \"h2\" }', H2, h2://127.0.0.1:443",
    "'h2://[::1]:443', H2, h2://[::1]:443",
    "'{ address = \"127.0.0.1:443\", protocol = \"https\" }', HTTPS, https://127.0.0.1:443",
    "'{ address = \"https://[::1]:443\", protocol = \"https\" }', HTTPS, https://[::1]:443",
  })
  void isThatOfThePrefixOrTheKey(String backend, Protocol protocol, String text) throws Exception {
    String lua = backend.startsWith("{") ? backend : "'" + backend + "'";
    Place place = place(lua);
    assertEquals(protocol, place.protocol());
    assertEquals(text, place.text());
  }

  private Place place(String backend) throws Exception {
    var config = ConfigFile.in(directory, LISTEN, "backends = { " + backend + " }").load();
    return Objects.requireNonNull(config.slots().get(0).place());
  }

  @Test
  void isPartOfWhatAPlaceIs() throws Exception {
    var slots =
        ConfigFile.in(
                directory,
                LISTEN,
                "backends = { '127.0.0.1:3031', 'uwsgi:127.0.0.1:3031',",
                "  { name = 'a', address = '127.0.0.1:3031', protocol = 'uwsgi' } }")
            .load()
            .slots();
    assertNotEquals(slots.get(0).place(), slots.get(1).place());
    assertSame(slots.get(1).place(), slots.get(2).place());
  }

  @Test
  void aNameIsResolvedBehindThePrefix() throws Exception {
    Place place = place("'uwsgi:localhost:3031'");
    assertEquals("uwsgi:localhost:3031", place.text());
    assertEquals(3031, Objects.requireNonNull(place.address()).getPort());
  }

  @Test
  void aHostMayHaveTheNameOfTheProtocol() {
    assertEquals(Protocol.HTTP, Protocol.ofText("uwsgi:3031"));
    assertEquals("uwsgi:3031", Protocol.addressIn("uwsgi:3031"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"uwsgi:10.0.0.1:3031", "uwsgi:unix:/run/a.sock"})
  void aScriptMayNameSuchAPlace(String text) {
    Place place = Place.ofLiteral(text, null);
    assertEquals(text, String.valueOf(place));
    assertEquals(Protocol.UWSGI, Objects.requireNonNull(place).protocol());
  }

  @ParameterizedTest
  @ValueSource(strings = {"uwsgi:", "uwsgi:name:80", "uwsgi:unix:a", "uwsgi:uwsgi:10.0.0.1:80"})
  void aScriptMayNotNameWhatIsNone(String text) {
    assertNull(Place.ofLiteral(text, null));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{ address = 'uwsgi:10.0.0.1:80', protocol = 'http' } |"
            + " backends[1].address: \"uwsgi:10.0.0.1:80\""
            + " (expected: an address without uwsgi:, because protocol is \"http\")",
        "{ address = '10.0.0.1:80', protocol = 'fastcgi' } |"
            + " backends[1].protocol: \"fastcgi\" (expected: \"http\", \"https\", \"h2c\", \"h2\" or \"uwsgi\")",
        "{ address = '10.0.0.1:80', protocol = 1 } |"
            + " backends[1].protocol: 1 (expected: \"http\", \"https\", \"h2c\", \"h2\" or \"uwsgi\")",
      },
      quoteCharacter = '`')
  void whatIsWrongIsTold(String backend, String problem) throws Exception {
    assertEquals(
        List.of("backends.lua:2: " + problem),
        ConfigFile.in(directory, LISTEN, "backends = { " + backend + " }").problems());
  }
}
