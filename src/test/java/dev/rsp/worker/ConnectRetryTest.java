// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.get;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.FileNotFoundException;
import java.net.NoRouteToHostException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Requests for a place where nothing listens for a moment, as while a backend is restarted: they
 * wait, and are sent in order when it accepts.
 */
@Timeout(20)
final class ConnectRetryTest {
  private static final String RETRY = "timeouts = {connect_retry = 2}";
  private static final String UNREACHABLE = "the backend cannot be reached";

  /** A try, and the tick in which it is. */
  private static final int PAUSE_MILLIS = 100;

  /** {@code connect_retry}, a tick by which deadlines may be late, and the last tries. */
  private static final int PATIENCE_MILLIS = 2000 + 300;

  private @Nullable EmbeddedRig started;

  private EmbeddedRig rig(String... lines) throws Exception {
    List<String> all = new ArrayList<>(List.of(lines));
    if (!String.join("", lines).contains("connect_retry")) {
      all.add(RETRY);
    }
    EmbeddedRig rig = new EmbeddedRig(all.toArray(new String[0]));
    started = rig;
    return rig;
  }

  @AfterEach
  void close() {
    if (started != null) {
      started.close();
    }
  }

  /** Lets time pass, in which all connects are refused; returns how many there were. */
  private static int passRefusing(EmbeddedRig rig, int millis) {
    int tries = 0;
    for (int left = millis; left > 0; left -= PAUSE_MILLIS) {
      rig.pass(Math.min(left, PAUSE_MILLIS));
      while (rig.refusedIfAsked()) {
        tries++;
      }
    }
    return tries;
  }

  /** A backend serves one request, whatever its line is. */
  private static EmbeddedPeer serve(EmbeddedRig rig, EmbeddedPeer client, String start) {
    EmbeddedPeer backend = rig.backend();
    backend.expectStart(start);
    backend.send(ok("1"));
    client.expect(ok("1"));
    return backend;
  }

  @Test
  void aRequestWaitsUntilTheBackendAccepts() throws Exception {
    EmbeddedRig rig = rig();
    EmbeddedPeer client = rig.client(GET);
    assertTrue(rig.refusedIfAsked());
    client.expectNothing();
    assertTrue(passRefusing(rig, 1900) >= 15);
    client.expectOpen();
    rig.pass(PAUSE_MILLIS);
    serve(rig, client, "GET / HTTP/1.1");
    rig.expectEndings("served=1");
  }

  @Test
  void aPostWaitsAsWellBecauseNothingOfItWasSent() throws Exception {
    EmbeddedRig rig = rig();
    EmbeddedPeer client = rig.client(post("Content-Length: 4") + "bo");
    passRefusing(rig, 1000);
    client.send("dy");
    rig.rest();
    rig.pass(PAUSE_MILLIS);
    EmbeddedPeer backend = rig.backend();
    String request = backend.take();
    assertTrue(request.startsWith("POST / HTTP/1.1\r\n") && request.endsWith("\r\n\r\nbody"));
    backend.send(ok("1"));
    client.expect(ok("1"));
    rig.expectEndings("served=1");
  }

  @Test
  void aRequestWaitsForItsTimeAndNoLonger() throws Exception {
    EmbeddedRig rig = rig();
    EmbeddedPeer client = rig.client(GET);
    passRefusing(rig, 2000);
    client.expectOpen();
    passRefusing(rig, PATIENCE_MILLIS - 2000);
    client.expectRefusal(502, UNREACHABLE);
    rig.expectEndings("connect_failed=1");
    assertEquals(0, passRefusing(rig, 1000), "tries for nobody");
    assertEquals(0, rig.loop().queued());
  }

  @Test
  void atTheEndOfTheTimeThereIsALastTry() throws Exception {
    EmbeddedRig rig = rig();
    EmbeddedPeer client = rig.client(GET);
    passRefusing(rig, 2000);
    rig.pass(PAUSE_MILLIS);
    serve(rig, client, "GET / HTTP/1.1");
    rig.expectEndings("served=1");
  }

  @Test
  void aPlaceThatHasRefusedForLongerFailsAtOnce() throws Exception {
    EmbeddedRig rig = rig();
    EmbeddedPeer first = rig.client(GET);
    passRefusing(rig, PATIENCE_MILLIS);
    first.expectRefusal(502, UNREACHABLE);
    EmbeddedPeer second = rig.client(GET);
    assertTrue(rig.refusedIfAsked());
    second.expectRefusal(502, UNREACHABLE);
    rig.expectEndings("connect_failed=2");
  }

