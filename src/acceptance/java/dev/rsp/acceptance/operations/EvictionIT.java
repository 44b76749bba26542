// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import dev.rsp.acceptance.rig.Transports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Idle clients give way to new ones, on whichever loop they are. */
@Isolated("loads or measures the machine")
@Timeout(300)
final class EvictionIT {
  static List<String> transports() {
    return Transports.available();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void whenAllPlacesAreTakenByIdleClientsANewOneIsServed(String transport, @TempDir Path directory)
      throws IOException {
    try (RawBackend backend = RawBackend.named("one");
        Rsp rsp =
            Rsp.serving(
                directory,
                "loops = 8\nlimits = { connections = 4 }\n" + Rsp.oneBackend(backend.address()),
                "--transport",
                transport)) {
      serveEach(rsp, 100);
      assertTrue(rsp.log().contains("idle connections closed for others"), rsp::log);
      assertEquals(null, rsp.stop().get("limit_connections"), rsp::toString);
    }
  }

  /** All loops are asked, and none has an idle client. */
  @ParameterizedTest
  @MethodSource("transports")
  void whenAllPlacesAreTakenByRequestsANewClientIsRefused(String transport, @TempDir Path directory)
      throws IOException {
    try (ServerSocket backend = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Rsp rsp =
            Rsp.serving(
                directory,
                "loops = 8\nlimits = { connections = 2, slot_share = 100 }\n"
                    + Rsp.oneBackend("127.0.0.1:" + backend.getLocalPort()),
                "--transport",
                transport);
        RawClient first = rsp.connect();
        Socket firstRequest = ask(first, backend);
        RawClient second = rsp.connect();
        Socket secondRequest = ask(second, backend)) {
      for (int i = 0; i < 20; i++) {
        assertEquals(503, rsp.get("one", "/").status());
      }
      answer(firstRequest);
      assertEquals(204, first.read().status());
      answer(secondRequest);
      assertEquals(204, second.read().status());
    }
  }

  /** Sends a request, which has come to the backend when this returns. */
  private static Socket ask(RawClient client, ServerSocket backend) throws IOException {
    client.send("GET / HTTP/1.1\r\nHost: one\r\n\r\n");
    Socket request = backend.accept();
    assertEquals('G', request.getInputStream().read());
    return request;
  }

  private static void answer(Socket request) throws IOException {
    request
        .getOutputStream()
        .write("HTTP/1.1 204 No Content\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
  }

  /** There are fewer descriptors than clients, though the configuration allows more. */
  @ParameterizedTest
  @MethodSource("transports")
  void whenTheDescriptorsAreTakenByIdleClientsANewOneIsServed(
      String transport, @TempDir Path directory) throws IOException {
    try (RawBackend backend = RawBackend.named("one");
        Rsp rsp =
            Rsp.servingWithDescriptors(
                256,
                directory,
                "loops = 2\n" + Rsp.oneBackend(backend.address()),
                "--transport",
                transport)) {
      serveEach(rsp, 600);
      assertTrue(rsp.log().contains("short_of=descriptors"), rsp::log);
    }
  }

  /** Clients that each have one answer, and then stay as long as they may. */
  private static void serveEach(Rsp rsp, int count) throws IOException {
    List<RawClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        RawClient client = rsp.connect();
        clients.add(client);
        assertEquals(200, client.get("one", "/").status(), () -> "after " + clients.size() + rsp);
      }
    } finally {
      for (RawClient client : clients) {
        client.close();
      }
    }
  }
}
