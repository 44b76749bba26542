// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.get;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of a request for a place that has its share of requests in flight. */
@Timeout(60)
final class OverShareTest {
  /** Of eight connections, one place that hangs gets four. */
  private static final String LIMIT = "limits = {connections = 8}";

  private static final int SHARE = 4;
  private static final String WHY = "too many requests wait for this backend";

  @AutoClose private EmbeddedRig rig;

  @BeforeEach
  void start() throws Exception {
    rig = new EmbeddedRig(LIMIT);
  }

  private void reload(String... lines) throws Exception {
    rig.serve(EmbeddedRig.config(lines));
  }

  /** Sends so many requests to a host whose backend accepts them and does not answer. */
  private List<EmbeddedPeer> hang(String host, int requests) {
    List<EmbeddedPeer> backends = new ArrayList<>();
    for (int i = 0; i < requests; i++) {
      rig.client(get(host, "/hangs"));
      EmbeddedPeer backend = rig.backend();
      backend.expectStart("GET /hangs HTTP/1.1");
      backends.add(backend);
    }
    return backends;
  }

  @Test
  void itIsRefusedAtOnceAndItsConnectionServesOtherHosts() throws Exception {
    hang("a", SHARE);
    EmbeddedPeer client = rig.client(GET);
    rig.expectNoConnect();
    String refusal = client.take();
    assertTrue(refusal.startsWith("HTTP/1.1 503 Service Unavailable\r\n"), refusal);
    assertTrue(refusal.contains("\r\nRetry-After: 2\r\n"), refusal);
    assertFalse(refusal.contains("Connection: close"), refusal);
    assertTrue(refusal.endsWith("\r\n\r\n503 " + WHY + "\n"), refusal);
    client.send(get("b", "/other"));
    EmbeddedPeer other = rig.backend();
    other.expectStart("GET /other HTTP/1.1");
    other.send(ok("b"));
    client.expect(ok("b"));
    endings("served=1 limit_slot=1 client_gone_waiting=4");
  }

  /** Those that hang end with their clients. */
  private void endings(String summary) {
    rig.leave();
    rig.expectEndings(summary);
  }

  @Test
  void aSecondPlaceThatHangsStillHasRoomAndLeavesSome() throws Exception {
    hang("a", SHARE);
    hang("b", 2);
    rig.client(get("b", "/")).expectRefusal(503, WHY);
    assertEquals(6, rig.loads().inFlight());
    endings("limit_slot=1 client_gone_waiting=6");
  }

  @Test
  void thereIsRoomAgainAsSoonAsTheBackendAnswersOne() throws Exception {
    List<EmbeddedPeer> backends = hang("a", SHARE);
    EmbeddedPeer client = rig.client(GET);
    client.expectRefusal(503, WHY);
    backends.get(0).send(ok("1"));
    rig.rest();
    client.send(get("a", "/again"));
    backends.get(0).expectStart("GET /again HTTP/1.1");
    rig.client(GET).expectRefusal(503, WHY);
    backends.get(0).send(ok("2"));
    client.expect(ok("2"));
    endings("served=2 limit_slot=2 client_gone_waiting=3");
  }

  @Test
  void aClientThatPipelinesGetsARefusalForEach() throws Exception {
    hang("a", SHARE);
    EmbeddedPeer client = rig.client(GET.repeat(3) + get("b", "/other"));
    EmbeddedPeer other = rig.backend();
    other.send(ok("b"));
    String answers = client.take();
    assertEquals(3, answers.split("503 " + WHY, -1).length - 1, answers);
    assertTrue(answers.endsWith(ok("b")), answers);
    endings("served=1 limit_slot=3 client_gone_waiting=4");
  }

  @Test
  void anUploadIsRefusedBeforeItsBodyAndEndsItsConnection() throws Exception {
    hang("a", SHARE);
    EmbeddedPeer client = rig.client(post("Content-Length: 1000000") + "x");
    rig.expectNoConnect();
    assertTrue(client.take().contains("\r\nConnection: close\r\n"));
    client.expectEnd();
    endings("limit_slot=1 client_gone_waiting=4");
  }

  @Test
  void aClientGivesItsConnectionBackWhenFewAreLeft() throws Exception {
    hang("a", SHARE);
    rig.client();
    rig.client();
    EmbeddedPeer client = rig.client(GET);
    assertTrue(client.take().contains("\r\nConnection: close\r\n"));
    client.expectEnd();
    endings("limit_slot=1 client_gone_waiting=4");
  }