  @Test
  void oneThatComesLateInTheTimeHasItsOwnTimeAndLaterOnesFailAtOnce() throws Exception {
    EmbeddedRig rig = rig();
    EmbeddedPeer first = rig.client(GET);
    passRefusing(rig, 1500);
    EmbeddedPeer late = rig.client(GET);
    passRefusing(rig, 1000);
    first.expectRefusal(502, UNREACHABLE);
    late.expectOpen();
    EmbeddedPeer tooLate = rig.client(GET);
    assertTrue(rig.refusedIfAsked());
    tooLate.expectRefusal(502, UNREACHABLE);
    EmbeddedPeer lucky = rig.client(get("a", "/lucky"));
    serve(rig, lucky, "GET /lucky HTTP/1.1");
    // The place listens again: the one that waits need not wait for the next try.
    serve(rig, late, "GET / HTTP/1.1");
    rig.expectEndings("served=2 connect_failed=2");
  }

  @Test
  void aPlaceThatHasAcceptedMayBeWaitedForAgain() throws Exception {
    EmbeddedRig rig = rig();
    EmbeddedPeer first = rig.client(GET);
    passRefusing(rig, PATIENCE_MILLIS);
    first.expectRefusal(502, UNREACHABLE);
    EmbeddedPeer second = rig.client(GET);
    serve(rig, second, "GET / HTTP/1.1").end();
    rig.rest();
    EmbeddedPeer third = rig.client(GET);
    assertTrue(rig.refusedIfAsked());
    third.expectOpen();
    rig.pass(PAUSE_MILLIS);
    serve(rig, third, "GET / HTTP/1.1");
    rig.expectEndings("served=2 connect_failed=1");
  }

  @Test
  void aPlaceThatNobodyAskedForAMinuteMayHaveAcceptedMeanwhile() throws Exception {
    EmbeddedRig rig = rig();
    EmbeddedPeer first = rig.client(GET);
    passRefusing(rig, PATIENCE_MILLIS);
    first.expectRefusal(502, UNREACHABLE);
    first.end();
    rig.pass(61_000);
    EmbeddedPeer second = rig.client(GET);
    assertTrue(rig.refusedIfAsked());
    second.expectOpen();
    rig.pass(PAUSE_MILLIS);
    serve(rig, second, "GET / HTTP/1.1");
    rig.expectEndings("served=1 connect_failed=1");
  }

  @Test
  void withoutATimeARefusedConnectFailsAtOnce() throws Exception {
    EmbeddedRig rig = rig("timeouts = {connect_retry = 0}");
    EmbeddedPeer client = rig.client(GET);
    assertTrue(rig.refusedIfAsked());
    client.expectRefusal(502, UNREACHABLE);
    rig.expectEndings("connect_failed=1");
  }

  @Test
  void onlyTheFirstTriesAndTheOthersFollowInOrder() throws Exception {
    EmbeddedRig rig = rig();
    int requests = 40;
    List<EmbeddedPeer> clients = new ArrayList<>();
    for (int i = 0; i < requests; i++) {
      clients.add(rig.client(get("a", "/" + i)));
      if (i == 0) {
        assertTrue(rig.refusedIfAsked());
      }
    }
    assertTrue(passRefusing(rig, 1000) <= 20, "one try at a time");
    assertEquals(requests, rig.loop().queued());
    assertEquals(requests, rig.loads().inFlight());
    rig.pass(PAUSE_MILLIS);
    int atOnce = 1;
    int next = 0;
    while (next < requests) {
      List<EmbeddedPeer> asked = new ArrayList<>();
      int expected = Math.min(atOnce, requests - next);
      for (int i = 0; i < expected; i++) {
        asked.add(rig.connecting());
      }
      rig.expectNoConnect();
      asked.forEach(EmbeddedPeer::accept);
      rig.rest();
      for (EmbeddedPeer backend : asked) {
        backend.expectStart("GET /" + next + " HTTP/1.1");
        next++;
      }
      atOnce += expected;
    }
    rig.answerOverIdle(ok("1"));
    clients.forEach(client -> client.expect(ok("1")));
    rig.expectEndings("served=" + requests);
  }

