// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.get;
import static dev.rsp.worker.Messages.ok;

import io.netty.channel.ChannelException;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Idle connections give way when there is no place, or no descriptor, for a new one. */
@Timeout(60)
final class EvictionTest extends EmbeddedRigTest {
  EvictionTest() {
    super("limits = { connections = 3, slot_share = 100 }");
  }

  private static ChannelException noDescriptor() {
    return new ChannelException(
        new IOException("newSocketStream(..) failed with error(-24): Too many open files"));
  }

  /** A client that has had an answer, over the same connection to the backend as all others. */
  private EmbeddedPeer idleClient() {
    EmbeddedPeer client = rig.client();
    serve(client);
    rig.pass(300);
    return client;
  }

  private void serve(EmbeddedPeer client) {
    client.send(GET);
    EmbeddedPeer backend = rig.backendIfAsked();
    if (backend == null) {
      rig.answerOverIdle(ok("1"));
    } else {
      backend.send(ok("1"));
    }
    client.expect(ok("1"));
  }

  @Test
  void theClientThatHasBeenIdleLongestGivesWayToANewOne() {
    EmbeddedPeer first = idleClient();
    EmbeddedPeer second = idleClient();
    EmbeddedPeer third = idleClient();
    EmbeddedPeer fourth = idleClient();
    first.expectEnd();
    second.expectOpen();
    serve(second);
    rig.pass(300);
    EmbeddedPeer fifth = idleClient();
    third.expectEnd();
    second.expectOpen();
    fourth.expectOpen();
    fifth.expectOpen();
    rig.expectEndings("served=6");
  }

  @Test
  void clientsWithARequestDoNotGiveWay() {
    EmbeddedPeer waits = rig.client(GET);
    EmbeddedPeer backend = asked();
    EmbeddedPeer sends = rig.client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n");
    asked();
    EmbeddedPeer begins = rig.client("GET / HT");
    rig.pass(2_000);
    rig.client().expectRefusal(503, "too many connections");
    waits.expectOpen();
    sends.expectOpen();
    begins.expectOpen();
    backend.send(ok("1"));
    waits.expect(ok("1"));
    EmbeddedPeer next = rig.client();
    waits.expectEnd();
    next.expectOpen();
    sends.reset();
    begins.reset();
    rig.expectEndings("served=1 limit_connections=1 client_gone_in_head=1 client_gone_in_body=1");
  }

  @Test
  void aNewClientHasASecondForItsFirstRequest() {
    EmbeddedPeer first = rig.client();
    rig.pass(200);
    EmbeddedPeer second = rig.client();
    rig.pass(200);
    EmbeddedPeer third = rig.client();
    rig.pass(500);
    rig.client().expectRefusal(503, "too many connections");
    rig.pass(500);
    rig.client().expectOpen();
    rig.client().expectOpen();
    first.expectEnd();
    second.expectEnd();
    third.expectOpen();
    rig.expectEndings("limit_connections=1");
  }

  @Test
  void aClientThatIsUsedAgainKeepsItsPlaceThoughItWasFoundIdle() {
    EmbeddedPeer first = idleClient();
    EmbeddedPeer second = idleClient();
    EmbeddedPeer third = idleClient();
    idleClient(); // all three are found idle, and the first is closed
    first.expectEnd();
    second.send(GET);
    rig.rest();
    EmbeddedPeer newest = rig.client();
    third.expectEnd();
    newest.expectOpen();
    rig.answerOverIdle(ok("2"));
    second.expect(ok("2"));
    rig.expectEndings("served=5");
  }

  @Test
  void aClientOverItsOwnLimitTakesNoOthersPlace() throws Exception {
    rig.serve(EmbeddedRig.config("limits = { connections = 2, client_connections = 2 }"));
    EmbeddedPeer first = idleClient();
    EmbeddedPeer second = idleClient();
    rig.client().expectRefusal(503, "too many connections from this address");
    first.expectOpen();
    second.expectOpen();
    rig.expectEndings("served=2 limit_client_connections=1");
  }

  @Test
  void withoutADescriptorForABackendAnIdleConnectionToAnotherOneGivesWay() {
    EmbeddedPeer client = rig.client();
    EmbeddedPeer first = idleBackend(client);
    EmbeddedPeer other = rig.client();
    rig.refuseOpening(noDescriptor());
    other.send(get("b", "/"));
    EmbeddedPeer second = asked();
    first.expectEnd();
    client.expectEnd();
    second.send(ok("2"));
    other.expect(ok("2"));
    rig.expectEndings("served=2");
  }

  @Test
  void withoutADescriptorAndWithoutIdleConnectionsTheAnswerIs503AtOnce() {
    EmbeddedPeer client = rig.client();
    rig.refuseOpening(noDescriptor());
    client.send(GET);
    rig.rest();
    client.expectRefusal(503, "out of connections to the backend");
    rig.expectEndings("connect_exhausted=1");
  }
}
