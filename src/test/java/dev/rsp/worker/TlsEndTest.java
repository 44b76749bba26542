// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.net.Transport;
import java.net.Socket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The ends of connections whose TLS has failed. Both sides close them at once (RFC 8446 §6.2), and
 * clients see it although they keep their sockets open.
 */
@Timeout(60)
final class TlsEndTest {
  @ParameterizedTest
  @MethodSource("dev.rsp.worker.Rig#transports")
  void aHandshakeThatFailsEndsTheConnection(Transport transport) throws Exception {
    try (var tls = new TestTls("a.example");
        var rig = new Rig(transport, tls);
        Socket client = new Socket(rig.address(), rig.port())) {
      client.setSoTimeout(Peer.PATIENCE_MILLIS);
      client.getOutputStream().write(TlsTest.hello(1));
      byte[] alert = client.getInputStream().readAllBytes();
      assertEquals(7, alert.length);
      rig.await("no client left", () -> rig.clients() == 0);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.rsp.worker.Rig#transports")
  void aBrokenRecordEndsTheConnection(Transport transport) throws Exception {
    try (var tls = new TestTls("a.example");
        var rig = new Rig(transport, tls);
        Socket raw = new Socket(rig.address(), rig.port());
        SSLSocket client = tls.over(raw, "a.example")) {
      raw.setSoTimeout(Peer.PATIENCE_MILLIS);
      client.startHandshake();
      byte[] record = new byte[45];
      record[0] = 23; // application data: RFC 8446 §5.1
      record[1] = 3;
      record[2] = 3;
      record[4] = 40;
      raw.getOutputStream().write(record);
      raw.getInputStream().readAllBytes(); // an alert, and the end
      rig.await("no client left", () -> rig.clients() == 0);
    }
  }
}
