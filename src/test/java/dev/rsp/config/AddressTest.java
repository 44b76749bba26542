// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTest {
  @ParameterizedTest
  @CsvSource({
    "10.0.0.11:80, 10.0.0.11, 80",
    "0.0.0.0:65535, 0.0.0.0, 65535",
    "255.255.255.255:1, 255.255.255.255, 1",
    "[::]:8080, ::, 8080",
    "[::1]:80, ::1, 80",
    "[2001:DB8::1]:80, 2001:db8::1, 80",
    "[::ffff:10.0.0.1]:80, 10.0.0.1, 80",
  })
  void anIpAddressIsTakenAsItIs(String text, String ip, int port) throws Exception {
    assertEquals(
        new InetSocketAddress(ConfigFile.ip(ip), port),
        assertInstanceOf(Address.Literal.class, Address.parse(text, 1)).socket());
  }

  @ParameterizedTest
  @CsvSource({
    "localhost:8080, localhost, 8080",
    "App-1.Example.com:80, App-1.Example.com, 80",
    "app.example.com.:80, app.example.com., 80",
    "my_service:80, my_service, 80",
    "3com.com:80, 3com.com, 80",
    "1.2.3.4.example:80, 1.2.3.4.example, 80",
    "xn--bcher-kva.example:80, xn--bcher-kva.example, 80",
  })
  void aNameIsLeftToBeResolved(String text, String name, int port) {
    assertEquals(new Address.Named(name, port), Address.parse(text, 1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/run/rsp.sock", "/a", "/run/app/www.example.com.sock", "/..a/b..", "/a:80"})
  void aUnixPathIsTakenAsItIs(String path) {
    assertEquals(new Address.Unix(path), Address.parse("unix:" + path, 1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        ":80",
        "*:80",
        "80",
        "localhost",
        "localhost:",
        "localhost:http",
        "localhost:080",
        "localhost:+80",
        "localhost:-1",
        "localhost: 80",
        "localhost:0",
        "localhost:65536",
        "localhost:99999999999",
        " localhost:80",
        "local host:80",
        "local\nhost:80",
        "-a:80",
        "a-:80",
        "a..b:80",
        ".a:80",
        "..:80",
        "b\u00fccher.example:80",
        "10.0.0.300:80",
        "10.0.0:80",
        "10.0.0.1.2:80",
        "10.0.0.01:80",
        "0x7f.1:80",
        "1:80",
        "10.0.0.1.:80",
        "::1",
        "::1:80",
        "[::1]",
        "[::1]80",
        "[::1:80",
        "[]:80",
        "[:::1]:80",
        "[[::1]]:80",
        "[10.0.0.1]:80",
        "[localhost]:80",
        "[fe80::1%no-such-zone]:80",
        "http://localhost:80",
        "localhost:80/path",
        "user@localhost:80",
        "unix:",
        "unix:/",
        "unix:run/rsp.sock",
        "unix:/run/",
        "unix:/run/a b",
        "unix:/run/a\0b",
        "unix:/run/a\nb",
        "unix:/run/../etc/x",
        "unix:/run/..",
        "unix:@abstract",
        "UNIX:/run/rsp.sock",
      })
  void whatIsNoAddressIsRefused(String text) {
    assertInstanceOf(Address.Invalid.class, Address.parse(text, 1));
  }

  @Test
  void aUnixPathHasRoomFor107Bytes() {
    assertInstanceOf(Address.Unix.class, Address.parse("unix:/" + "a".repeat(106), 1));
    assertInstanceOf(Address.Invalid.class, Address.parse("unix:/" + "a".repeat(107), 1));
  }

  @Test
  void aNameHasRoomFor253CharactersInLabelsOf63() {
    String label = "a".repeat(63);
    String longest = label + "." + label + "." + label + "." + "a".repeat(61);
    assertInstanceOf(Address.Named.class, Address.parse(longest + ":80", 1));
    assertInstanceOf(Address.Named.class, Address.parse(longest + ".:80", 1));
    assertInstanceOf(Address.Invalid.class, Address.parse(longest + "a:80", 1));
    assertInstanceOf(Address.Invalid.class, Address.parse(label + "a:80", 1));
  }

  @Test
  void portZeroIsTakenWhereTheSystemMayChoose() {
    assertInstanceOf(Address.Literal.class, Address.parse("127.0.0.1:0", 0));
    assertInstanceOf(Address.Invalid.class, Address.parse("127.0.0.1:00", 0));
  }

  @Test
  void aScriptMayNameAPlaceThatNeedsNoLookUp() throws Exception {
    Place socket = requireNonNull(Place.ofLiteral("unix:/run/app/www.example.com.sock", null));
    assertEquals("/run/app/www.example.com.sock", socket.unixPath());
    assertEquals("unix:/run/app/www.example.com.sock", socket.text());
    Place port = requireNonNull(Place.ofLiteral("127.0.0.1:80", null));
    assertEquals(new InetSocketAddress(ConfigFile.ip("127.0.0.1"), 80), port.address());
    assertNull(Place.ofLiteral("localhost:80", null));
    assertNull(Place.ofLiteral("unix:/run/app/../x.sock", null));
    assertNull(Place.ofLiteral("live2", null));
  }
}
