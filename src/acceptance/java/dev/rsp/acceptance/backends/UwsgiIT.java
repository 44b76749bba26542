// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.backends;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.acceptance.rig.Blob;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import dev.rsp.acceptance.rig.Uwsgi;
import dev.rsp.acceptance.rig.Wire;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Applications in a real uWSGI, over the uwsgi protocol on a Unix socket and on a port. */
final class UwsgiIT {
  private static final long KIB = 1024;
  private static final long MIB = 1024 * KIB;

  private static Path directory;
  @AutoClose private static Uwsgi uwsgi;
  @AutoClose private static Rsp rsp;

  /** Each host is the name of a slot; only the place of "app" is computed from its name. */
  @BeforeAll
  static void start(@TempDir Path temporary) throws IOException {
    directory = temporary;
    uwsgi = Uwsgi.serving(directory, "app.sock");
    rsp =
        Rsp.serving(
            directory,
            "listen = \"127.0.0.1:0\"\nbackends = {\n"
                + Rsp.slot("unix", uwsgi.unixPlace())
                + Rsp.slot("tcp", uwsgi.tcpPlace())
                + "}\nfunction select(request)\n"
                + "  if request.host == 'unix' or request.host == 'tcp' then\n"
                + "    return request.host\n"
                + "  end\n  return 'uwsgi:unix:"
                + directory
                + "/' .. request.host .. '.sock'\nend\n");
  }

