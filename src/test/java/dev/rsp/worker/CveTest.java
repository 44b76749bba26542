// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.net.Transport;
import dev.rsp.worker.Hostility.Client;
import dev.rsp.worker.Hostility.Delivery;
import java.io.IOException;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What broke other proxies: see src/docs/security-tests.md. In texts, "|" is a line end. */
final class CveTest {
  private Rig rig;

  @BeforeEach
  void start() throws Exception {
    rig = new Rig(Transport.of("auto"));
  }

  @AfterEach
  void stop() throws Exception {
    rig.close();
  }

  private void assertRefused(String status, String request) throws Exception {
    Peer client = rig.client(Hostility.lines(request));
    client.shutOutput();
    String answer = client.rest().text();
    assertEquals("HTTP/1.1 " + status, answer.substring(0, Math.min(12, answer.length())), request);
  }

  /** The head that a backend is sent for a request with more fields. */
  private String sent(String fields) throws Exception {
    rig.client(Hostility.lines("GET / HTTP/1.1|Host: a|" + fields + "|"));
    return rig.backend().head();
  }

  @Test
  @DisplayName("CVE-2023-25725: an empty field name does not end the head")
  void emptyName() throws Exception {
    assertRefused("400", "GET / HTTP/1.1|Host: a|: x|Content-Length: 5||GET /|");
  }

  @Test
  @DisplayName("CVE-2023-40225: an empty Content-Length is not forwarded")
  void emptyLength() throws Exception {
    assertRefused("400", "POST / HTTP/1.1|Host: a|Content-Length:||");
  }

  @Test
  @DisplayName("CVE-2021-40346: a field name of 270 bytes hides no second Content-Length")
  void longName() throws Exception {
    String name = "Content-Length0" + "a".repeat(255);
    assertTrue(sent(name + ": |").contains("\r\n" + name + ":"));
    assertRefused(
        "400", "POST / HTTP/1.1|Host: a|" + name + ":|Content-Length: 0|Content-Length: 5||GET /");
  }

  @Test
  @DisplayName("CVE-2023-45539: a fragment in the target is refused")
  void fragment() throws Exception {
    assertRefused("400", "GET /a#.png HTTP/1.1|Host: a||");
  }

  @Test
  @DisplayName("CVE-2019-20444, CVE-2019-16869: a field without a colon, or white space before it")
  void colon() throws Exception {
    assertRefused("400", "GET / HTTP/1.1|Host: a|X||");
    assertRefused("400", "GET / HTTP/1.1|Host: a|Transfer-Encoding : chunked||0||");
  }

  @Test
  @DisplayName("CVE-2019-20445, CVE-2020-7238, CVE-2019-18277: one framing, written plainly")
  void framing() throws Exception {
    String post = "POST / HTTP/1.1|Host: a|";
    assertRefused("400", post + "Content-Length: 1|Transfer-Encoding: chunked||0||");
    assertRefused("400", post + "Content-Length: 1|Content-Length: 1||a");
    assertRefused("400", post + "Transfer-Encoding: \u000bchunked||0||");
    assertRefused("400", post + "Transfer-Encoding:|Content-Length: 1||a");
  }

  @Test
  @DisplayName("CVE-2026-42581, CVE-2026-2835: HTTP/1.0 has no chunks")
  void chunksIn10() throws Exception {
    assertRefused("400", "POST / HTTP/1.0|Host: a|Transfer-Encoding: chunked||0||");
  }

  @Test
  @DisplayName("CVE-2025-58056, CVE-2026-33870, CVE-2026-24880: no line end in a chunk extension")
  void extension() throws Exception {
    String post = "POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||";
    assertRefused("400", post + "1;a\nb|x|0||");
    assertRefused("400", post + "1;a=\"b|c\"|x|0||");
  }

  @Test
  @DisplayName("CVE-2026-50020: control bytes before a request are not skipped")
  void leadingControls() throws Exception {
    assertRefused("400", "\0\0GET / HTTP/1.1|Host: a||");
    assertRefused("400", "\u001cGET / HTTP/1.1|Host: a||");
  }

