// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.rsp.exchange.BackendLog;
import dev.rsp.exchange.Loads;
import dev.rsp.exchange.SlotUse;
import io.netty.channel.ChannelException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.BindException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** Each way in which a backend fails is logged with its slot, and the log is not filled. */
@Timeout(60)
final class BackendLogTest {
  private static final String A = "Host: a.example\r\n\r\n";
  private static final String GET = "GET / HTTP/1.1\r\n" + A;
  private static final String POST = "POST / HTTP/1.1\r\nContent-Length: 3\r\n" + A + "abc";
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  private static final String HALF = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok";
  private static final String CHUNKED =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n";
  private static final String FIRST =
      "backend failed slot=127.0.0.1:1 address=127.0.0.1:1 tried=127.0.0.1:1 reason=";

  private final Logger logger = (Logger) LoggerFactory.getLogger(BackendLog.class);
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

  @BeforeEach
  void listen() {
    lines.start();
    logger.addAppender(lines);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(lines);
  }

  private List<String> takeLines() {
    List<String> taken =
        new ArrayList<>(lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList());
    lines.list.clear();
    return taken;
  }

  private void assertLines(String... expected) {
    assertEquals(List.of(expected), takeLines());
  }

  /** What an operator of the smallest configuration sees of a failure. */
  private interface Failure {
    void happen(EmbeddedRig rig);
  }

  private void assertLogged(String expected, Failure failure, String... keys) throws Exception {
    try (EmbeddedRig rig = new EmbeddedRig(keys)) {
      failure.happen(rig);
      rig.acceptEndings();
      assertLines(FIRST + expected);
    }
  }

  // Kinds ----------------------------------------------------------------------------------------

  @Test
  void aRefusedConnection() throws Exception {
    assertLogged(
        "refused: Connection refused",
        rig -> {
          EmbeddedPeer client = rig.client(GET);
          rig.connecting().refuse();
          client.expectRefusal(502, "the backend cannot be reached");
        },
        "timeouts = { connect = 3 }");
  }

  private static void failConnect(EmbeddedRig rig, IOException why) {
    rig.client(GET);
    rig.connecting().socket().refuse(why);
    rig.rest();
  }

  @Test
  void aUnixSocketThatIsMissing() throws Exception {
    assertLogged(
        "missing: No such file or directory",
        rig -> failConnect(rig, new FileNotFoundException("No such file or directory")));
    assertLogged(
        "missing: No such file or directory",
        rig -> failConnect(rig, new FileNotFoundException())); // as Netty's native transports
  }

  @Test
  void aPlaceWithoutARoute() throws Exception {
    assertLogged(
        "unreachable: No route to host",
        rig -> failConnect(rig, new NoRouteToHostException("No route to host")));
  }

  /** Netty's native transports throw these without a message. */
  @Test
  void anErrorThatIsOnlyTheNameOfAClassInJavaIsTheSystemsText() throws Exception {
    assertLogged(
        "missing: No such file or directory", rig -> failConnect(rig, new FileNotFoundException()));
    assertLogged(
        "unreachable: No route to host, or network unreachable",
        rig -> failConnect(rig, new NoRouteToHostException()));
  }

  @Test
  void aMachineWithoutLocalPorts() throws Exception {
    assertLogged(
        "exhausted: Cannot assign requested address",
        rig -> failConnect(rig, new BindException("Cannot assign requested address")));
  }

  @Test
  void aProcessWithoutDescriptors() throws Exception {
    assertLogged(
        "exhausted: Too many open files",
        rig -> {
          rig.refuseOpening(
              new ChannelException(
                  "Failed to open a socket.", new SocketException("Too many open files")));
          EmbeddedPeer client = rig.client(GET);
          client.expectRefusal(503, "out of connections to the backend");
        });
  }