  static Stream<Arguments> bodies() {
    return Stream.of("unix", "tcp", "app")
        .flatMap(host -> Stream.of(0L, KIB, MIB, 20 * MIB).map(size -> Arguments.of(host, size)));
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void aResponseWithItsLengthArrivesAsItWasSent(String host, long length) throws IOException {
    Blob.file(directory, length);
    assertEquals(Blob.sum(length), download(host, "/length/" + length));
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void aResponseWithoutLengthArrivesAsItWasSent(String host, long length) throws IOException {
    Blob.file(directory, length);
    assertEquals(Blob.sum(length), download(host, "/stream/" + length));
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void aRequestArrivesAsItWasSent(String host, long length) throws IOException {
    try (RawClient client = rsp.connect()) {
      assertEquals(Blob.received(length), client.upload(host, length));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, KIB, 300 * KIB, MIB})
  void aChunkedRequestArrivesWithItsLength(long length) throws IOException {
    try (RawClient client = rsp.connect()) {
      for (String host : new String[] {"unix", "tcp"}) { // on one connection
        client.sendChunked(host, length);
        assertEquals(Blob.received(length), client.read().body());
      }
    }
  }

  @Test
  void aChunkedRequestThatIsTooLargeToHoldIsRefused() throws IOException {
    try (RawClient client = rsp.connect()) {
      client.sendChunked("app", MIB + 1);
      assertEquals(413, client.read().status());
    }
  }

  @Test
  void aClientThatExpectsAContinueGetsOne() throws IOException {
    try (RawClient client = rsp.connect()) {
      client.send("POST /sum HTTP/1.1\r\nHost: app\r\nContent-Length: 1024\r\n");
      client.send("Expect: 100-continue\r\n\r\n");
      assertEquals("HTTP/1.1 100 Continue", client.wire().head().strip());
      Blob.write(KIB, client.wire().out());
      assertEquals(Blob.received(KIB), client.read().body());
    }
  }

  @Test
  void aResponseToHeadHasNoBodyAndTheConnectionGoesOn() throws IOException {
    Blob.file(directory, MIB);
    try (RawClient client = rsp.connect()) {
      for (int i = 0; i < 3; i++) {
        client.send("HEAD /length/" + MIB + " HTTP/1.1\r\nHost: app\r\n\r\n");
        assertEquals("" + MIB, Wire.field(client.wire().head(), "Content-Length"));
        assertEquals(200, client.get("app", "/env").status());
      }
    }
  }

  @Test
  void aSlowReaderGetsAllOfIt() throws IOException {
    Blob.file(directory, 11 * MIB);
    try (RawClient client = rsp.connect()) {
      Blob.Sum sum = new Blob.Sum();
      client.download("app", "/length/" + 11 * MIB, Blob.slowly(sum));
      assertEquals(Blob.sum(11 * MIB), sum.hex());
    }
  }

  @Test
  void theApplicationKnowsWhatTheClientSent() throws IOException {
    try (RawClient client = rsp.connect()) {
      client.send(
          String.join(
              "\r\n",
              "GET /a%2Fb/caf%C3%A9;x=1?q=%20&q=2 HTTP/1.1",
              "Host: App:80",
              "Cookie: a=1",
              "Cookie: b=2",
              "X-List: 1",
              "X-List: 2",
              "Proxy: evil",
              "X_Under: no",
              "Authorization: Basic eA==",
              "",
              ""));
      String known = client.read().body();
      for (String expected :
          new String[] {
            "\"PATH_INFO\": \"/a/b/caf\\u00c3\\u00a9;x=1\"",
            "\"REQUEST_URI\": \"/a%2Fb/caf%C3%A9;x=1?q=%20&q=2\"",
            "\"QUERY_STRING\": \"q=%20&q=2\"",
            "\"HTTP_HOST\": \"App:80\"",
            "\"SERVER_NAME\": \"app\"",
            "\"HTTP_COOKIE\": \"a=1; b=2\"",
            "\"HTTP_X_LIST\": \"1, 2\"",
            "\"HTTP_AUTHORIZATION\": \"Basic eA==\"",
            "\"HTTP_X_FORWARDED_FOR\": \"127.0.0.1\"",
            "\"REMOTE_ADDR\": \"127.0.0.1\"",
            "\"wsgi.url_scheme\": \"http\"",
          }) {
        assertTrue(known.contains(expected), expected + " in " + known);
      }
      assertTrue(!known.contains("evil") && !known.contains("UNDER"), known);
    }
  }

  @Test
  void cookiesStayApart() throws IOException {
    String head = rsp.get("app", "/cookies").head();
    assertTrue(head.contains("Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n"), head);
  }

  @ParameterizedTest
  @ValueSource(strings = {"unix", "tcp"})
  void theResponseOfAnApplicationThatReadsNoBodyArrives(String host) throws IOException {
    try (RawClient client = rsp.connect()) {
      client.send("POST /ignore HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 1024\r\n\r\n");
      Blob.write(KIB, client.wire().out());
      assertEquals("ignored", client.read().body());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"unix", "tcp"})
  void anApplicationThatDiesBeforeItsResponseIsABadGateway(String host) throws IOException {
    assertEquals(502, rsp.get(host, "/die").status());
    assertEquals(200, rsp.get(host, "/env").status());
  }

  @ParameterizedTest
  @ValueSource(strings = {"unix", "tcp"})
  void anApplicationThatDiesInItsResponseIsSeenByTheClient(String host) throws IOException {
    try (RawClient client = rsp.connect()) {
      client.send("GET /die-in-body HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
      String head = client.wire().head();
      assertEquals("1000000", Wire.field(head, "Content-Length"));
      assertThrows(
          EOFException.class,
          () -> client.wire().body(head, false, OutputStream.nullOutputStream()));
    }
    assertEquals(200, rsp.get(host, "/env").status());
  }

  /** When the queue of a Unix socket is full, connect(2) fails with EAGAIN. */
  @Test
  void aBurstThatItsQueueCannotHoldIsServedInTurn() throws IOException {
    List<RawClient> burst = new ArrayList<>();
    try {
      for (int i = 0; i < 10 * Uwsgi.QUEUE; i++) {
        RawClient client = rsp.connect();
        burst.add(client);
        client.send("GET /slow HTTP/1.1\r\nHost: unix\r\n\r\n");
      }
      for (RawClient client : burst) {
        assertEquals(200, client.read().status());
      }
    } finally {
      for (RawClient client : burst) {
        client.close();
      }
    }
  }

  @Test
  void aSocketThatIsNotThereIsABadGateway() throws IOException {
    assertEquals(502, rsp.get("another", "/").status());
  }

  private static String download(String host, String path) throws IOException {
    try (RawClient client = rsp.connect()) {
      return client.sum(host, path);
    }
  }
}