  @Test
  void neitherTheNextPlaceNorOnFailureIsAsked() throws Exception {
    reload(
        LIMIT,
        "function select(r) return {1, 2} end",
        "function on_failure(r, f) refuse(500, 'asked') end");
    hang("a", SHARE);
    rig.client(GET).expectRefusal(503, WHY);
    rig.expectNoConnect();
    endings("limit_slot=1 client_gone_waiting=4");
  }

  @Test
  void aPlaceThatIsTriedAfterAnotherIsBoundedAsWell() throws Exception {
    reload(LIMIT, "function select(r) return r.host == 'both' and {1, 2} or 2 end");
    hang("b", SHARE);
    EmbeddedPeer client = rig.client(get("both", "/"));
    rig.connecting().refuse();
    client.expectRefusal(503, WHY);
    rig.expectNoConnect();
    endings("limit_slot=1 client_gone_waiting=4");
  }

  @Test
  void eachPlaceThatAScriptNamesHasAShareOfItsOwn() throws Exception {
    reload(LIMIT, "function select(r) return 'unix:/run/app/' .. r.host .. '.sock' end");
    hang("one", SHARE);
    rig.client(get("one", "/")).expectRefusal(503, WHY);
    hang("another", 1);
    assertEquals(4, rig.loads().places()); // two of them are listed
    endings("limit_slot=1 client_gone_waiting=5");
  }

  @Test
  void aConnectionThatIsNotAcceptedCounts() throws Exception {
    for (int i = 0; i < SHARE; i++) {
      rig.client(GET);
      rig.connecting();
    }
    rig.client(GET).expectRefusal(503, WHY);
    endings("limit_slot=1 client_gone_waiting=4");
  }

  @Test
  void aRequestThatWaitsInTheQueueOfAUnixSocketCounts() throws Exception {
    reload(LIMIT, "function select(r) return r.host == 'b' and 2 or 'unix:/run/full.sock' end");
    for (int i = 0; i < SHARE; i++) {
      rig.client(GET);
    }
    rig.connecting().socket().refuse(new IOException("connect(..) failed with error(-11)"));
    rig.rest();
    rig.client(GET).expectRefusal(503, WHY);
    assertEquals(SHARE, rig.loads().inFlight());
    endings("limit_slot=1 client_gone_waiting=4");
  }

  @Test
  void aTunnelCounts() throws Exception {
    List<EmbeddedPeer> tunnels = new ArrayList<>();
    for (int i = 0; i < SHARE; i++) {
      EmbeddedPeer client = rig.client(Tunnel.ASKED);
      rig.backend().send(Tunnel.SWITCHED);
      client.expect(Tunnel.SWITCHED);
      tunnels.add(client);
    }
    EmbeddedPeer client = rig.client(GET);
    client.expectRefusal(503, WHY);
    tunnels.get(0).reset();
    rig.rest();
    client.send(GET);
    rig.backend().send(ok("1"));
    client.expect(ok("1"));
    endings("served=1 tunnelled=4 limit_slot=1");
  }

  @Test
  void aBodyThatWasHeldForItsLengthIsLookedAtOnceMoreWhenItIsWhole() throws Exception {
    reload(LIMIT, "function select(r) return 'uwsgi:unix:/run/app.sock' end");
    EmbeddedPeer upload = rig.client(post("Transfer-Encoding: chunked"));
    rig.expectNoConnect();
    for (int i = 0; i < SHARE; i++) {
      rig.client(GET);
      rig.connecting();
    }
    upload.send("2\r\nhi\r\n0\r\n\r\n");
    upload.expectRefusal(503, WHY);
    rig.expectNoConnect();
    endings("limit_slot=1 client_gone_waiting=4");
  }

  @Test
  void aShareOfAHundredPercentIsNoBound() throws Exception {
    reload("limits = {connections = 8, slot_share = 100}");
    hang("a", 8);
    endings("client_gone_waiting=8");
  }

  @Test
  void theOnlyBackendHasNoBound() throws Exception {
    reload(LIMIT, "backends = {'127.0.0.1:1'} select = nil");
    hang("a", 8);
    endings("client_gone_waiting=8");
  }
}
