// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.ok;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Rule;
import org.junit.jupiter.api.Test;

/** Answers of the proxy's own. */
final class RefusalTest extends RigTest {
  @Test
  @Rule({51, 81})
  void lingersSoThatTheAnswerIsRead() throws Exception { // rules 51 and 81
    Peer client = rig.client("GET / HTTP/1.1\r\n\r\n" + "x".repeat(100_000) + GET);
    assertTrue(client.head("HTTP/1.1 400 Bad Request").contains("\r\nConnection: close\r\n"));
    client.expect("400 no Host field\n");
    client.expectEnd();
    client.send("more");
    client.shutOutput();
    rig.await("no client", () -> rig.clients() == 0);
  }

  @Test
  void refusesHeadWithoutABody() throws Exception { // rule 66
    Peer client = rig.client("HEAD / HTTP/1.1\r\nHost: a b\r\n\r\n");
    client.head("HTTP/1.1 400 Bad Request");
    client.expectEnd();
  }

  @Test
  void refusesAMalformedHeadWithoutABodyIfItsMethodIsHead() throws Exception {
    Peer client = rig.client("HEAD / HTTP/1.1\r\nHost : a\r\n\r\n");
    client.head("HTTP/1.1 400 Bad Request");
    client.expectEnd();
  }

  @Test
  @Rule(17)
  void refusesHttp10WithoutHost() throws Exception { // rule 17
    Peer client = rig.client("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + GET);
    client.expectRefusal(400, "no Host field");
    client.expectEnd();
  }

  @Test
  @Rule(17)
  void givesHttp10WithoutHostTheDefault() throws Exception {
    rig.reload("default_host = 'b.example'");
    Peer client = rig.client("GET / HTTP/1.0\r\n\r\n");
    Peer backend = rig.backend(2);
    assertTrue(backend.head("GET / HTTP/1.1").contains("\r\nHost: b.example\r\n"));
    backend.send(ok("1"));
    client.head("HTTP/1.1 200 OK");
  }

  @Test
  @Rule(38)
  void answersOptionsThatMayGoNoFurtherItself() throws Exception {
    String options = "OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: ";
    Peer client = rig.client(options + "0\r\n\r\n" + options + "1\r\n\r\n");
    assertTrue(client.head("HTTP/1.1 200 OK").contains("\r\nAllow: "));
    client.expect("200 answered by the proxy: Max-Forwards is 0\n");
    Peer backend = rig.backend();
    assertTrue(backend.head("OPTIONS * HTTP/1.1").contains("\r\nMax-Forwards: 0\r\n"));
    backend.send(ok("1"));
    client.expect(ok("1"));
  }

  @Test
  @Rule({36, 37})
  void appendsItsNameToViaAndKnowsItAgain() throws Exception {
    rig.reload("via = 'edge-7'");
    String before = "Via: 1.0 a, 1.1 edge-7 (first time)\r\n";
    Peer client = rig.client("GET / HTTP/1.0\r\nHost: a\r\n" + before + "\r\n");
    String head = rig.backend().head();
    assertTrue(head.indexOf(before) < head.indexOf("Via: 1.0 edge-7\r\n") && head.contains(before));
    client.close();
    client = rig.client(GET.replace("Host", "Via: " + "1.1 edge-7, ".repeat(5) + "\r\nHost"));
    client.expectRefusal(508, "the request came through here before");
  }

  @Test
  @Rule({22, 74})
  void keepsTheConnectionOfARefusalByTheScript() throws Exception {
    rig.reload("function select(r) return nil, 'not here' end");
    Peer client = rig.client(GET);
    String head = client.head("HTTP/1.1 503 Service Unavailable");
    assertFalse(head.contains("Connection"));
    client.expect("503 not here\n");
    client.send(GET);
    client.expectRefusal(503, "not here");
    client.send(GET.replace("GET", "HEAD"));
    client.head("HTTP/1.1 503 Service Unavailable");
    client.send(GET.replace("HTTP/1.1", "HTTP/1.0\r\nConnection: keep-alive"));
    head = client.head("HTTP/1.1 503 Service Unavailable");
    assertTrue(head.contains("\r\nConnection: keep-alive\r\n"));
    client.expect("503 not here\n");
  }

  @Test
  void refusesARequestWithABodyByTheScript() throws Exception {
    rig.reload("function select(r) return nil, 'not here' end");
    Peer client = rig.client(Messages.post("Content-Length: 100") + "start");
    client.expectRefusal(503, "not here");
    client.expectEnd();
  }

  @Test
  @Rule(39)
  void passesWhatClientsClaimOnlyIfTold() throws Exception { // rule 39
    String claim = GET.replace("Host", "X-Forwarded-For: 192.0.2.9\r\nHost");
    rig.client(claim);
    assertFalse(rig.backend().head().contains("192.0.2.9"));
    rig.reload("forwarded = 'append'");
    rig.client(claim);
    String head = rig.backend().head();
    assertTrue(
        head.indexOf("X-Forwarded-For: 192.0.2.9\r\n")
            < head.indexOf("X-Forwarded-For: 127.0.0.1\r\n"));
  }
}
