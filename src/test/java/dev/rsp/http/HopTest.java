// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a hop says of its client, to scripts and to backends. */
@Timeout(60)
final class HopTest {
  private static Hop hop(String ip) {
    InetSocketAddress client =
        new InetSocketAddress(
            Objects.requireNonNull(NetUtil.createInetAddressFromIpAddressString(ip)), 4711);
    return new Hop("http", client, () -> new InetSocketAddress(8080));
  }

  private static String lines(Hop hop, boolean http10, String viaName) {
    return new String(hop.fieldLines(http10, viaName), StandardCharsets.US_ASCII);
  }

  private static String expected(String via, String client) {
    return "Via: %s\r\nX-Forwarded-For: %s\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: "
        .formatted(via, client);
  }

  @ParameterizedTest
  @CsvSource({"192.0.2.1, 192.0.2.1", "2001:DB8:0:0:0:0:0:1, 2001:db8::1"})
  void namesAClientByItsAddress(String ip, String text) {
    Hop hop = hop(ip);
    assertEquals(text, hop.text());
    assertEquals(text, hop.client());
    assertEquals(4711, hop.clientPort());
    assertEquals(8080, hop.serverPort());
    assertEquals(expected("1.1 rsp", text), lines(hop, false, "rsp"));
  }

  @Test
  void aClientOfAUnixSocketHasNoAddressAndNoPort() {
    Hop hop = new Hop("http", null, () -> null);
    assertEquals("unix:", hop.text());
    assertEquals("unknown", hop.client());
    assertEquals(0, hop.clientPort());
    assertEquals(0, hop.serverPort());
    assertEquals(expected("1.1 rsp", "unknown"), lines(hop, false, "rsp"));
  }

  /** They are made once for the requests of a connection, whose version and proxy can change. */
  @Test
  void makesFieldLinesAgainForAnotherVersionOrAnotherNameOfTheProxy() {
    Hop hop = hop("192.0.2.1");
    byte[] first = hop.fieldLines(false, "rsp");
    assertSame(first, hop.fieldLines(false, "rsp"));
    assertEquals(expected("1.0 rsp", "192.0.2.1"), lines(hop, true, "rsp"));
    assertEquals(expected("1.0 other", "192.0.2.1"), lines(hop, true, "other"));
    assertEquals(expected("1.1 other", "192.0.2.1"), lines(hop, false, "other"));
  }
}