  @Test
  @DisplayName("CVE-2024-45410: Connection cannot take away what rsp adds")
  void nomination() throws Exception {
    String head = sent("Connection: X-Forwarded-For, X-Forwarded-Host, Host, Via|");
    assertTrue(head.contains("\r\nX-Forwarded-For: 127.0.0.1\r\n"));
    assertTrue(head.contains("\r\nX-Forwarded-Host: a\r\n"));
    assertTrue(head.contains("\r\nHost: a\r\n"));
    assertTrue(head.contains("\r\nVia: 1.1 rsp\r\n"));
  }

  @Test
  @DisplayName("CVE-2026-42584: interim responses do not shift the answers behind them")
  void interim() throws Exception {
    Peer client = rig.client(Messages.GET + Messages.GET.replace("GET", "HEAD"));
    Peer backend = rig.backend();
    backend.head("GET / HTTP/1.1");
    backend.send("HTTP/1.1 103 Early Hints\r\n\r\n" + Messages.ok("one"));
    backend.head("HEAD / HTTP/1.1");
    backend.send("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\nDate: x\r\n\r\n");
    client.head("HTTP/1.1 103 Early Hints");
    client.expect(Messages.ok("one"));
    client.head("HTTP/1.1 103 Early Hints");
    client.head("HTTP/1.1 204 No Content");
    client.expectSilence();
  }

  @Test
  @DisplayName("CVE-2024-23326, CVE-2026-2833: bytes behind an offer are no tunnel before 101")
  void earlyBytes() throws Exception {
    Peer client = rig.client(Client.WEBSOCKET.request + Messages.get("a", "/admin"));
    Peer backend = rig.backend();
    backend.head();
    backend.send(Messages.ok("no"));
    assertFalse(client.rest().text().contains("101"));
    backend.expectSilence();
  }

  @Test
  @DisplayName("CVE-2025-4366: the body behind an answer of our own is no request")
  void bodyOfARefusal() throws Exception {
    rig.reload("function select(r) return nil, 'not here' end");
    Peer client = rig.client(Messages.post("Content-Length: 100") + Messages.GET);
    client.expectRefusal(503, "not here");
    client.expectEnd();
  }

  @Test
  @DisplayName("CVE-2020-11612, CVE-2021-37136, CVE-2022-29225: nothing is decompressed")
  void zipBomb() throws Exception {
    String body = "\u001f\u008b\u0008\0" + "\0".repeat(10_000);
    Hostility exchange = new Hostility(rig, Client.HTTP_10);
    exchange.answer(
        "HTTP/1.1 200 OK|Content-Encoding: gzip|Content-Length: 10004||" + body, Delivery.AT_ONCE);
    assertEquals("200", exchange.outcome());
    assertEquals(10_004, Objects.requireNonNull(exchange.message()).bodyBytes());
  }

  private void assertEachRefused(String... requests) throws Exception {
    for (String request : requests) {
      // Nobody plays a backend: what is not refused gets no answer.
      assertRefused("400", request);
    }
  }

  @Test
  @DisplayName("CVE-2018-8004, CVE-2020-1944, CVE-2021-32565, CVE-2021-37147, CVE-2021-37148")
  void smuggling() throws Exception {
    String post = "POST / HTTP/1.1|Host: a|";
    String inner = "GET /admin HTTP/1.1|Host: b||";
    assertEachRefused(
        post + "Content-Length: 5|Content-Length: 0||" + inner,
        post + "Content-Length: 0|Transfer-Encoding: chunked||0||" + inner,
        post + "Transfer-Encoding: chunked|Content-Length: 5||0||" + inner,
        post + "Transfer-Encoding: chunked, identity||0||" + inner,
        post + "X: y\nContent-Length: 40||" + inner,
        post + "X: y\rContent-Length: 40||" + inner,
        "GET / HTTP/1.1\nHost: a\n\n" + inner,
        "GET / HTTP/1.1|Host: a|X: y\n\n" + inner,
        post + "Content-Length: 0x28||" + inner,
        post + "Content-Length: 4 0||" + inner,
        post + " Content-Length: 40||" + inner,
        post + "X: y| Content-Length: 40||" + inner);
  }

