// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.get;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.exchange.Service;
import dev.rsp.net.ConnectionCount;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Many clients at once, and what is left when they have gone. */
final class CrowdTest extends RigTest {
  @Test
  void endsHundredsOfSlowHeadsAndBodiesOnSchedule() throws Exception {
    // Those with a body need a backend, whose queue takes 50.
    rig.reload("timeouts = {head = 0.3, body = 0.3, linger = 0.2}");
    List<Peer> slow = new ArrayList<>();
    for (int i = 0; i < 240; i++) {
      String text = i % 6 == 0 ? post("Content-Length: 9") + "x" : "GET / HTTP/1.1\r\nX: ";
      slow.add(rig.promptClient(text));
    }
    for (Peer client : slow) {
      assertTrue(client.head().startsWith("HTTP/1.1 408 "));
      client.expectGone();
    }
    // They stay open on their side; the linger ends them, and not one is counted twice.
    rig.await("no client", () -> rig.clients() == 0);
    assertEquals("head_timeout=200 body_timeout=40", rig.summary());
  }

  @Test
  void turnsAwayTheConnectionsOfOneClientBeyondItsLimit() throws Exception {
    rig.reload("limits = {client_connections = 2}");
    Peer first = rig.client();
    rig.client();
    rig.await("two", () -> rig.clients() == 2);
    Peer third = rig.client(GET.repeat(10)); // unread by rsp, and yet no reset
    third.expectRefusal(503, "too many connections from this address");
    third.expectEnd();
    third.close();
    first.close();
    rig.await("one", () -> rig.clients() == 1);
    assertEquals(1, rig.counted());
    rig.client(GET);
    rig.backend().head();
    assertEquals("limit_client_connections=1", rig.summary());
  }

  @Test
  void boundsTheConnectionsThatAreTurnedAway() throws Exception {
    var count = new ConnectionCount();
    for (int i = 0; i < 10; i++) {
      assertTrue(count.enterTurnedAway(160), "number " + i);
    }
    assertEquals(false, count.enterTurnedAway(160));
    count.leaveTurnedAway();
    assertTrue(count.enterTurnedAway(160));
  }

  @Test
  void countsIpv6ClientsByTheirNetwork() throws Exception {
    long one = key("2001:db8:1:2::1");
    assertEquals(one, key("2001:db8:1:2:ffff::9"));
    assertTrue(one != key("2001:db8:1:3::1"));
    assertTrue(key("192.0.2.1") != key("192.0.2.2"));
    var count = new ConnectionCount();
    assertTrue(count.enterClient(one, 1));
    assertEquals(false, count.enterClient(one, 1));
    assertEquals(1, count.clients());
    count.leaveClient(one);
    assertEquals(0, count.clients()); // nothing stays of a client that has gone
  }

  private static long key(String address) throws Exception {
    return ConnectionCount.keyOf(InetAddress.getByName(address));
  }

  @Test
  void answersAThousandPipelinedRequestsInOrder() throws Exception {
    var requests = new StringBuilder();
    for (int i = 0; i < 1000; i++) {
      requests.append(get("a", "/" + i));
    }
    Peer client = rig.client(requests.toString());
    Peer backend = rig.backend();
    for (int i = 0; i < 1000; i++) {
      backend.head("GET /" + i + " HTTP/1.1");
      backend.send(ok("answer " + i));
    }
    for (int i = 0; i < 1000; i++) {
      client.expect(ok("answer " + i));
    }
    assertEquals("served=1000", rig.summary());
  }

  @Test
  void keepsNothingOfAnOldConfigurationForATunnel() throws Exception {
    Tunnel tunnel = Tunnel.through(rig);
    Peer client = tunnel.client();
    Peer backend = tunnel.backend();
    WeakReference<Service> old =
        rig.onLoop(() -> new WeakReference<>(rig.loop().state().service()));
    rig.reload("timeouts = {idle = 9}");
    rig.await(
        "the old service is garbage",
        () -> {
          System.gc();
          return old.get() == null;
        });
    client.send("still there");
    backend.expect("still there");
  }
}
