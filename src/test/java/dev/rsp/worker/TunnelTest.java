// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.lines;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Tunnel.ASKED;
import static dev.rsp.worker.Tunnel.SWITCHED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Rule;
import dev.rsp.exchange.Ending;
import org.junit.jupiter.api.Test;

/** Connections that change to another protocol: rules 62 to 65. */
@EachTransport
final class TunnelTest extends RigTest {
  @Test
  @Rule(63)
  void passesBytesAsTheyAre() throws Exception {
    Peer client = rig.client(ASKED);
    Peer backend = rig.backend();
    String head = backend.head("GET / HTTP/1.1");
    assertTrue(head.contains("\r\nConnection: upgrade\r\n"));
    assertTrue(head.contains("\r\nUpgrade: websocket\r\n"));
    backend.send(SWITCHED + "first");
    client.expect(SWITCHED + "first");
    for (int i = 0; i < 5; i++) {
      client.send("\0to the backend " + i);
      backend.expect("\0to the backend " + i);
      backend.send("\0to the client " + i);
      client.expect("\0to the client " + i);
    }
    client.close();
    backend.expectEnd();
    backend.close();
    rig.awaitEnding(Ending.TUNNELLED);
  }

  @Test
  @Rule(65)
  void relaysAContinueBeforeATunnel() throws Exception {
    Peer client = rig.client(ASKED.replace("Host", "Expect: 100-continue\r\nHost"));
    Peer backend = rig.backend();
    // There is no body to be waited for, so the backend is not asked to.
    assertFalse(backend.head("GET / HTTP/1.1").contains("Expect"));
    String both = "HTTP/1.1 100 Continue\r\n\r\n" + SWITCHED;
    backend.send(both + "bytes");
    client.expect(lines("HTTP/1.1 100 Continue") + SWITCHED + "bytes");
    client.send("back");
    backend.expect("back");
  }

  @Test
  @Rule(65)
  void offersNoTunnelBehindABodyThatIsAskedFor() throws Exception {
    rig.client(ASKED.replace("Host", "Expect: 100-continue\r\nContent-Length: 4\r\nHost") + "body");
    Peer backend = rig.backend();
    String head = backend.head("GET / HTTP/1.1");
    assertTrue(head.contains("\r\nExpect: 100-continue\r\n"));
    assertFalse(head.contains("Upgrade") || head.contains("Connection"));
    backend.expect("body");
  }

  @Test
  @Rule(63)
  void holdsWhatComesEarly() throws Exception { // rule 63
    Peer client = rig.client(ASKED + "early");
    Peer backend = asked();
    backend.expectSilence();
    backend.send(SWITCHED);
    backend.expect("early");
    client.expect(SWITCHED);
  }

  @Test
  @Rule(63)
  void takesWhatCameEarlyForNoRequestIfTheAnswerIsAnother() throws Exception { // rule 63
    Peer client = rig.client(ASKED + GET);
    Peer backend = asked();
    backend.send(ok("no"));
    assertTrue(client.head("HTTP/1.1 200 OK").contains("\r\nConnection: close\r\n"));
    client.expect("no");
    client.expectEnd();
    backend.expectSilence();
  }

  @Test
  @Rule(64)
  void letsTheClientEndItsSideFirst() throws Exception { // rule 64
    Tunnel tunnel = Tunnel.through(rig);
    Peer client = tunnel.client();
    Peer backend = tunnel.backend();
    client.send("last words");
    client.shutOutput();
    backend.expect("last words");
    backend.expectEnd();
    backend.send("an answer");
    client.expect("an answer");
    backend.close();
    client.expectEnd();
    rig.awaitEnding(Ending.TUNNELLED);
  }

  @Test
  @Rule(64)
  void letsTheBackendEndItsSideFirst() throws Exception {
    Peer client = rig.client(ASKED);
    Peer backend = asked();
    backend.send(SWITCHED + "last words");
    backend.shutOutput();
    client.expect(SWITCHED + "last words");
    client.expectEnd();
    client.send("an answer");
    backend.expect("an answer");
    client.close();
    backend.expectEnd();
    rig.awaitEnding(Ending.TUNNELLED);
  }

  @Test
  void passesTheEndThatCameBeforeTheTunnel() throws Exception {
    Peer client = rig.client(ASKED);
    client.shutOutput();
    Peer backend = asked();
    backend.send(SWITCHED);
    client.expect(SWITCHED);
    backend.expectEnd();
    backend.send("an answer");
    client.expect("an answer");
  }

  @Test
  void endsWithABackendThatBreaks() throws Exception {
    Tunnel tunnel = Tunnel.through(rig);
    Peer client = tunnel.client();
    Peer backend = tunnel.backend();
    backend.reset();
    client.expectGone();
    rig.awaitEnding(Ending.TUNNELLED);
  }

  @Test
  @Rule(62)
  void refusesAnUnaskedTunnel() throws Exception { // rule 62
    Peer client = rig.client(GET);
    Peer backend = asked();
    backend.send(SWITCHED + "bytes");
    client.expectRefusal(502, "the backend changed to a protocol that was not asked for");
    backend.expectGone();
    assertEquals(1, rig.endings(Ending.BACKEND_MALFORMED));
  }

  @Test
  @Rule(62)
  void refusesATunnelOfAnotherProtocol() throws Exception {
    Peer client = rig.client(ASKED);
    Peer backend = asked();
    backend.send(SWITCHED.replace("websocket", "other"));
    client.expectRefusal(502, "the backend changed to a protocol that was not asked for");
    backend.expectGone();
  }

  @Test
  @Rule(62)
  void passesWhatIsAllowedOfAnOfferAndRefusesATunnelOfTheRest() throws Exception {
    rig.client(ASKED.replace("websocket", "h2c, websocket"));
    Peer taken = rig.backend();
    assertTrue(taken.head().contains("\r\nUpgrade: websocket\r\n"));
    Peer client = rig.client(ASKED.replace("websocket", "websocket, h2c"));
    Peer backend = asked();
    backend.send(SWITCHED.replace("websocket", "h2c"));
    client.expectRefusal(502, "the backend changed to a protocol that was not asked for");
    backend.expectGone();
  }

  @Test
  @Rule(62)
  void passesNoOfferOfHttp10() throws Exception {
    rig.client(ASKED.replace("HTTP/1.1", "HTTP/1.0"));
    Peer backend = rig.backend();
    assertFalse(backend.head().contains("pgrade"));
  }
}
