// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.exchange.Ending;
import dev.rsp.net.Transport;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A PROXY header in clear in front of TLS, as HAProxy in its mode tcp sends it. */
@Timeout(60)
final class ProxyProtocolTlsTest {
  private static final String LISTEN =
      "listen = { address = '127.0.0.1:0', proxy_protocol = '127.0.0.0/8' }";
  private static final String GET = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @ParameterizedTest
  @MethodSource("dev.rsp.worker.Rig#transports")
  void theHandshakeFollowsTheHeader(Transport transport) throws Exception {
    try (var tls = new TestTls("a.example");
        var rig = new Rig(transport, tls, LISTEN);
        Socket plain = new Socket(InetAddress.getLoopbackAddress(), rig.port())) {
      plain.getOutputStream().write(ascii("PROXY TCP4 192.0.2.1 198.51.100.2 56580 443\r\n"));
      try (SSLSocket client = tls.over(plain, "a.example")) {
        client.getOutputStream().write(ascii(GET));
        Peer backend = rig.backend();
        String request = backend.head();
        assertTrue(request.contains("\r\nX-Forwarded-For: 192.0.2.1\r\n"), request);
        assertTrue(request.contains("\r\nX-Forwarded-Proto: https\r\n"), request);
        backend.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        byte[] status = client.getInputStream().readNBytes(15);
        assertEquals("HTTP/1.1 200 OK", new String(status, StandardCharsets.US_ASCII));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.rsp.worker.Rig#transports")
  void aHandshakeWithoutAHeaderIsRefused(Transport transport) throws Exception {
    try (var tls = new TestTls("a.example");
        var rig = new Rig(transport, tls, LISTEN);
        Socket plain = new Socket(InetAddress.getLoopbackAddress(), rig.port())) {
      plain.getOutputStream().write(new byte[] {0x16, 3, 1, 0, 5});
      rig.awaitEnding(Ending.PROXY_HEADER);
      assertEquals(-1, plain.getInputStream().read());
    }
  }
}
