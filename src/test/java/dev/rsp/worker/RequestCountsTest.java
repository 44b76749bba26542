// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.get;
import static dev.rsp.worker.Messages.ok;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.exchange.RequestCounts;
import dev.rsp.exchange.SlotTotals;
import dev.rsp.lua.CallCounts;
import dev.rsp.metrics.BusyHosts;
import dev.rsp.route.Why;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is counted of requests by slot, for the figures of the control socket. */
@Timeout(20)
final class RequestCountsTest {
  private static final String COUNTED = "control = \"/nowhere/control.sock\"";

  /** The first of the rig's backends, which has no other name. */
  private static final String SLOT = "127.0.0.1:1";

  @AutoClose private EmbeddedRig rig;

  @BeforeEach
  void start() throws Exception {
    rig = new EmbeddedRig(COUNTED);
  }

  private Map<String, SlotTotals> totals() {
    return SlotTotals.of(List.of(rig.loop().requests()));
  }

  private SlotTotals of(String slot) {
    return Objects.requireNonNull(totals().get(slot), () -> slot + " of " + totals().keySet());
  }

  /** The requests of a slot as {@code 2xx served=1}. */
  private String requests(String slot) {
    List<String> all = new ArrayList<>();
    of(slot).requests((status, ending, n) -> all.add(status + " " + ending.label() + "=" + n));
    return String.join(", ", all);
  }

  private void serve(String request, String response) {
    EmbeddedPeer client = rig.client(request);
    EmbeddedPeer fresh = rig.backendIfAsked();
    if (fresh == null) {
      rig.answerOverIdle(response);
    } else {
      fresh.send(response);
    }
    client.take();
    rig.rest();
  }

  @Test
  void aRequestIsCountedBySlotStatusAndEndingWithItsBytesAndTimes() {
    String request = Messages.lines("POST / HTTP/1.1", "Host: a", "Content-Length: 5") + "hello";
    EmbeddedPeer client = rig.client(request);
    rig.backend().send(ok("abc"));
    int responseBytes = client.take().length();
    rig.expectEndings("served=1");
    assertEquals("2xx served=1", requests(SLOT));
    SlotTotals totals = of(SLOT);
    assertEquals(request.length(), totals.requestBytes());
    assertEquals(responseBytes, totals.responseBytes());
    assertEquals(1, totals.connects());
    assertEquals(0, totals.retries());
    assertEquals(1, totals.duration().count());
    assertEquals(1, totals.firstByte().count());
    assertEquals(0, of(RequestCounts.NONE).count());
    assertEquals(1, rig.loop().requests().get(Why.SCRIPT));
  }

  @Test
  void theStatusOfTheBackendIsTheClass() {
    serve(GET, "HTTP/1.1 503 no\r\nContent-Length: 0\r\n\r\n");
    serve(GET, "HTTP/1.1 404 no\r\nContent-Length: 0\r\n\r\n");
    serve(GET, "HTTP/1.1 301 no\r\nContent-Length: 0\r\n\r\n");
    rig.expectEndings("served=3");
    assertEquals("3xx served=1, 4xx served=1, 5xx served=1", requests(SLOT));
  }

  @Test
  void aRequestThatNeedsNoSlotIsCountedWithoutOne() {
    rig.client("GET / HTTP/1.1\r\n\r\n").take();
    rig.expectEndings("refused=1");
    assertEquals("4xx refused=1", requests(RequestCounts.NONE));
  }

  @Test
  void aSlotThatCannotBeReachedHasTheFailure() throws Exception {
    rig.serve(EmbeddedRig.config(COUNTED, "timeouts = { connect_retry = 0 }"));
    EmbeddedPeer client = rig.client(GET);
    rig.connecting().refuse();
    client.take();
    rig.expectEndings("connect_failed=1");
    assertEquals("5xx connect_failed=1", requests(SLOT));
    assertEquals(0, of(SLOT).firstByte().count());
  }

  @Test
  void aClientThatGoesGetsNoStatus() {
    EmbeddedPeer client = rig.client(GET);
    rig.backend();
    client.reset();
    rig.rest();
    rig.expectEndings("client_gone_waiting=1");
    assertEquals("none client_gone_waiting=1", requests(SLOT));
  }

  @Test
  void aRequestThatIsSentAgainIsARetry() {
    EmbeddedPeer first = rig.client(GET);
    EmbeddedPeer backend = rig.backend();
    backend.send(ok("a"));
    first.take();
    EmbeddedPeer client = rig.client(GET);
    backend.reset();
    rig.backend().send(ok("b"));
    client.take();
    rig.expectEndings("served=2");
    assertEquals(1, of(SLOT).retries());
    assertEquals(2, of(SLOT).connects());
  }