  @Test
  @DisplayName("CVE-2023-38697, CVE-2024-1135, CVE-2023-25950: numbers and codings that are none")
  void laxNumbers() throws Exception {
    String post = "POST / HTTP/1.1|Host: a|";
    assertEachRefused(
        post + "Content-Length: +1||a",
        post + "Content-Length: -1||a",
        post + "Content-Length: 1_0||a",
        post + "Transfer-Encoding: chunked||0x1|a|0||",
        post + "Transfer-Encoding: chunked||+1|a|0||",
        post + "Transfer-Encoding: chunked||1_0|a|0||",
        post + "Transfer-Encoding: chunked||-1|a|0||");
    assertRefused("400", post + "Transfer-Encoding: xchunked||1|a|0||");
    assertRefused("400", post + "Transfer-Encoding: chunked|Transfer-Encoding: chunked||0||");
  }

  @Test
  @DisplayName(
      "CVE-2021-43797, CVE-2023-38522, CVE-2019-9900: bytes that names and values cannot have")
  void badBytes() throws Exception {
    String get = "GET / HTTP/1.1|Host: a|";
    for (char octet : new char[] {0, 1, 8, 0x0b, 0x1f, 0x7f, 0x80, 0xff, '"', '(', ',', '/', '@'}) {
      assertRefused("400", get + "X" + octet + "Y: z||");
    }
    for (char octet : new char[] {0, 1, 8, 0x0b, 0x1f, 0x7f}) {
      assertRefused("400", get + "X: y" + octet + "z||");
    }
  }

  @Test
  @DisplayName("CVE-2023-27491, CVE-2021-44040, CVE-2022-28129, CVE-2025-64763: request lines")
  void requestLines() throws Exception {
    String host = "|Host: a||";
    assertEachRefused(
        "GET  / HTTP/1.1" + host,
        "GET\t/ HTTP/1.1" + host,
        "GET / HTTP/1.1 " + host,
        "GET /a b HTTP/1.1" + host,
        "GET / HTTP/1.1x" + host,
        "GET /" + host,
        "G(T / HTTP/1.1" + host,
        "GET /\u0001 HTTP/1.1" + host,
        "GET a HTTP/1.1" + host);
    Peer client = rig.client(Hostility.lines("CONNECT a:80 HTTP/1.1|Host: a:80||") + Messages.GET);
    assertFalse(client.rest().text().startsWith("HTTP/1.1 2"));
  }

  @Test
  @DisplayName("CVE-2019-18801, CVE-2019-18802, CVE-2024-50305: hosts of any size and form")
  void hosts() throws Exception {
    String get = "GET / HTTP/1.1|Host: ";
    assertEachRefused(
        get + "a".repeat(10_000) + "||",
        get + "a b||",
        get + "[::1||",
        get + "a:b:c||",
        get + "a,b||",
        get + "a/b||",
        get + "|Host: a||",
        get + "a|Host: a||",
        get + "%00||");
    // White space around it is not a part of it: it is routed as what is between.
    rig.client(Hostility.lines(get + " b \t|||").replace("\r\n\r\n\r\n", "\r\n\r\n"));
    assertTrue(rig.backend(2).head().contains("\r\nHost: b\r\n"));
  }

  @Test
  @DisplayName("CVE-2021-32777: a field that comes twice is seen twice")
  void twice() throws Exception {
    String head = sent("X-Token: bad|X-Token: good|");
    assertTrue(head.contains("\r\nX-Token: bad\r\n") && head.contains("X-Token: good\r\n"));
  }

  @Test
  @DisplayName(
      "CVE-2023-27487, CVE-2023-27488, CVE-2026-39858: what clients claim about themselves")
  void claims() throws Exception {
    String head =
        sent(
            "X-Forwarded-For: 6.6.6.6|X_Forwarded_For: 6.6.6.6|X-Forwarded_For: 6.6.6.6|"
                + "x-forwarded-proto: 6.6.6.6|X_Forwarded_Proto: 6.6.6.6|X_Forwarded_Host: 6.6.6.6|"
                + "Forwarded: for=6.6.6.6|X-Real-IP: 6.6.6.6|X_Real_IP: 6.6.6.6|"
                + "True-Client-IP: 6.6.6.6|Client-IP: 6.6.6.6|X-Forwarded-Server: 6.6.6.6|");
    assertFalse(head.contains("6.6.6.6"), head);
  }

