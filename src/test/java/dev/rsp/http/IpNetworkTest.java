// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Addresses, networks, and the peers in them. */
@Timeout(60)
final class IpNetworkTest {
  private static IpNetwork network(String text) {
    return Objects.requireNonNull(IpNetwork.parse(text), text);
  }

  private static IpAddress address(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    return Objects.requireNonNull(IpAddress.parse(bytes, 0, bytes.length), text);
  }

  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource({
    "10.0.0.0/8, 10.0.0.0/8",
    "0.0.0.0/0, 0.0.0.0/0",
    "192.0.2.1, 192.0.2.1/32",
    "192.0.2.1/32, 192.0.2.1/32",
    "2001:DB8::/32, 2001:db8::/32",
    "::/0, ::/0",
    "::1, ::1/128",
    "2001:db8::1/128, 2001:db8::1/128",
    "2001:db8:0:0:8000::/65, 2001:db8:0:0:8000::/65",
    // An IPv4-mapped address is the IPv4 address.
    "::ffff:10.0.0.0/104, 10.0.0.0/8",
  })
  void parses(String text, String written) {
    IpNetwork network = network(text);
    assertEquals(written, network.text());
    assertTrue(network.isExact());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "/8",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/08",
        "10.0.0.0/-1",
        "10.0.0.0/0128",
        "10.0.0.0/8/8",
        "10.0.0.0/ 8",
        "10.0.0.0/8x",
        "10.0.0/8",
        "10.0.0.256/8",
        "10.0.0.00/8",
        "::/129",
        "[::1]",
        "[::1]/128",
        "::1%lo",
        "localhost",
        "unix",
        "*",
        "10.*",
        "::g/1",
        "10.0.0.0/255.0.0.0",
        "10.0.0.0/8:",
        "\u0661.1.1.1",
        "10.0.0.0/\u0668",
      })
  void refuses(String text) {
    assertNull(IpNetwork.parse(text));
  }

  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource({
    "10.1.2.3/8, 10.0.0.0/8",
    "10.0.0.1/31, 10.0.0.0/31",
    "192.0.2.1/0, 0.0.0.0/0",
    "2001:db8::1/32, 2001:db8::/32",
    "2001:db8:0:0:8000::1/65, 2001:db8:0:0:8000::/65",
    "ffff::/1, 8000::/1",
    "::1/0, ::/0",
  })
  void knowsTheNetworkOfAnAddressWithBitsBeyondThePrefix(String text, String exact) {
    assertFalse(network(text).isExact());
    assertEquals(exact, network(text).exact().text());
  }

  @ParameterizedTest(name = "{0} contains {1}: {2}")
  @CsvSource({
    "10.0.0.0/8, 10.0.0.0, true",
    "10.0.0.0/8, 10.255.255.255, true",
    "10.0.0.0/8, 11.0.0.0, false",
    "10.0.0.0/8, 9.255.255.255, false",
    "10.0.0.0/8, a00::, false",
    "10.0.0.0/8, ::ffff:10.1.2.3, true",
    "10.0.0.0/31, 10.0.0.1, true",
    "10.0.0.0/31, 10.0.0.2, false",
    "10.0.0.1, 10.0.0.1, true",
    "10.0.0.1, 10.0.0.0, false",
    "0.0.0.0/0, 192.0.2.1, true",
    "0.0.0.0/0, 2001:db8::1, false",
    "0.0.0.0/0, ::1, false",
    "2001:db8::/32, 2001:db8:ffff::1, true",
    "2001:db8::/32, 2001:db9::, false",
    "2001:db8::/64, 2001:db8::ffff:0:0:1, true",
    "2001:db8::/64, 2001:db8:0:1::, false",
    "2001:db8::/65, 2001:db8::8000:0:0:0, false",
    "2001:db8::/65, 2001:db8::7fff:0:0:0, true",
    // All of IPv6, and nothing of IPv4.
    "::/0, 2001:db8::1, true",
    "::/0, 192.0.2.1, false",
    "::/95, 192.0.2.1, false",
  })
  void contains(String network, String address, boolean contained) {
    assertEquals(contained, network(network).contains(address(address)));
    var proxies =
        new TrustedProxies(false, false, List.of(network("198.51.100.0/24"), network(network)));
    assertEquals(contained, proxies.contains(address(address)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"192.0.2.1", "0.0.0.0", "2001:db8::1", "::1", "::", "1:2:3:4:5:6:7:8"})
  void isTheSameAsTheAddressOfASocket(String text) throws Exception {
    InetAddress java = InetAddress.getByName(text);
    IpAddress address = address(text);
    assertEquals(address, IpAddress.of(java));
    assertEquals(java, address.toInetAddress());
    assertEquals(text, address.text());
  }

  @Test
  void trustsPeersByTheirNetworkOrTheirSocket() throws Exception {
    var tcp = new InetSocketAddress(InetAddress.getByName("10.1.2.3"), 4711);
    var other = new InetSocketAddress(InetAddress.getByName("192.0.2.1"), 4711);
    var unix = UnixDomainSocketAddress.of("/s");
    List<IpNetwork> ten = List.of(network("10.0.0.0/8"));

    var networks = new TrustedProxies(false, false, ten);
    assertTrue(networks.trusts(tcp));
    assertFalse(networks.trusts(other));
    assertFalse(networks.trusts(unix));
    assertFalse(networks.trusts(null));

    var sockets = new TrustedProxies(false, true, List.of());
    assertFalse(sockets.trusts(tcp));
    assertTrue(sockets.trusts(unix));
    assertTrue(sockets.trusts(null));

    for (var peer : new @Nullable SocketAddress[] {tcp, other, unix, null}) {
      assertTrue(TrustedProxies.EVERY_PEER.trusts(peer));
      assertFalse(TrustedProxies.NONE.trusts(peer));
    }
  }
}
