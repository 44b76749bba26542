// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.net.Transport;
import java.net.Socket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Clients that speak TLS. */
@Timeout(60)
final class TlsTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  @ParameterizedTest
  @MethodSource("dev.rsp.worker.Rig#transports")
  void aRequestIsServedAndTheBackendIsToldTheScheme(Transport transport) throws Exception {
    try (var tls = new TestTls("a.example");
        var rig = new Rig(transport, tls)) {
      Peer client = rig.client(GET);
      Peer backend = rig.backend();
      String request = backend.head();
      assertTrue(request.contains("\r\nX-Forwarded-Proto: https\r\n"), request);
      backend.send(OK);
      client.head();
      client.expect("ok");
      client.send(GET);
      backend.head();
      backend.send(OK);
      client.head();
      client.expect("ok");
    }
  }

  @ParameterizedTest
  @MethodSource("dev.rsp.worker.Rig#transports")
  void aSessionIsTls13(Transport transport) throws Exception {
    try (var tls = new TestTls("a.example");
        var rig = new Rig(transport, tls);
        Socket plain = new Socket(rig.address(), rig.port());
        SSLSocket client = tls.over(plain, "a.example")) {
      client.startHandshake();
      assertEquals("TLSv1.3", client.getSession().getProtocol());
    }
  }
}
