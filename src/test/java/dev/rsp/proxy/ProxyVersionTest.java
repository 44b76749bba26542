// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.http.Parsed;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Headers of the PROXY protocol as rsp writes them. */
@Timeout(20)
final class ProxyVersionTest {
  private static final InetSocketAddress CLIENT = new InetSocketAddress("192.0.2.1", 56580);
  private static final InetSocketAddress CLIENT6 = new InetSocketAddress("2001:db8::1", 56580);
  private static final InetSocketAddress HERE = new InetSocketAddress("198.51.100.2", 443);
  private static final InetSocketAddress HERE6 = new InetSocketAddress("2001:db8::2", 443);
  private static final UnixDomainSocketAddress UNIX = UnixDomainSocketAddress.of("/run/a.sock");

  private static String text(
      @Nullable InetSocketAddress source, @Nullable SocketAddress destination) {
    return new String(ProxyVersion.V1.header(source, destination), StandardCharsets.US_ASCII);
  }

  private static String hex(
      @Nullable InetSocketAddress source, @Nullable SocketAddress destination) {
    return HexFormat.of().formatHex(ProxyVersion.V2.header(source, destination));
  }

  @Test
  void aLineNamesBothAddresses() {
    assertEquals("PROXY TCP4 192.0.2.1 198.51.100.2 56580 443\r\n", text(CLIENT, HERE));
    assertEquals("PROXY TCP6 2001:db8::1 2001:db8::2 56580 443\r\n", text(CLIENT6, HERE6));
  }

  @Test
  void addressesOfTwoFamiliesAreWrittenAsIpv6() {
    assertEquals("PROXY TCP6 ::ffff:192.0.2.1 2001:db8::2 56580 443\r\n", text(CLIENT, HERE6));
    assertEquals("PROXY TCP6 2001:db8::1 ::ffff:198.51.100.2 56580 443\r\n", text(CLIENT6, HERE));
  }

  @Test
  void aClientWithoutAddressIsUnknown() {
    assertEquals("PROXY UNKNOWN\r\n", text(null, UNIX));
    assertEquals("PROXY UNKNOWN\r\n", text(null, HERE));
    assertEquals("0d0a0d0a000d0a515549540a" + "20000000", hex(null, UNIX));
  }

  @Test
  void aClientThatAUnixPeerNamesHasConnectedToNoAddress() {
    assertEquals("PROXY TCP4 192.0.2.1 0.0.0.0 56580 0\r\n", text(CLIENT, UNIX));
    assertEquals("PROXY TCP6 2001:db8::1 :: 56580 0\r\n", text(CLIENT6, null));
  }

  @Test
  void aBlockNamesBothAddresses() {
    assertEquals(
        "0d0a0d0a000d0a515549540a" + "2111000c" + "c0000201" + "c6336402" + "dd0401bb",
        hex(CLIENT, HERE));
    assertEquals(
        "0d0a0d0a000d0a515549540a"
            + "21210024"
            + "00000000000000000000ffffc0000201"
            + "20010db8000000000000000000000002"
            + "dd0401bb",
        hex(CLIENT, HERE6));
  }

  @ParameterizedTest
  @EnumSource
  void whatIsWrittenIsReadAgain(ProxyVersion version) {
    for (InetSocketAddress source : new InetSocketAddress[] {CLIENT, CLIENT6}) {
      for (InetSocketAddress destination : new InetSocketAddress[] {HERE, HERE6}) {
        byte[] header = version.header(source, destination);
        assertEquals(
            ProxyHeader.of(header.length, source, destination),
            ProxyHeaderReader.read(Unpooled.wrappedBuffer(header)));
      }
    }
    assertEquals(
        Parsed.DONE,
        ProxyHeaderReader.read(Unpooled.wrappedBuffer(version.header(null, null))).parsed());
  }
}