  @Test
  void aConnectionThatIsNotAccepted() throws Exception {
    assertLogged(
        "connect_timeout: the connection was not accepted within timeouts.connect",
        rig -> {
          EmbeddedPeer client = rig.client(GET);
          rig.connecting();
          rig.pass(4_000);
          client.expectRefusal(504, "the backend took too long to accept the connection");
        });
  }

  @Test
  void aConnectionThatIsClosedBeforeTheResponse() throws Exception {
    assertLogged(
        "closed: it closed the connection before the end of a response head",
        rig -> {
          rig.client(POST);
          rig.backend().end();
        });
  }

  @Test
  void aConnectionThatIsClosedInTheHeadOfTheResponse() throws Exception {
    assertLogged(
        "closed: it closed the connection before the end of a response head",
        rig -> {
          rig.client(POST);
          EmbeddedPeer backend = rig.backend();
          backend.send("HTTP/1.1 200 OK\r\nServ");
          backend.end();
        });
  }

  @Test
  void aConnectionThatIsResetBeforeTheResponse() throws Exception {
    assertLogged(
        "closed: Connection reset by peer",
        rig -> {
          rig.client(POST);
          rig.backend().reset();
        });
  }

  @Test
  void aResponseThatIsNone() throws Exception {
    assertLogged(
        "malformed: malformed status line",
        rig -> {
          rig.client(GET);
          rig.backend().send("HELO\r\n\r\n");
          rig.leaveBackendsUnjudged();
        });
  }

  @Test
  void theOptionThatWouldAcceptAResponse() throws Exception {
    assertLogged(
        "malformed: malformed status line (lenient.response_lf would accept it)",
        rig -> {
          rig.client(GET);
          rig.backend().send("HTTP/1.1 200 OK\nContent-Length: 0\n\n");
          rig.leaveBackendsUnjudged();
        });
  }

  @Test
  void theOptionThatWouldAcceptABody() throws Exception {
    assertLogged(
        "malformed_body: malformed body of the backend's response"
            + " (lenient.response_lf would accept it)",
        rig -> {
          rig.client(GET);
          EmbeddedPeer backend = rig.backend();
          backend.send(CHUNKED);
          rig.rest();
          backend.send("2\nok\n0\n\n");
          rig.leaveBackendsUnjudged();
        });
  }

  @Test
  void aResponseThatEndsInTheMiddle() throws Exception {
    assertLogged(
        "truncated: it closed the connection in the middle of the response body",
        rig -> {
          rig.client(GET);
          EmbeddedPeer backend = rig.backend();
          backend.send(HALF);
          backend.end();
        });
  }

  @Test
  void aResponseThatIsResetInTheMiddle() throws Exception {
    assertLogged(
        "truncated: Connection reset by peer",
        rig -> {
          rig.client(GET);
          EmbeddedPeer backend = rig.backend();
          backend.send(HALF);
          rig.rest();
          backend.reset();
        });
  }

  @Test
  void aBodyThatBreaksItsFraming() throws Exception {
    assertLogged(
        "malformed_body: malformed body of the backend's response",
        rig -> {
          rig.client(GET);
          EmbeddedPeer backend = rig.backend();
          backend.send(CHUNKED);
          rig.rest();
          backend.send("zz\r\n");
          rig.leaveBackendsUnjudged();
        });
  }

  @Test
  void aResponseThatDoesNotCome() throws Exception {
    assertLogged(
        "response_timeout: no response within timeouts.response",
        rig -> {
          EmbeddedPeer client = rig.client(GET);
          rig.backend();
          rig.pass(61_000);
          client.expectRefusal(504, "the backend took too long to answer");
        });
  }

  private void assertLoggedOfHttp2(String expected, Failure failure) throws Exception {
    try (EmbeddedRig rig = new EmbeddedRig(Http2BackendTest.H2C)) {
      rig.leaveBackendsUnjudged();
      failure.happen(rig);
      rig.acceptEndings();
      String place = "h2c://127.0.0.1:1";
      assertLines(
          "backend failed slot=one address=%s tried=127.0.0.1:1 reason=".formatted(place)
              + expected);
    }
  }