  @Test
  void aBackendThatRefusesAgainIsTriedByOneAgain() throws Exception {
    EmbeddedRig rig = rig();
    for (int i = 0; i < 9; i++) {
      rig.client(get("a", "/" + i));
      rig.refusedIfAsked();
    }
    rig.pass(PAUSE_MILLIS);
    rig.backend().expectStart("GET /0 HTTP/1.1");
    rig.connecting().refuse();
    rig.connecting().refuse();
    rig.rest();
    rig.expectNoConnect();
    rig.pass(PAUSE_MILLIS);
    rig.backend().expectStart("GET /1 HTTP/1.1");
    rig.backend().expectStart("GET /2 HTTP/1.1");
    rig.acceptAtOnce();
    while (rig.backendIfAsked() != null) {}
    rig.answerOverIdle(ok("1"));
    rig.expectEndings("served=9");
  }

  @Test
  void aClientThatGoesAwayWaitsNoMore() throws Exception {
    EmbeddedRig rig = rig();
    EmbeddedPeer first = rig.client(get("a", "/1"));
    assertTrue(rig.refusedIfAsked());
    EmbeddedPeer second = rig.client(get("a", "/2"));
    first.reset();
    rig.rest();
    assertEquals(1, rig.loop().queued());
    rig.pass(PAUSE_MILLIS);
    serve(rig, second, "GET /2 HTTP/1.1");
    rig.expectEndings("served=1 client_gone_waiting=1");
  }

  @Test
  void aRequestThatIsSentAgainWaitsAsWell() throws Exception {
    EmbeddedRig rig = rig();
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = serve(rig, client, "GET / HTTP/1.1");
    client.send(GET);
    backend.expectStart("GET / HTTP/1.1");
    backend.reset();
    passRefusing(rig, 1000);
    client.expectOpen();
    rig.pass(PAUSE_MILLIS);
    serve(rig, client, "GET / HTTP/1.1");
    rig.expectEndings("served=2");
  }

  @Test
  void theNextPlaceHasTheRequestOnlyAfterTheWait() throws Exception {
    EmbeddedRig rig = rig("failover = 1 function select() return {1, 2} end");
    EmbeddedPeer client = rig.client(GET);
    passRefusing(rig, 2000);
    client.expectOpen();
    while (rig.loop().queued() > 0) {
      rig.pass(PAUSE_MILLIS);
      if (rig.loop().queued() > 0) {
        rig.refusedIfAsked();
      }
    }
    serve(rig, client, "GET / HTTP/1.1");
    // From now on the first is not waited for.
    EmbeddedPeer other = rig.client(GET);
    assertTrue(rig.refusedIfAsked());
    rig.answerOverIdle(ok("2"));
    other.expect(ok("2"));
    rig.expectEndings("served=2");
  }

  @Test
  void aRequestWaitsOnceHoweverManyPlacesRefuse() throws Exception {
    EmbeddedRig rig = rig("function select() return {1, 2} end");
    EmbeddedPeer client = rig.client(GET);
    passRefusing(rig, PATIENCE_MILLIS + PAUSE_MILLIS);
    client.expectRefusal(502, UNREACHABLE);
    rig.expectEndings("connect_failed=1");
  }

  @Test
  void norDoesItWaitInTheQueueThatOthersHaveMade() throws Exception {
    EmbeddedRig rig =
        rig("function select(r) if r.host == 'b' then return 2 end return {1, 2} end");
    EmbeddedPeer client = rig.client(GET);
    passRefusing(rig, 1500);
    EmbeddedPeer other = rig.client(get("b", "/"));
    passRefusing(rig, PATIENCE_MILLIS - 1500);
    client.expectRefusal(502, UNREACHABLE);
    other.expectOpen();
    other.expectNothing();
    passRefusing(rig, 1500);
    other.expectRefusal(502, UNREACHABLE);
    rig.expectEndings("connect_failed=2");
  }

  @Test
  void onFailureIsAskedAfterTheWait() throws Exception {
    EmbeddedRig rig =
        rig("function on_failure(r, f) refuse(503, f.reason .. ' ' .. f.attempt) end");
    EmbeddedPeer client = rig.client(GET);
    passRefusing(rig, 2000);
    client.expectOpen();
    passRefusing(rig, 300);
    client.expectRefusal(503, "refused 1");
    rig.expectEndings("refused_by_route=1");
  }

  @Test
  void aUnixSocketThatIsMissingIsWaitedFor() throws Exception {
    EmbeddedRig rig = rig("function select() return 'unix:/run/connect-retry.sock' end");
    EmbeddedPeer client = rig.client(GET);
    rig.connecting().socket().refuse(new FileNotFoundException("No such file or directory"));
    rig.rest();
    client.expectOpen();
    rig.pass(PAUSE_MILLIS);
    serve(rig, client, "GET / HTTP/1.1");
    rig.expectEndings("served=1");
  }