  @Test
  void aTunnelIsNoLongRequest() {
    EmbeddedPeer client =
        rig.client(
            Messages.lines(
                "GET / HTTP/1.1", "Host: a", "Connection: upgrade", "Upgrade: websocket"));
    EmbeddedPeer backend = rig.backend();
    backend.send(
        Messages.lines(
            "HTTP/1.1 101 Switching Protocols", "Connection: upgrade", "Upgrade: websocket"));
    client.take();
    backend.reset();
    rig.rest();
    client.reset();
    rig.rest();
    rig.expectEndings("tunnelled=1");
    assertEquals("1xx tunnelled=1", requests(SLOT));
    assertEquals(0, of(SLOT).duration().count());
  }

  @Test
  void aPlaceThatOnlyTheScriptNamesIsOneOfTheOthers() throws Exception {
    rig.serve(
        EmbeddedRig.config(
            COUNTED, "function select(request) return \"127.0.0.1:\" .. #request.host end"));
    serve(get("xx.x", "/"), ok(""));
    serve(get("xxx", "/"), ok(""));
    rig.expectEndings("served=2");
    assertEquals("2xx served=2", requests(RequestCounts.OTHER));
  }

  @Test
  void aSlotThatAReloadRemovesIsForgottenAndWhatItStillServesIsOneOfTheOthers() throws Exception {
    serve(GET, ok("a"));
    EmbeddedPeer client = rig.client(GET);
    rig.serve(Rig.config("127.0.0.1", 3, 4, COUNTED));
    assertTrue(!totals().containsKey(SLOT), () -> "still counted: " + totals().keySet());
    rig.answerOverIdle(ok("b"));
    client.take();
    rig.expectEndings("served=2");
    assertEquals("2xx served=1", requests(RequestCounts.OTHER));
  }

  @Test
  void countsOfAScriptGoOnAfterAReload() throws Exception {
    String script =
        "function select(request) if request.path == '/bad' then error('x') end"
            + " if request.path == '/long' then while true do end end return 1 end";
    rig.serve(EmbeddedRig.config(COUNTED, script));
    serve(GET, ok("a"));
    rig.client(get("a", "/bad")).take();
    rig.serve(EmbeddedRig.config(COUNTED, script));
    rig.client(get("a", "/long")).take();
    rig.expectEndings("served=1 refused_by_route=2");
    assertEquals(2, rig.takeErrors().size(), "one of each configuration");
    assertEquals(new CallCounts(3, 2, 1), rig.loop().use().calls());
    assertEquals(3, rig.loop().requests().get(Why.SCRIPT));
  }

  @Test
  void aRouteThatIsCachedIsCountedAsSuch() throws Exception {
    rig.serve(EmbeddedRig.config(COUNTED, "function select(request) return 1 end"));
    serve(GET, ok("a"));
    serve(GET, ok("b"));
    rig.expectEndings("served=2");
    assertEquals(1, rig.loop().requests().get(Why.SCRIPT));
    assertEquals(1, rig.loop().requests().get(Why.CACHED));
    assertEquals(1, rig.loop().use().cachedHosts());
    assertEquals(1, rig.loop().use().calls().runs());
  }

  @Test
  void theBusiestHostsOfTheLastMinuteAreKnownIfSomebodyWantsThem() throws Exception {
    serve(GET, ok("a"));
    rig.serve(EmbeddedRig.config(COUNTED, "metrics = { top_hosts = 1 }"));
    serve(GET, ok("b"));
    serve(get("A.", "/"), ok("c"));
    rig.client("GET / HTTP/1.1\r\n\r\n").take();
    rig.expectEndings("served=3 refused=1");
    long nextMinute = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
    assertEquals(
        List.of(new BusyHosts.Host("a", SLOT, 2)), rig.loop().requests().busyHosts(nextMinute));
    rig.serve(EmbeddedRig.config(COUNTED));
    assertEquals(List.of(), rig.loop().requests().busyHosts(nextMinute));
  }

  @Test
  void nothingIsCountedUnlessSomebodyMayAsk() throws Exception {
    rig.serve(EmbeddedRig.config());
    serve(GET, ok("a"));
    rig.expectEndings("served=1");
    assertTrue(totals().values().stream().allMatch(slot -> slot.count() == 0));
    assertEquals(0, rig.loop().requests().get(Why.HASH));
  }

  @Test
  void idleConnectionsAndQueuedRequestsAreKnownByPlace() throws Exception {
    rig.serve(EmbeddedRig.config(COUNTED, "timeouts = { connect_retry = 1000 }"));
    serve(GET, ok("a"));
    assertEquals(List.of(1), List.copyOf(rig.loop().use().idle().values()));
    assertEquals(Map.of(), rig.loop().use().queued());
    EmbeddedPeer client = rig.client(get("b", "/"));
    rig.connecting().refuse();
    rig.rest();
    assertEquals(List.of(1), List.copyOf(rig.loop().use().queued().values()));
    client.reset();
    rig.rest();
    rig.expectEndings("served=1 client_gone_waiting=1");
  }
}
