// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.FORWARDING;
import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.get;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.Rule;
import dev.rsp.exchange.Ending;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections that carry one exchange after the other: rules 66, 72 and 75 to 80. */
@EachTransport
final class KeepAliveTest extends RigTest {
  @Test
  @Rule(80)
  void carriesManyExchangesOnOneConnectionEach() throws Exception {
    Peer client = rig.client(GET);
    Peer backend = rig.backend();
    for (int i = 0; i < 20; i++) {
      backend.expect("GET / HTTP/1.1\r\nHost: a\r\n" + FORWARDING);
      backend.send(ok("answer " + i));
      client.expect(ok("answer " + i));
      client.send(GET);
    }
    assertEquals(20, rig.endings(Ending.SERVED));
  }

  @Test
  void usesTheConnectionOfAnotherClient() throws Exception {
    Peer first = rig.client(GET);
    Peer backend = rig.backend();
    exchange(first, backend, "1");
    Peer second = rig.client(GET);
    exchange(second, backend, "2");
  }

  @Test
  @Rule(77)
  void answersInOrderAcrossBackends() throws Exception { // rule 77
    Peer client = rig.client(get("a", "/1") + get("b", "/2") + get("a", "/3"));
    Peer slow = rig.backend(1);
    slow.head("GET /1 HTTP/1.1");
    client.expectSilence();
    slow.send(ok("1"));
    Peer fast = rig.backend(2);
    fast.head("GET /2 HTTP/1.1");
    fast.send(ok("2"));
    slow.head("GET /3 HTTP/1.1");
    slow.send(ok("3"));
    client.expect(ok("1") + ok("2") + ok("3"));
  }

  @Test
  void readsOnForAnUploadThatBeganDuringTheAnswerBefore() throws Exception {
    Peer client = rig.client(GET);
    Peer backend = asked();
    client.send(post("Content-Length: 8") + "1234");
    // What came early is held, and no more is read.
    rig.onLoop(() -> true);
    rig.onLoop(() -> true);
    backend.send(ok("1"));
    client.expect(ok("1"));
    backend.head("POST / HTTP/1.1");
    client.send("5678");
    backend.expect("12345678");
  }

  @Test
  void takesRequestsCutAnywhere() throws Exception {
    Peer client = rig.client();
    String request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody";
    for (char octet : (request + request).toCharArray()) {
      client.send(String.valueOf(octet));
    }
    Peer backend = rig.backend();
    for (int i = 0; i < 2; i++) {
      backend.head("POST / HTTP/1.1");
      backend.expect("body");
      backend.send(ok("done"));
      client.expect(ok("done"));
    }
  }