  @Test
  void aRequestThatHttp2Refuses() throws Exception {
    assertLoggedOfHttp2(
        "stream_refused: it reset the stream: REFUSED_STREAM",
        rig -> {
          rig.client(POST);
          Http2Peer backend = Http2Peer.backend(rig);
          for (int stream = 1; stream <= 5; stream += 2) {
            backend.frames();
            backend.frame(Http2Peer.RST_STREAM, 0, stream, 7);
          }
        });
  }

  @Test
  void aRequestThatABackendDoesNotTakeOverHttp2() throws Exception {
    assertLoggedOfHttp2(
        "http2: the backend demands HTTP/1.1 for this request",
        rig -> {
          rig.client(GET);
          Http2Peer.backend(rig).frame(Http2Peer.RST_STREAM, 0, 1, 13);
        });
    assertLoggedOfHttp2(
        "http2: the backend does not take WebSockets over HTTP/2",
        rig -> {
          rig.client("GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n" + A);
          Http2Peer.backend(rig);
        });
  }

  @Test
  void aRequestThatIsNotTaken() throws Exception {
    assertLogged(
        "request_stalled: it took no more of the request within timeouts.idle",
        rig -> {
          EmbeddedPeer client =
              rig.client("POST / HTTP/1.1\r\nContent-Length: 3000000\r\n" + A + "abc");
          rig.backend().takes(0);
          client.send("x".repeat(1_000_000));
          rig.pass(70_000);
        });
  }

  @Test
  void aResponseThatDoesNotGoOn() throws Exception {
    assertLogged(
        "stalled: the response body did not continue within timeouts.idle",
        rig -> {
          rig.client(GET);
          rig.backend().send(HALF);
          rig.pass(70_000);
        });
  }

  @Test
  void aBackendThatHasItsShareOfAllConnections() throws Exception {
    try (EmbeddedRig rig = new EmbeddedRig("limits = { connections = 4, slot_share = 25 }")) {
      rig.acceptAtOnce();
      for (int i = 0; i < 3; i++) {
        rig.client(GET);
      }
      rig.leave();
      rig.acceptEndings();
      List<String> taken = takeLines();
      assertEquals(1, taken.size(), taken::toString);
      assertEquals(FIRST + "over_share: in_flight=1 total=1", taken.get(0));
    }
  }

  @Test
  void nothingThatAClientDid() throws Exception {
    try (EmbeddedRig rig = new EmbeddedRig()) {
      EmbeddedPeer waiting = rig.client(GET);
      rig.backend();
      waiting.reset();
      EmbeddedPeer reading = rig.client(GET);
      rig.backend().send(HALF);
      rig.rest();
      reading.reset();
      EmbeddedPeer sending = rig.client("POST / HTTP/1.1\r\nContent-Length: 9\r\n" + A + "abc");
      rig.backend();
      rig.pass(61_000);
      sending.expectRefusal(408, "the request body took too long");
      rig.client("GET / HTTP/9.9\r\n" + A);
      rig.acceptEndings();
      assertLines();
    }
  }

  @Test
  void notAnIdleConnectionThatTheBackendCloses() throws Exception {
    try (EmbeddedRig rig = new EmbeddedRig()) {
      EmbeddedPeer client = rig.client(GET);
      EmbeddedPeer first = rig.backend();
      first.send(OK);
      rig.rest();
      client.send(GET);
      rig.rest();
      first.end(); // it may not have seen the request, which is sent again
      rig.backend().send(OK);
      rig.acceptEndings();
      assertLines();
    }
  }

  // How often ------------------------------------------------------------------------------------

