// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Rule;
import dev.rsp.exchange.Ending;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Answers that come before the request has ended, and clients that go: rules 51, 58 to 61. */
@EachTransport
final class UploadTest extends RigTest {
  private static final String EXPECTING = post("Content-Length: 4\r\nExpect: 100-continue");
  private static final String CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

  @Test
  @Rule(51)
  void passesAnEarlyAnswerAndEndsTheConnections() throws Exception { // rule 51
    Peer client = rig.client(post("Content-Length: 1000") + "start");
    Peer backend = asked();
    backend.expect("start");
    backend.send("HTTP/1.1 413 Too Large\r\nDate: x\r\nContent-Length: 2\r\n\r\nno");
    client.expect("HTTP/1.1 413 Too Large\r\nDate: x\r\nContent-Length: 2\r\n");
    client.expect("Connection: close\r\n\r\nno");
    client.expectEnd();
    client.send("more".repeat(100) + GET); // taken, so that the answer is not lost by a reset
    backend.expectGone();
    assertEquals(1, rig.endings(Ending.SERVED));
  }

  @Test
  void passesAnAnswerOfABackendThatStoppedReading() throws Exception {
    Peer client = rig.client(post("Content-Length: 10000000") + "start");
    Peer backend = asked();
    backend.send("HTTP/1.1 413 Too Large\r\nDate: x\r\nContent-Length: 2\r\n\r\nno");
    backend.close(); // with the body unread: a reset
    try {
      client.send(new byte[10_000_000]);
    } catch (IOException closed) {
      // The linger time is short against ten megabytes on a busy machine.
    }
    assertTrue(client.head("HTTP/1.1 413 Too Large").contains("Connection: close"));
    client.expect("no");
  }

  @Test
  @Rule(58)
  void relaysAContinue() throws Exception { // rule 58
    Peer client = rig.client(EXPECTING);
    Peer backend = rig.backend();
    assertTrue(backend.head("POST / HTTP/1.1").contains("\r\nExpect: 100-continue\r\n"));
    backend.send(CONTINUE);
    client.expect(CONTINUE);
    client.send("body" + GET);
    backend.expect("body");
    backend.send(ok("1"));
    client.expect(ok("1"));
    backend.head("GET / HTTP/1.1");
  }

  @Test
  @Rule(58)
  void relaysAFinalAnswerInsteadOfAContinue() throws Exception {
    Peer client = rig.client(EXPECTING);
    Peer backend = asked();
    backend.send("HTTP/1.1 417 No\r\nDate: x\r\nContent-Length: 0\r\n\r\n");
    client.expect("HTTP/1.1 417 No\r\nDate: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    client.expectEnd();
    backend.expectGone();
  }

  @Test
  @Rule({60, 61})
  void relaysManyInterimsAndTheFinalAnswer() throws Exception { // rules 60 and 61
    Peer client = rig.client(GET);
    Peer backend = asked();
    String interims = "HTTP/1.1 102 \r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\n".repeat(50);
    backend.send(interims + ok("1"));
    client.expect(interims + ok("1"));
    client.send(GET);
    backend.head();
  }

  @Test
  @Rule(59)
  void sendsNoInterimsToHttp10() throws Exception { // rule 59
    Peer client = rig.client("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
    Peer backend = asked();
    backend.send(CONTINUE + ok("1"));
    client.head("HTTP/1.1 200 OK");
  }

  @Test
  @Rule(60)
  void refusesABackendThatPutsItsAnswerOff() throws Exception { // rule 60
    Peer client = rig.client(GET);
    Peer backend = asked();
    backend.send(CONTINUE.repeat(1_000));
    client.expect(CONTINUE.repeat(100));
    client.expectRefusal(502, "the backend sent too many interim responses");
    backend.expectGone();
  }

  @Test
  @Rule(60)
  void boundsTheBytesOfInterimResponses() throws Exception {
    Peer client = rig.client(GET);
    Peer backend = asked();
    String hint = "HTTP/1.1 103 Early\r\nLink: " + "a".repeat(16_354) + "\r\n\r\n";
    assertEquals(16 << 10, hint.length());
    for (int i = 0; i < 64; i++) {
      backend.send(hint);
      client.expect(hint);
    }
    backend.send(CONTINUE);
    client.expectRefusal(502, "the backend sent too many interim responses");
    backend.expectGone();
  }

  @Test
  @Rule(60)
  void refusesABackendThatEndsAfterAnInterim() throws Exception { // rule 60
    Peer client = rig.client(GET);
    try (Peer backend = asked()) {
      backend.send("HTTP/1.1 103 Early\r\n\r\n");
    }
    client.expect("HTTP/1.1 103 Early\r\n\r\n");
    client.expectRefusal(502, "the backend closed the connection without an answer");
  }

  @Test
  @Rule(49)
  void abandonsTheBackendOfAClientThatGoesInTheMiddleOfABody() throws Exception { // rule 49
    Peer client = rig.client(post("Content-Length: 1000") + "start");
    Peer backend = asked();
    backend.expect("start");
    client.close();
    backend.expectGone();
    rig.awaitEnding(Ending.CLIENT_GONE_IN_BODY);
  }

  @Test
  void abandonsTheBackendOfAClientThatBreaksTheConnection() throws Exception {
    Peer client = rig.client(GET);
    Peer backend = asked();
    client.reset();
    backend.expectGone();
    rig.awaitEnding(Ending.CLIENT_GONE_WAITING);
  }

  @Test
  void abandonsTheBackendOfAClientThatBreaksInTheMiddleOfAResponse() throws Exception {
    Peer client = rig.client(GET);
    Peer backend = asked();
    backend.send("HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 100\r\n\r\nabc");
    client.expect("HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 100\r\n\r\nabc");
    client.reset();
    backend.expectGone();
    rig.awaitEnding(Ending.CLIENT_GONE_READING);
  }

  @Test
  void passesALargeBodyBothWays() throws Exception {
    byte[] body = Messages.body(3_000_000);
    Peer client = rig.client();
    var sender =
        Beside.start(
            () -> {
              client.send(post("Content-Length: " + body.length));
              client.send(body);
            });
    Peer backend = rig.backend();
    backend.head("POST / HTTP/1.1");
    assertArrayEquals(body, backend.read(body.length));
    sender.join();
    var answerer =
        Beside.start(
            () -> {
              backend.send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length + "\r\n\r\n");
              backend.send(body);
            });
    client.head("HTTP/1.1 200 OK");
    assertArrayEquals(body, client.read(body.length));
    answerer.join();
  }
}