  @Test
  void takesResponsesCutAnywhere() throws Exception {
    Peer client = rig.client(GET);
    Peer backend = rig.backend();
    for (int i = 0; i < 2; i++) {
      backend.head();
      for (char octet : ok("body").toCharArray()) {
        backend.send(String.valueOf(octet));
      }
      client.expect(ok("body"));
      client.send(GET);
    }
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"HEAD 200", "GET 304"})
  @Rule(66)
  void takesNoBodyWhereNoneCanBe(String exchange) throws Exception { // rule 66
    String method = exchange.substring(0, exchange.indexOf(' '));
    String status = exchange.substring(exchange.indexOf(' ') + 1);
    Peer client = rig.client(method + " / HTTP/1.1\r\nHost: a\r\n\r\n");
    Peer backend = asked();
    backend.send("HTTP/1.1 " + status + " \r\nDate: x\r\nContent-Length: 5\r\n\r\n");
    client.expect("HTTP/1.1 " + status + " \r\nDate: x\r\nContent-Length: 5\r\n\r\n");
    client.send(GET);
    backend.head();
    backend.send("HTTP/1.1 " + status + " \r\nDate: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    if (!exchange.startsWith("HEAD")) {
      client.expect("HTTP/1.1 " + status + " \r\nDate: x\r\n\r\n");
      client.send(GET);
      backend.head();
    }
  }

  /** A server that breaks this rule may send the body as well, later: that would be an answer. */
  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"Content-Length: 5", "Transfer-Encoding: chunked"})
  @Rule({66, 72})
  void usesNoConnectionAgainOnWhichA204AnnouncesABody(String field) throws Exception { // rule 66
    Peer client = rig.client(GET);
    Peer backend = asked();
    backend.send("HTTP/1.1 204 \r\nDate: x\r\n" + field + "\r\n\r\n");
    client.expect("HTTP/1.1 204 \r\nDate: x\r\n\r\n");
    client.send(GET);
    asked().send(ok("next"));
    client.expect(ok("next"));
    backend.expectGone();
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"", "Content-Length: 0\r\n"})
  @Rule(66)
  void usesTheConnectionOfAnOrdinary204Again(String field) throws Exception {
    Peer client = rig.client(GET);
    Peer backend = asked();
    for (int i = 0; i < 2; i++) {
      backend.send("HTTP/1.1 204 \r\nDate: x\r\n" + field + "\r\n");
      client.expect("HTTP/1.1 204 \r\nDate: x\r\n\r\n");
      client.send(GET);
      backend.head();
    }
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "Content-Length: 4\r\n\r\nbody",
        "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
        "X: y\r\n\r\nbody"
      })
  @Rule(68)
  void passesNoContentOf205(String rest) throws Exception {
    Peer client = rig.client(GET);
    Peer backend = asked();
    backend.send("HTTP/1.1 205 \r\nDate: x\r\n" + rest);
    String x = rest.startsWith("X") ? "X: y\r\n" : "";
    client.expect("HTTP/1.1 205 \r\nDate: x\r\n" + x + "Content-Length: 0\r\n\r\n");
    backend.expectGone();
    client.send(GET);
    Peer next = asked();
    next.send("HTTP/1.1 205 \r\nDate: x\r\nContent-Length: 0\r\n\r\n");
    client.expect("HTTP/1.1 205 \r\nDate: x\r\nContent-Length: 0\r\n\r\n");
    client.send(GET);
    next.head();
  }

  @Test
  @Rule(76)
  void closesForAClientThatAsks() throws Exception { // rule 76
    Peer client = rig.client("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + GET);
    Peer backend = rig.backend();
    backend.expect("GET / HTTP/1.1\r\nHost: a\r\n" + FORWARDING);
    backend.send(ok("1"));
    client.expect("HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 1\r\nConnection: close\r\n\r\n1");
    client.expectEnd();
    backend.expectSilence();
  }

  @Test
  @Rule(76)
  void keepsTheClientOfABackendThatCloses() throws Exception { // rule 76
    Peer client = rig.client(GET);
    try (Peer backend = asked()) {
      backend.send(ok("1").replace("Date: x", "Date: x\r\nConnection: close"));
      client.expect(ok("1"));
      backend.expectEnd();
    }
    client.send(GET);
    rig.backend().head();
  }

  @Test
  @Rule(75)
  void closesForHttp10() throws Exception { // rule 75
    Peer client = rig.client("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
    Peer backend = rig.backend();
    backend.expect("GET / HTTP/1.1\r\nHost: a\r\n" + FORWARDING.replace("Via: 1.1", "Via: 1.0"));
    backend.send(ok("1"));
    client.expect("HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 1\r\nConnection: close\r\n\r\n1");
    client.expectEnd();
  }

  @Test
  @Rule(75)
  void keepsHttp10ThatAsks() throws Exception {
    Peer client = rig.client("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
    Peer backend = asked();
    backend.send(ok("1"));
    client.expect(
        "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n1");
    client.send(GET);
    backend.head();
  }

  @Test
  @Rule(72)
  void dropsBytesAfterAResponseAndTheConnection() throws Exception { // rule 72
    Peer client = rig.client(GET);
    Peer backend = asked();
    backend.send(ok("see this") + "but not this");
    client.expect(ok("see this"));
    backend.expectGone();
    exchangeAnew(client);
  }

  @Test
  @Rule(80)
  void closesAnIdleConnectionThatSpeaks() throws Exception { // rule 80
    Peer client = rig.client(GET);
    Peer backend = rig.backend();
    exchange(client, backend, "1");
    backend.send(ok("unasked"));
    backend.expectGone();
    exchangeAnew(client);
  }

  @Test
  void answersAClientThatHasEndedItsSide() throws Exception {
    Peer client = rig.client(GET + get("a", "/2"));
    client.shutOutput();
    Peer backend = asked();
    backend.send(ok("1"));
    backend.head("GET /2 HTTP/1.1");
    backend.send(ok("2"));
    client.expect(ok("1") + ok("2"));
    client.expectEnd();
  }

  @Test
  void answersAtLengthAClientThatHasEndedItsSide() throws Exception {
    byte[] body = new byte[20_000_000];
    Peer client = rig.client(GET);
    client.shutOutput();
    Peer backend = asked();
    rig.clients(); // by now the loop has seen the client's end
    var sender =
        Beside.start(
            () -> {
              backend.send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length + "\r\n\r\n");
              backend.send(body);
            });
    client.head("HTTP/1.1 200 OK");
    rig.await("a full socket", rig::stuck);
    client.read(body.length);
    client.expectEnd();
    sender.join();
  }

  /** RFC 9112 §2.2: some old clients send a CRLF behind a POST. It begins no request. */
  @Test
  void takesAnEmptyLineBehindARequestForNoRequest() throws Exception {
    Peer client = rig.client(GET);
    Peer backend = rig.backend();
    exchange(client, backend, "x");
    client.send("\r\n");
    client.expectSilence();
    client.send(GET);
    exchange(client, backend, "y");
    client.send("\r\n");
    client.expectSilence();
    client.shutOutput();
    client.expectEnd();
    assertEquals("served=2", rig.summary());
  }
}
