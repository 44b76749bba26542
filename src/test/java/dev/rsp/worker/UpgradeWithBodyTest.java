// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.lines;
import static dev.rsp.worker.Messages.ok;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A request with a body that asks for another protocol, as {@code docker exec} sends it. RFC 9110
 * §7.8: the new protocol begins when the request is complete.
 */
@Timeout(20)
final class UpgradeWithBodyTest {
  private static final String OFFER = "Connection: Upgrade\r\nUpgrade: tcp";
  private static final String HEAD =
      lines("POST /exec/1/start HTTP/1.1", "Host: a", OFFER, "Content-Length: 4");
  private static final String CHUNKED =
      lines("POST /exec/1/start HTTP/1.1", "Host: a", OFFER, "Transfer-Encoding: chunked");
  private static final String SWITCHED =
      lines("HTTP/1.1 101 UPGRADED", "Upgrade: tcp", "Connection: Upgrade");
  private static final String SWITCHED_FOR_CLIENT =
      lines("HTTP/1.1 101 UPGRADED", "Upgrade: tcp", "Connection: upgrade");

  @AutoClose private EmbeddedRig rig;

  @BeforeEach
  void start() throws Exception {
    rig = new EmbeddedRig();
  }

  private EmbeddedPeer asked(String body) {
    EmbeddedPeer backend = rig.backend();
    String taken = backend.take();
    assertTrue(taken.startsWith("POST /exec/1/start HTTP/1.1\r\n"), taken);
    assertTrue(taken.contains("\r\nUpgrade: tcp\r\n"), taken);
    assertTrue(taken.endsWith("\r\n\r\n" + body), taken);
    return backend;
  }

  private void endTunnel(EmbeddedPeer client, EmbeddedPeer backend) {
    client.end();
    backend.end();
    rig.rest();
    rig.expectEndings("tunnelled=1");
  }

  @Test
  void becomesATunnelBehindItsBody() {
    EmbeddedPeer client = rig.client(HEAD + "body");
    EmbeddedPeer backend = asked("body");
    backend.send(SWITCHED + "hello");
    client.expect(SWITCHED_FOR_CLIENT + "hello");
    client.send("input");
    backend.expect("input");
    endTunnel(client, backend);
  }

  @Test
  void whatComesBehindTheBodyWaitsForTheAnswer() {
    EmbeddedPeer client = rig.client(HEAD + "bodyinput");
    EmbeddedPeer backend = asked("body");
    backend.expectNothing();
    backend.send(SWITCHED);
    backend.expect("input");
    client.expect(SWITCHED_FOR_CLIENT);
    endTunnel(client, backend);
  }

  @Test
  void anEarlyAnswerWaitsForTheRestOfTheBody() {
    EmbeddedPeer client = rig.client(HEAD + "bo");
    EmbeddedPeer backend = asked("bo");
    backend.send(SWITCHED + "hello");
    client.expectNothing();
    client.send("dyinput");
    backend.expect("dyinput");
    client.expect(SWITCHED_FOR_CLIENT + "hello");
    endTunnel(client, backend);
  }

  @Test
  void anEarlyAnswerWaitsForTheLastChunk() {
    EmbeddedPeer client = rig.client(CHUNKED + "4\r\nbody\r\n");
    EmbeddedPeer backend = asked("4\r\nbody\r\n");
    backend.send(SWITCHED + "hello");
    client.expectNothing();
    client.send("0\r\n\r\ninput");
    backend.expect("0\r\n\r\ninput");
    client.expect(SWITCHED_FOR_CLIENT + "hello");
    endTunnel(client, backend);
  }

  @Test
  void anEarlyAnswerCutAnywhereIsTheSame() {
    String answer = SWITCHED + "hello";
    for (int at = 1; at < answer.length(); at++) {
      EmbeddedPeer client = rig.client(HEAD + "bo");
      EmbeddedPeer backend = asked("bo");
      backend.send(answer.substring(0, at));
      rig.rest();
      backend.send(answer.substring(at));
      client.expectNothing();
      client.send("dy");
      backend.expect("dy");
      client.expect(SWITCHED_FOR_CLIENT + "hello");
      client.end();
      backend.end();
      rig.rest();
    }
    rig.expectEndings("tunnelled=" + (answer.length() - 1));
  }

  @Test
  void whatComesBehindAnEarlyAnswerWaitsInTheSocket() {
    String much = "x".repeat(1_000_000);
    EmbeddedPeer client = rig.client(HEAD + "bo");
    EmbeddedPeer backend = asked("bo");
    backend.send(SWITCHED);
    rig.rest();
    backend.send(much);
    rig.rest();
    assertFalse(backend.isRead());
    assertTrue(rig.held() < 100_000, () -> "held: " + rig.held());
    client.send("dy");
    client.expect(SWITCHED_FOR_CLIENT + much);
    backend.expect("dy");
    endTunnel(client, backend);
  }

  @Test
  void aClientThatGoesWhileAnEarlyAnswerWaitsTakesItsBackendAlong() {
    EmbeddedPeer client = rig.client(HEAD + "bo");
    EmbeddedPeer backend = asked("bo");
    backend.send(SWITCHED + "hello");
    rig.rest();
    client.reset();
    backend.expectClosed();
    rig.expectEndings("client_gone_in_body=1");
  }

  @Test
  void aBackendThatGoesBehindItsEarlyAnswerEndsTheTunnelAtOnce() {
    EmbeddedPeer client = rig.client(HEAD + "bo");
    EmbeddedPeer backend = asked("bo");
    backend.send(SWITCHED);
    rig.rest();
    backend.reset();
    client.send("dy");
    client.expect(SWITCHED_FOR_CLIENT);
    client.expectClosed();
    rig.expectEndings("tunnelled=1");
  }

  /** What follows may be meant for the new protocol: it is no request. */
  @Test
  void anOrdinaryAnswerEndsTheConnection() {
    EmbeddedPeer client = rig.client(HEAD + "body" + Messages.GET);
    EmbeddedPeer backend = asked("body");
    backend.send(ok("no"));
    String answer = client.take();
    assertTrue(answer.contains("\r\nConnection: close\r\n"), answer);
    assertTrue(answer.endsWith("no"), answer);
    backend.expectNothing();
    rig.expectEndings("served=1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"h2c", "TLS/1.2", "HTTP/2.0"})
  void anOfferThatIsNeverPassedOnIsAnOrdinaryRequest(String protocol) {
    EmbeddedPeer client = rig.client(HEAD.replace("tcp", protocol) + "body");
    EmbeddedPeer backend = rig.backend();
    assertFalse(backend.take().contains("Upgrade"));
    backend.send(ok("1"));
    client.expect(ok("1"));
    rig.expectEndings("served=1");
  }
}