  private static void refuse(EmbeddedRig rig, String host) {
    rig.client("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    assertTrue(rig.refusedIfAsked());
  }

  @Test
  void theFirstFailureAtOnceThenSumsAndThenThatItAnswersAgain() throws Exception {
    try (EmbeddedRig rig = new EmbeddedRig("timeouts = { head = 600, keepalive = 600 }")) {
      for (int i = 0; i < 240; i++) { // two minutes
        refuse(rig, "a.example");
        rig.pass(500);
      }
      EmbeddedPeer client = rig.client(GET);
      EmbeddedPeer backend = rig.backend();
      backend.send(OK);
      rig.pass(500);
      client.send(GET);
      backend.send(OK);
      rig.pass(2_000);
      rig.acceptEndings();
      String sum =
          "backend still fails slot=127.0.0.1:1 address=127.0.0.1:1 tried=127.0.0.1:1"
              + " failing_for_s=%s failures=%d refused=%d: Connection refused";
      assertLines(
          FIRST + "refused: Connection refused",
          sum.formatted("10.0", 19, 19),
          sum.formatted("30.0", 40, 40),
          sum.formatted("70.0", 80, 80),
          "backend answers again slot=127.0.0.1:1 address=127.0.0.1:1 after_s=120.5 failures=240");
    }
  }

  private static final String RETRY = "timeouts = {connect_retry = 2}";
  private static final String AWAITED =
      "backend awaited slot=127.0.0.1:1 address=127.0.0.1:1 tried=127.0.0.1:1 reason=refused:"
          + " Connection refused";

  @Test
  void aRestartThatLosesNoRequestHasOneLine() throws Exception {
    try (EmbeddedRig rig = new EmbeddedRig(RETRY)) {
      EmbeddedPeer client = rig.client(GET);
      for (int i = 0; i < 10; i++) {
        while (rig.refusedIfAsked()) {
          rig.rest();
        }
        rig.pass(100);
      }
      rig.backend().send(OK);
      client.expectStart("HTTP/1.1 200 OK");
      rig.acceptEndings();
      assertLines(AWAITED);
    }
  }

  @Test
  void aBackendThatStaysDeadIsAFailureWhenTheRetriesHaveEnded() throws Exception {
    try (EmbeddedRig rig = new EmbeddedRig(RETRY)) {
      rig.client(GET);
      for (int i = 0; i < 30; i++) {
        while (rig.refusedIfAsked()) {
          rig.rest();
        }
        rig.pass(100);
      }
      refuse(rig, "a.example"); // at once
      rig.acceptEndings();
      assertLines(AWAITED, FIRST + "refused: Connection refused");
    }
  }

  @Test
  void eachSlotHasItsLines() throws Exception {
    try (EmbeddedRig rig = new EmbeddedRig()) {
      for (int i = 0; i < 10; i++) {
        refuse(rig, "a.example");
      }
      refuse(rig, "b.example");
      rig.acceptEndings();
      assertLines(
          FIRST + "refused: Connection refused",
          FIRST.replace(":1", ":2") + "refused: Connection refused");
    }
  }

  @Test
  void eachKindHasItsFirstLineWhileAnotherGoesOn() throws Exception {
    try (EmbeddedRig rig = new EmbeddedRig()) {
      refuse(rig, "a.example");
      rig.client(GET);
      rig.backend().end();
      refuse(rig, "a.example");
      rig.pass(11_000);
      rig.acceptEndings();
      assertLines(
          FIRST + "refused: Connection refused",
          FIRST + "closed: it closed the connection before the end of a response head",
          "backend still fails slot=127.0.0.1:1 address=127.0.0.1:1 tried=127.0.0.1:1"
              + " failing_for_s=10.0 failures=1 refused=1: Connection refused");
    }
  }

  @Test
  void oneThatFailsNowAndThenDoesNotFillTheLog() throws Exception {
    try (EmbeddedRig rig = new EmbeddedRig()) {
      for (int i = 0; i < 50; i++) { // a hundred seconds
        refuse(rig, "a.example");
        rig.pass(500);
        EmbeddedPeer client = rig.client(GET);
        rig.answerOverIdle(OK);
        EmbeddedPeer backend = rig.backendIfAsked();
        if (backend != null) {
          backend.send(OK);
        }
        rig.pass(1_500);
        client.end();
        rig.leave();
        rig.rest();
        if (backend != null) {
          backend.end();
        }
      }
      rig.pass(70_000);
      rig.acceptEndings();
      List<String> taken = takeLines();
      assertTrue(taken.size() <= 22, taken::toString);
      assertTrue(taken.get(taken.size() - 1).startsWith("backend answers again "), taken::toString);
    }
  }

  @Test
  void aPlaceThatOnlyAScriptNamesHasNoSlot() throws Exception {
    try (EmbeddedRig rig =
        new EmbeddedRig("function select(request) return '127.0.0.1:' .. 9 end")) {
      refuse(rig, "a.example");
      refuse(rig, "a.example");
      rig.acceptEndings();
      assertLines(
          "backend failed slot=- address=127.0.0.1:9 tried=127.0.0.1:9"
              + " reason=refused: Connection refused");
    }
  }

  @Test
  void loopsShareTheLinesOfAPlace() throws Exception {
    var loads = new Loads();
    try (EmbeddedRig one = new EmbeddedRig(EmbeddedRig.config(), loads);
        EmbeddedRig other = new EmbeddedRig(EmbeddedRig.config(), loads)) {
      for (int i = 0; i < 20; i++) {
        refuse(one, "a.example");
        refuse(other, "a.example");
        one.pass(1_000);
        other.pass(1_000);
      }
      one.acceptEndings();
      other.acceptEndings();
      List<String> taken = takeLines();
      assertEquals(FIRST + "refused: Connection refused", taken.get(0));
      assertEquals(2, taken.size(), taken::toString);
      assertTrue(taken.get(1).startsWith("backend still fails "), taken::toString);
      assertTrue(
          SlotUse.lines(EmbeddedRig.config(), loads).get(0).contains(" failures=40 refused=40 "));
    }
  }

  // What USR1 shows ------------------------------------------------------------------------------

  @Test
  void aSlotsRequestsAndFailuresAreCounted() throws Exception {
    var config = EmbeddedRig.config();
    try (EmbeddedRig rig = new EmbeddedRig(config)) {
      assertEquals(
          List.of("backends without requests: 2 of 2"), SlotUse.lines(config, rig.loads()));
      EmbeddedPeer client = rig.client(GET);
      EmbeddedPeer backend = rig.backend();
      backend.send(OK);
      rig.rest();
      client.send(GET);
      rig.rest();
      rig.client(GET);
      rig.backend().end();
      assertEquals(
          List.of(
              "backend slot=127.0.0.1:1 address=127.0.0.1:1 requests=3 in_flight=2",
              "backends without requests: 1 of 2"),
          SlotUse.lines(config, rig.loads()));
      rig.rest();
      assertEquals(
          "backend slot=127.0.0.1:1 address=127.0.0.1:1 requests=3 in_flight=1 failures=1 closed=1",
          SlotUse.lines(config, rig.loads()).get(0).replaceAll(" failing_for_s=.*", ""));
      backend.send(OK);
      rig.acceptEndings();
      takeLines();
    }
  }

  @Test
  void twoSlotsWithOneAddressHaveOneLine() throws Exception {
    var config =
        Rig.config(
            "127.0.0.1",
            1,
            2,
            "backends = {{name = 'a', address = '127.0.0.1:1'},"
                + " {name = 'b', address = '127.0.0.1:1'}}");
    try (EmbeddedRig rig = new EmbeddedRig(config)) {
      refuse(rig, "a.example");
      assertEquals(
          "backend slot=a,b address=127.0.0.1:1 requests=0 in_flight=0 failures=1 refused=1",
          SlotUse.lines(config, rig.loads()).get(0).replaceAll(" failing_for_s=.*", ""));
      rig.acceptEndings();
      takeLines();
    }
  }
}