  @Test
  void aHostWithoutARouteIsNotWaitedFor() throws Exception {
    EmbeddedRig rig = rig();
    EmbeddedPeer client = rig.client(GET);
    rig.connecting().socket().refuse(new NoRouteToHostException("No route to host"));
    client.expectRefusal(502, UNREACHABLE);
    rig.expectEndings("connect_failed=1");
  }

  @Test
  void aTryThatTakesLongDoesNotHoldUpTheOthersBeyondTheirTime() throws Exception {
    EmbeddedRig rig = rig("timeouts = {connect_retry = 2, connect = 30}");
    EmbeddedPeer first = rig.client(get("a", "/1"));
    assertTrue(rig.refusedIfAsked());
    EmbeddedPeer second = rig.client(get("a", "/2"));
    rig.pass(PAUSE_MILLIS);
    EmbeddedPeer silent = rig.connecting();
    rig.pass(PATIENCE_MILLIS);
    second.expectRefusal(502, UNREACHABLE);
    first.expectOpen();
    silent.accept();
    silent.expectStart("GET /1 HTTP/1.1");
    silent.send(ok("1"));
    first.expect(ok("1"));
    rig.expectEndings("served=1 connect_failed=1");
  }

  @Test
  void aStopWaitsForTheRequestsThatWait() throws Exception {
    EmbeddedRig rig = rig();
    EmbeddedPeer client = rig.client(GET);
    assertTrue(rig.refusedIfAsked());
    rig.loop().drain();
    rig.pass(PAUSE_MILLIS);
    EmbeddedPeer backend = rig.backend();
    backend.send(ok("1"));
    assertTrue(client.take().contains("\r\nConnection: close\r\n"));
    rig.expectEndings("served=1");
  }

  @Test
  void aReloadSendsThemToTheNewAddressInOrder() throws Exception {
    EmbeddedRig rig = rig();
    EmbeddedPeer first = rig.client(get("a", "/1"));
    assertTrue(rig.refusedIfAsked());
    EmbeddedPeer second = rig.client(get("a", "/2"));
    rig.pass(PAUSE_MILLIS);
    EmbeddedPeer old = rig.connecting(); // under way when the address changes
    rig.serve(Rig.config("127.0.0.1", 3, 2, RETRY));
    old.expectClosed();
    serve(rig, first, "GET /1 HTTP/1.1");
    serve(rig, second, "GET /2 HTTP/1.1");
    assertEquals(0, rig.loop().queued());
    rig.expectEndings("served=2");
  }

  @Test
  void aReloadThatLeavesTheAddressLeavesThemWaiting() throws Exception {
    EmbeddedRig rig = rig();
    EmbeddedPeer client = rig.client(GET);
    assertTrue(rig.refusedIfAsked());
    rig.serve(EmbeddedRig.config(RETRY));
    assertEquals(1, rig.loop().queued());
    rig.pass(PAUSE_MILLIS);
    serve(rig, client, "GET / HTTP/1.1");
    rig.expectEndings("served=1");
  }

  @Test
  void aReloadMayRefuseThem() throws Exception {
    EmbeddedRig rig = rig();
    EmbeddedPeer client = rig.client(GET);
    assertTrue(rig.refusedIfAsked());
    rig.serve(
        Rig.config("127.0.0.1", 3, 2, RETRY, "function select() refuse(404, 'no such site') end"));
    client.expectRefusal(404, "no such site");
    rig.expectEndings("refused_by_route=1");
  }

  @Test
  void thoseThatWaitCountForTheShareOfTheSlot() throws Exception {
    EmbeddedRig rig = rig("limits = {connections = 10, slot_share = 50}");
    List<EmbeddedPeer> clients = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      clients.add(rig.client(GET));
      rig.refusedIfAsked();
    }
    int waiting = rig.loop().queued();
    assertTrue(waiting < 8, "waiting: " + waiting);
    clients.get(7).expectRefusal(503, "too many requests wait for this backend");
    assertNull(rig.backendIfAsked());
    rig.pass(PAUSE_MILLIS);
    rig.acceptAtOnce();
    while (rig.backendIfAsked() != null) {}
    rig.answerOverIdle(ok("1"));
    rig.expectEndings("served=" + waiting + " limit_slot=" + (8 - waiting));
  }
}
