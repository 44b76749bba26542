// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a script forbids is not reached in another form, inside a request that it lets through, or
 * behind a change of protocol: CVE-2024-53008, where HAProxy passed on offers of h2c, whose tunnel
 * no rule looks into, and requests whose Transfer-Encoding is empty. In texts, "|" is a line end.
 */
final class ForbiddenPathTest {
  private static final String SELECT =
      "function select(r) if r.path:sub(1, 6) == '/admin' then return nil, 'no' end return 1 end";
  private static final String ADMIN = "GET /admin HTTP/1.1|Host: a||";

  private Rig rig;

  @BeforeEach
  void start() throws Exception {
    rig = new Rig(Transport.of("auto"), SELECT);
  }

  @AfterEach
  void stop() throws Exception {
    rig.close();
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        ADMIN,
        "GET /admin HTTP/1.0|Host: a||",
        "GET /admin HTTP/1.9|Host: a||",
        "GET http://a/admin HTTP/1.1|Host: a||",
        "GET HTTPS://A.:80/admin?x HTTP/1.1|Host: a||",
        "FOO /admin/x HTTP/1.1|Host: a||",
        "GET /admin?/.. HTTP/1.1|Host: a||",
      })
  @DisplayName("CVE-2024-53008: the script refuses it in every form")
  void refusedByTheScript(String request) throws Exception {
    assertEquals("503", status(request));
    assertEquals("refused_by_route=1", rig.summary());
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "POST / HTTP/1.1|Host: a|Transfer-Encoding:|Content-Length: 30||" + ADMIN,
        "POST / HTTP/1.1|Host: a|Transfer-Encoding: |Content-Length: 30||" + ADMIN,
        "POST / HTTP/1.1|Host: a|Transfer-Encoding:||" + ADMIN,
        "POST / HTTP/1.1|Host: a|Transfer-Encoding: ,||" + ADMIN,
        "POST / HTTP/1.1|Host: a|Transfer-Encoding: identity||" + ADMIN,
        "POST / HTTP/1.1|Host: a|Transfer-Encoding:|Transfer-Encoding: chunked||0||" + ADMIN,
        "POST / HTTP/1.1|Host: a|Content-Length:||" + ADMIN,
        "POST / HTTP/1.1|Host: a|Content-Length: 0|Content-Length: 30||" + ADMIN,
        "GET /x#/../admin HTTP/1.1|Host: a||",
        "GET admin HTTP/1.1|Host: a||",
        "GET / /admin HTTP/1.1|Host: a||",
        "GET http://a:80@b/admin HTTP/1.1|Host: a||",
        "GET / HTTP/1.1|Host: a| X: GET /admin HTTP/1.1||",
      })
  @DisplayName("CVE-2024-53008: nothing of it is hidden in another request")
  void refusedByTheRules(String request) throws Exception {
    assertEquals("400", status(request));
    assertEquals("refused=1", rig.summary());
  }

  /** The status of the first and only answer. */
  private String status(String request) throws Exception {
    Peer client = rig.client(Hostility.lines(request));
    client.shutOutput();
    String answers = client.rest().text();
    assertEquals(1, answers.split("HTTP/1.1 ", -1).length - 1, answers);
    return answers.substring(9, 12);
  }

  @ParameterizedTest(name = "Upgrade: {0}")
  @ValueSource(
      strings = {
        "h2c",
        "H2C",
        " h2c\t",
        "h2c|Upgrade: websocket",
        "websocket|Upgrade: h2c",
        "websocket, h2c",
        "h2c,websocket",
        "h2c/1",
        "HTTP/2.0",
        "TLS/1.3",
      })
  @DisplayName("CVE-2024-53008: no tunnel past the script into HTTP/2")
  void offersNoHttp2(String offer) throws Exception {
    String upgrade = "|Connection: Upgrade, HTTP2-Settings|HTTP2-Settings: AAMA|Upgrade: " + offer;
    Peer client = rig.client(Hostility.lines("GET / HTTP/1.1|Host: a" + upgrade + "||"));
    Peer backend = rig.backend();
    String head = backend.head("GET / HTTP/1.1");
    assertFalse(head.contains("pgrade") || head.contains("HTTP2"), head);
    // Even if the backend changes to it all the same, the client gets no way to it.
    backend.send(Hostility.lines("HTTP/1.1 101 |Connection: Upgrade|Upgrade: h2c||"));
    client.expectRefusal(502, "the backend changed to a protocol that was not asked for");
    backend.expectGone();
  }
}
