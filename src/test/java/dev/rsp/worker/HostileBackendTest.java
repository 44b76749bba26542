// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.worker.Hostility.Client;
import dev.rsp.worker.Hostility.Delivery;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Responses that are none: the client gets a 502, or sees that its response was cut, and never a
 * whole response that the backend did not send. In tables, "|" is a line end.
 */
@EachTransport
final class HostileBackendTest extends RigTest {
  private static final String OK = "HTTP/1.1 200 OK|";
  private static final String CHUNKED = OK + "Transfer-Encoding: chunked||";

  /** In one piece and byte by byte, to HTTP/1.0 and HTTP/1.1: a 502 each time. */
  private void assertRefused(String response) throws Exception {
    for (Delivery delivery : Delivery.by(transport)) {
      for (Client client : Client.GETTING) {
        Hostility exchange = new Hostility(rig, client).answer(response, delivery);
        assertEquals("502", exchange.outcome(), () -> delivery + ", " + client);
        exchange.backend.expectGone();
      }
    }
  }

  /** As above, but if the head has gone out already, its response may be cut, too. */
  private void assertRefusedOrCut(String response) throws Exception {
    for (Delivery delivery : Delivery.by(transport)) {
      for (Client client : Client.GETTING) {
        Hostility exchange = new Hostility(rig, client).answer(response, delivery);
        exchange.assertRefusedOrCut();
        exchange.backend.expectGone();
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "HTTP/1.1 099 OK|",
        "HTTP/1.1 000 OK|",
        "HTTP/1.1 1000 OK|",
        "HTTP/1.1 9X9 OK|",
        "HTTP/1.1 20 OK|",
        "HTTP/1.1 +20 OK|",
        "HTTP/1.1 2\u00b20 OK|",
        "HTTP/2.0 200 OK|",
        "HTTP/2 200 OK|",
        "HTTP/0.9 200 OK|",
        "HTTP/1.10 200 OK|",
        "HTTP/01.1 200 OK|",
        "HTTP/1,1 200 OK|",
        "http/1.1 200 OK|",
        "HTTPS/1.1 200 OK|",
        "ICY 200 OK|",
        "HTTP/1.1200 OK|",
        "HTTP/1.1 200OK|",
        "HTTP/1.1  200 OK|",
        "HTTP/1.1\t200 OK|",
        " HTTP/1.1 200 OK|",
        "|||HTTP/1.1 200 OK|",
        "HTTP/1.1 200 O\0K|",
        "HTTP/1.1 200 O\rK|",
        "HTTP/1.1 200 OK\n",
        "HTTP/1.1 200 OK\r\r\n",
        "GET / HTTP/1.1|",
      })
  void refusesAStatusLine(String line) throws Exception { // rule 73
    assertRefused(line + "Content-Length: 1||a");
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "X",
        ": y",
        "X Y: z",
        "X[]: y",
        "X\0: y",
        "X\u0085: y",
        "X@: y",
        " X: y",
        "\tX: y",
        "X: y| folded",
        "X: y|\tfolded",
        "X: a\0b",
        "X: a\rb",
        "X: a\nb",
        "X: a\n",
        "Connection: \u007fclose",
        "Transfer_Encoding: \u000bchunked",
        "Connection: @",
      })
  void refusesAField(String line) throws Exception { // rules 24 to 26
    assertRefused(OK + line + "|Content-Length: 1||a");
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "Content-Length:",
        "Content-Length: +1",
        "Content-Length: -1",
        "Content-Length: 0x1",
        "Content-Length: 1 1",
        "Content-Length: 1,1",
        "Content-Length: 1, 1",
        "Content-Length: 1;",
        "Content-Length: 1e0",
        "Content-Length: 1.0",
        "Content-Length: \u00b2",
        "Content-Length: 9223372036854775808",
        "Content-Length: 18446744073709551617",
        "Content-Length: 000000000000000000000000000001",
        "Content-Length: 1|Content-Length: 1",
        "Content-Length: 1|content-length: 2",
        "Content-Length: 1|Transfer-Encoding: chunked",
        "Transfer-Encoding: chunked|Content-Length: 1",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked;q=1",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: ,chunked",
        "Transfer-Encoding: chunked,",
        "Transfer-Encoding: chun\u00ebd",
        "Transfer-Encoding:",
        "Transfer-Encoding: \u000bchunked",
      })
  void refusesAFraming(String fields) throws Exception { // rules 43 to 47 and 69
    assertRefused(OK + fields + "||1|a|0||");
  }

  /** All readers find the same end; the connection ends after what RFC 9112 §6.1 calls faulty. */
  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "HTTP/1.0 200 OK|Transfer-Encoding: chunked||1|a|0||",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked|Transfer-Encoding: chunked||1|a|0||",
        "HTTP/1.1 200 OK|Transfer-Encoding: chunked, chunked||1|a|0||",
      })
  void readsFaultyChunksAndEndsTheConnection(String response) throws Exception { // rules 46 and 69
    for (Delivery delivery : Delivery.by(transport)) {
      for (Client client : Client.GETTING) {
        Hostility exchange = new Hostility(rig, client).answer(response, delivery);
        assertEquals("200", exchange.outcome(), () -> delivery + ", " + client);
        exchange.backend.expectGone();
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "0x1|a|0||",
        "+1|a|0||",
        "-1|a|0||",
        "1_0|a|0||",
        " 1|a|0||",
        "|a|0||",
        "g|a|0||",
        ";x|a|0||",
        "\u00b2|a|0||",
        "FFFFFFFFFFFFFFED|a|0||",
        "1000000000000000000001|a|0||",
        "00000000000000000|",
        "1\na|0||",
        "1\ra|0||",
        "1\r\r\na|0||",
        "1;\0|a|0||",
        "1;a\rb|a|0||",
        "1;a\nb|a|0||",
        "1;a=\"b|c\"|a|0||",
        "1;a=\"b\nc\"|a|0||",
        "1|ab|0||",
        "1|a\n0||",
        "1|a0||",
        "1|a||0||",
        "0| X: y||",
        "0|: y||",
        "0|X y||",
        "0|X||",
        "0|\n",
        "0|X: \0||",
        "0|X: y\n|",
        "0|X : y||",
        "0\n\n",
      })
  void refusesOrCutsChunks(String chunks) throws Exception { // rules 52 to 55
    assertRefusedOrCut(CHUNKED + chunks);
    assertRefusedOrCut(CHUNKED + "3|abc|" + chunks);
  }

  @Test
  void refusesOrCutsEndlessPartsOfChunks() throws Exception { // rules 54 and 56
    assertRefusedOrCut(CHUNKED + "1;" + "x".repeat(10_000));
    assertRefusedOrCut(CHUNKED + "0".repeat(10_000));
    assertRefusedOrCut(CHUNKED + "0|X: " + "y".repeat(10_000));
    assertRefusedOrCut(CHUNKED + "0|" + "X: y|".repeat(2_000));
  }

  @Test
  void refusesWhatIsNoHttp() throws Exception { // fault B12
    byte[] random = new byte[4096];
    new Random(20261121).nextBytes(random);
    assertRefused(new String(random, StandardCharsets.ISO_8859_1));
    // A TLS alert (handshake_failure) and the start of a ServerHello.
    assertRefused("\u0015\u0003\u0001\0\u0002\u0002(");
    assertRefused("\u0016\u0003\u0003\0z\u0002\0\0v\u0003\u0003");
    assertRefused("\0".repeat(100));
    assertRefused("SSH-2.0-OpenSSH_9.2|");
    assertRefused("220 mail.example ESMTP|");
    // HTTP/2's SETTINGS, and HTTP/0.9
    assertRefused("\0\0\u0012\u0004\0\0\0\0\0");
    assertRefused("<html>hello</html>");
  }

  @Test
  void takesNoHeadThatIsTooLarge() throws Exception { // fault B11
    String endless = "x".repeat(40_000);
    assertRefused("HTTP/1.1 200 " + endless);
    assertRefused(OK + endless);
    assertRefused(OK + "X: " + endless);
    assertRefused(OK + "X: y|".repeat(8_000));
  }

  @Test
  void stopsToReadAHeadWithoutEnd() throws Exception { // fault B11
    Hostility exchange = new Hostility(rig, Client.HTTP_11);
    String field = "X: " + "y".repeat(995) + "|";
    long sent = exchange.sendUntilRefused(OK, field, 100_000_000);
    assertEquals("502", exchange.outcome());
    // What the sockets hold is much more than what rsp took.
    assertTrue(sent < 20_000_000, "bytes sent: " + sent);
  }

  @Test
  void countsInterimResponses() throws Exception { // rule 60
    for (Client client : Client.GETTING) {
      Hostility exchange = new Hostility(rig, client);
      long sent = exchange.sendUntilRefused("", "HTTP/1.1 103 Early Hints|X: y||", 100_000_000);
      assertEquals("502", exchange.outcome());
      assertTrue(sent < 20_000_000, "bytes sent: " + sent);
    }
    assertRefused("HTTP/1.1 100 Continue||".repeat(1_000) + OK + "Content-Length: 0||");
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "HTTP/1.1 101 Switching Protocols|Connection: upgrade|Upgrade: websocket||",
        "HTTP/1.1 101 Switching Protocols||",
        "HTTP/1.1 100 Continue||HTTP/1.1 101 |Upgrade: x|Connection: upgrade||",
        "HTTP/1.0 101 Switching Protocols|Upgrade: websocket|Connection: upgrade||",
      })
  void refusesATunnelThatNobodyAskedFor(String head) throws Exception { // rule 62
    assertRefused(head + "\0\u0001\u0002");
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "Upgrade: other|Connection: upgrade|",
        "Upgrade: websocket, other|Connection: upgrade|",
        "Upgrade: h2c|Connection: upgrade|",
        "Upgrade: |Connection: upgrade|",
        "Connection: upgrade|",
      })
  void refusesATunnelToAnotherProtocol(String fields) throws Exception { // rule 62
    for (Delivery delivery : Delivery.by(transport)) {
      Hostility exchange = new Hostility(rig, Client.WEBSOCKET);
      exchange.answer("HTTP/1.1 101 Switching Protocols|" + fields + "|\0\u0001", delivery);
      assertEquals("502", exchange.outcome(), delivery::toString);
      exchange.backend.expectGone();
    }
  }
}