  @Test
  @DisplayName("CVE-2016-5385 to 5388, CVE-2016-1000110: a Proxy field becomes HTTP_PROXY")
  void httpoxy() throws Exception {
    String head = sent("Proxy: 6.6.6.6|pRoXy: 6.6.6.6|");
    assertFalse(head.contains("6.6.6.6"), head);
  }

  @Test
  @DisplayName("CVE-2018-14773, CVE-2025-61780: paths and files that applications take from fields")
  void pathsInFields() throws Exception {
    String head =
        sent("X-Original-URL: /6.6|X-Rewrite-URL: /6.6|X-Sendfile-Type: 6.6|X-Accel-Mapping: 6.6|");
    assertFalse(head.contains("6.6"), head);
  }

  @Test
  @DisplayName("names that become the variables of the framing")
  void framingAsVariables() throws Exception {
    String head = sent("Content_Length: 99|Transfer_Encoding: chunked|Content.Length: 99|");
    assertFalse(head.contains("99") || head.contains("chunked"), head);
  }

  @Test
  @DisplayName("CVE-2024-35161, CVE-2024-53868: trailers and chunks that are none")
  void trailers() throws Exception {
    String post = "POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||";
    assertEachRefused(
        post + "0|X||",
        post + "0|X : y||",
        post + "0|: y||",
        post + "0| X: y||",
        post + "0|X: y\n||",
        post + "1|ab|0||",
        post + "1\na|0||",
        post + "|0||");
  }

  @Test
  @DisplayName("CVE-2024-28869, CVE-2026-33555: a length without a body is not waited for for ever")
  void lengthWithoutBody() throws Exception {
    rig.reload("timeouts = {body = 0.3}");
    Peer client = rig.client("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
    Peer backend = rig.backend();
    backend.head();
    client.expectRefusal(408, "the request body took too long");
    backend.expectGone();
  }

  @Test
  @DisplayName("CVE-2025-32431, CVE-2025-47952, CVE-2025-54386: one path, for scripts and backends")
  void path() throws Exception {
    String path = "/a/../b//c%2F%2e%2e/./d;x";
    rig.client(Messages.get("a", path + "?q=%zz"));
    assertTrue(rig.backend().head().startsWith("GET " + path + "?q=%zz HTTP/1.1\r\n"));
    rig.reload("function select(r) return nil, r.path end");
    rig.client(Messages.get("a", path + "?q=%zz")).expectRefusal(503, path);
  }

  @Test
  @DisplayName("CVE-2026-41417, CVE-2025-67735, CVE-2022-41915, CVE-2026-42926: words of scripts")
  void wordsOfScripts() throws Exception {
    rig.reload("function select(r) return nil, 'x\\r\\nEvil: 1\\r\\n\\r\\nHTTP/1.1 200 OK' end");
    Peer client = rig.client(Messages.GET);
    String head = client.head("HTTP/1.1 503 Service Unavailable");
    assertFalse(head.contains("Evil"), head);
    // All of it is within the length of one answer; the referee says so when the rig closes.
    Peer next = rig.client(Messages.GET.replace("Host: a", "Host: a\r\nConnection: close"));
    assertEquals(1, next.rest().text().split("\r\n\r\n", -1)[0].split("HTTP/1.1").length - 1);
  }

  @Test
  @DisplayName("CVE-2024-53270, CVE-2024-53271, CVE-2026-26311: resets while interims come")
  void resetsDuringInterims() throws Exception {
    for (int i = 0; i < 20; i++) {
      Peer client = rig.client(Messages.GET);
      Peer backend = rig.backend();
      backend.head();
      backend.send("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(i % 5));
      client.reset();
      try {
        backend.send(
            "HTTP/1.1 103 Early Hints\r\n\r\n" + Messages.ok("late").replace("late", "la"));
      } catch (IOException gone) {
        // The proxy was faster.
      }
      backend.expectGone();
    }
    rig.await("no clients", () -> rig.clients() == 0);
    Peer client = rig.client(Messages.GET);
    Peer backend = rig.backend();
    backend.head();
    backend.send(Messages.ok("mine"));
    client.expect(Messages.ok("mine"));
  }

  @Test
  @DisplayName("CVE-2026-47220: a request without a host is refused, and logged without one")
  void noHost() throws Exception {
    assertRefused("400", "GET / HTTP/1.0||");
    assertRefused("400", "GET / HTTP/1.1||");
  }
}
