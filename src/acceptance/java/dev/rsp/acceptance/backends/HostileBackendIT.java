// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.backends;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import dev.rsp.acceptance.rig.Wire;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The worst responses of HostileBackendTest, against the packaged program: the client gets a 502,
 * or sees that its response was cut, and the next client gets its own answer. In tables, "|" is a
 * line end, and "!" at the end is a reset instead of an orderly end.
 */
@Timeout(300)
final class HostileBackendIT {
  private static volatile String answer = "";

  @AutoClose private static RawBackend backend;
  @AutoClose private static Rsp rsp;

  @BeforeAll
  static void start(@TempDir Path directory) throws IOException {
    backend = RawBackend.holding(HostileBackendIT::hold);
    rsp = Rsp.serving(directory, Rsp.oneBackend(backend.address()) + "loops = 1\n");
  }

  private static void hold(Wire wire) throws IOException {
    String target = RawBackend.target(wire.head());
    if (target.equals("/next")) {
      wire.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nmine");
      return;
    }
    String text = answer;
    boolean resets = text.endsWith("!");
    String whole = resets ? text.substring(0, text.length() - 1) : text;
    wire.send(whole.replace("|", "\r\n"));
    if (resets) {
      wire.reset();
    } else {
      wire.halfClose();
      wire.rest();
    }
  }

  /** Has the backend answer with a text; returns all bytes that the client gets for one request. */
  private static String received(String text) throws IOException {
    answer = text;
    String received;
    try (RawClient client = rsp.connect()) {
      client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      received = client.wire().rest();
    }
    Eventually.holds("the end of that backend connection", () -> backend.open() == 0);
    assertEquals("mine", rsp.get("b", "/next").body());
    Eventually.holds("the end of the next connection", () -> backend.open() == 0);
    assertEquals(0, rsp.count("ERROR"), rsp::log);
    return received;
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "!",
        "HTTP/1.1 20!",
        "HTTP/1.1 200 OK|Content-Le",
        "HTTP/1.1 103 Early Hints||",
        "HTTP/1.1 200 OK|Content-Length: 1|Content-Length: 2||ab",
        "HTTP/1.1 200 OK|Content-Length: 3|Transfer-Encoding: chunked||0||",
        "HTTP/1.1 200 OK|Content-Length: -1||",
        "HTTP/1.1 200 OK|Content-Length: 99999999999999999999||",
        "HTTP/1.1 200 OK|Transfer-Encoding: gzip, chunked||0||",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked, gzip, chunked||0||",
        "HTTP/1.0 200 OK|Content-Length: 3|Transfer-Encoding: chunked||0||",
        "HTTP/1.1 200 OK|X: y| folded||",
        "HTTP/1.1 200 OK|X y: z||",
        "HTTP/1.1 200 OK|: empty||",
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        "HTTP/1.1 200 O\rK|Content-Length: 0||",
        "HTTP/1.1 099 Low|Content-Length: 0||",
        "HTTP/1.1 101 Switching Protocols|Upgrade: x|Connection: upgrade||tunnel",
        "HTTP/9.9 200 OK|Content-Length: 0||",
        "SSH-2.0-OpenSSH_9.2|",
        "\u0016\u0003\u0003\0z\u0002\0\0v\u0003\u0003",
        "<html>HTTP/0.9</html>",
      })
  void isA502(String text) throws IOException {
    assertRefused(received(text));
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked, chunked||2|ok|0||",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked|Transfer-Encoding: chunked||2|ok|0||",
        "HTTP/1.0 200 OK|Transfer-Encoding: chunked||2|ok|0||",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked||2  |ok|0  ||",
        "||HTTP/1.1 200 OK|Transfer-Encoding: chunked||2|ok|0||",
      })
  void isWrittenInTheStrictForm(String text) throws IOException {
    String received = received(text);
    assertTrue(received.startsWith("HTTP/1.1 200 OK\r\n"), received);
    assertEquals(2, received.split("(?i)Transfer-Encoding: chunked\r\n", -1).length, received);
    assertTrue(received.endsWith("\r\n\r\n2\r\nok\r\n0\r\n\r\n"), received);
  }

  /** The final response is a 502; interim ones that the backend sent may come before it. */
  private static void assertRefused(String received) {
    String last = received.replaceFirst("^(?:HTTP/1\\.1 103 Early Hints\r\n\r\n)+", "");
    assertTrue(last.startsWith("HTTP/1.1 502 "), received);
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "Content-Length: 10||half",
        "Content-Length: 10||half!",
        "Transfer-Encoding: chunked||4|half|",
        "Transfer-Encoding: chunked||4|half|!",
        "Transfer-Encoding: chunked||4|half|0|",
        "Transfer-Encoding: chunked||4|halfway|0||",
        "Transfer-Encoding: chunked||4|half|0x1|a|0||",
        "Transfer-Encoding: chunked||4|half|FFFFFFFFFFFFFFFF|a",
        "Transfer-Encoding: chunked||4|half|1;a=\"b|c\"|a|0||",
        "Transfer-Encoding: chunked||4|half|0|X y||",
      })
  void isSeenToBeTruncated(String text) throws IOException {
    String received = received("HTTP/1.1 200 OK|" + text);
    if (received.startsWith("HTTP/1.1 502 ")) {
      return;
    }
    if (text.startsWith("C")) {
      assertTrue(received.endsWith("\r\n\r\nhalf"), received);
    } else {
      assertFalse(received.endsWith("0\r\n\r\n"), received);
    }
  }

  @Test
  void aHeadWithoutEndIsA502() throws IOException {
    assertRefused(received("HTTP/1.1 200 OK|" + "X: y|".repeat(10_000)));
    assertRefused(received("HTTP/1.1 103 Early Hints||".repeat(1_000)));
  }

  @Test
  void bytesAfterAResponseReachNoClient() throws IOException {
    String poison = "HTTP/1.1 200 OK|Content-Length: 6||poison";
    for (String first :
        new String[] {
          "HTTP/1.1 204 No Content||", "HTTP/1.1 304 Not Modified|Content-Length: 6||",
          "HTTP/1.1 200 OK|Content-Length: 2||ok", "HTTP/1.1 200 OK|Transfer-Encoding: chunked||0||"
        }) {
      assertFalse(received(first + poison).contains("poison"), first);
    }
  }
}
