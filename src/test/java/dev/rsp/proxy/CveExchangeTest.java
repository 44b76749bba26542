// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.proxy.Hostility.Client;
import dev.rsp.proxy.Hostility.Delivery;
import java.io.IOException;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What broke other proxies in the course of an exchange: see src/docs/security-tests.md. In texts,
 * "|" is a line end.
 */
final class CveExchangeTest {
  private Rig rig;

  @BeforeEach
  void start() throws Exception {
    rig = new Rig(Transport.of("auto"));
  }

  @AfterEach
  void stop() throws Exception {
    rig.close();
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
}
