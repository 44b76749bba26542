// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import dev.rsp.net.Transport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What {@code hash.bounded} knows of the requests in flight, and does with it. */
final class LoadsTest {
  private static final String SELECT = "function select(r) return hash.bounded(r.host, 1) end";

  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }

  @ParameterizedTest
  @MethodSource("dev.rsp.worker.Rig#transports")
  void ofTwoRequestsAtATimeEachBackendGetsOne(Transport transport) throws Exception {
    try (var rig = new Rig(transport, SELECT)) {
      Peer one = rig.client(get("/"));
      Peer two = rig.client(get("/"));
      Peer first = rig.backend(1);
      Peer second = rig.backend(2);
      first.send(OK);
      second.send(OK);
      one.head("HTTP/1.1 200 OK");
      two.head("HTTP/1.1 200 OK");
    }
  }

  @ParameterizedTest
  @MethodSource("dev.rsp.worker.Rig#transports")
  void whatHasEndedInWhateverWayCountsNoMore(Transport transport) throws Exception {
    try (var rig = new Rig(transport, SELECT)) {
      Peer client = rig.client(get("/first"));
      Peer backend = rig.anyBackend();
      backend.head("GET /first HTTP/1.1");
      backend.send(OK);
      client.head("HTTP/1.1 200 OK");
      client.send("POST" + get("/").substring(3));
      backend.head("POST / HTTP/1.1");
      backend.close();
      client.expectRefusal(502, "the backend closed the connection without an answer");
      // If any of those still counted, the other backend would be asked in between.
      int index = backend.socket().getLocalPort() == rig.backendPort(1) ? 1 : 2;
      for (int i = 0; i < 4; i++) {
        Peer next = rig.client(get("/next"));
        Peer same = rig.backend(index);
        same.head("GET /next HTTP/1.1");
        same.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        next.head("HTTP/1.1 200 OK");
        same.close();
      }
    }
  }
}
