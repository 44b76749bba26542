// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.CHUNKED_HEAD;
import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.lines;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;

import org.junit.jupiter.api.Test;

/**
 * Timeouts between two bytes: none strikes before its time, and each does with the next tick of the
 * loop's timer. All are different, so that none can pass for another.
 */
final class ExactTimeTest extends EmbeddedRigTest {
  private static final int HEAD = 1_000;
  private static final int CONNECT = 2_000;
  private static final int BODY = 3_000;
  private static final int RESPONSE = 4_000;
  private static final int IDLE = 5_500;
  private static final int KEEPALIVE = 7_000;
  private static final int BACKEND_KEEPALIVE = 6_000;
  private static final int LINGER = 8_000;
  private static final int TUNNEL = 12_000;

  /** What a client takes tells nobody, so it is looked at this often: see ClientClock. */
  private static final int LOOK = 5_000;

  private static final String PART = "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 9\r\n\r\nabc";

  ExactTimeTest() {
    super(
        "timeouts = {head = 1, connect = 2, body = 3, response = 4, idle = 5.5, keepalive = 7,"
            + " backend_keepalive = 6, linger = 8, tunnel = 12}");
  }

  // A request ------------------------------------------------------------------------------------

  @Test
  void aConnectionWithoutARequestIsClosedInSilence() {
    rig.passToEndOfTick();
    EmbeddedPeer client = rig.client();
    rig.pass(HEAD);
    client.expectOpen();
    rig.pass(1);
    client.expectEnd();
    rig.expectEndings("");
  }

  @Test
  void aHeadHasItsTimeInAllFromItsFirstByte() {
    EmbeddedPeer client = rig.client();
    rig.passToEndOfTick();
    client.send("G");
    for (int i = 1; i < 10; i++) {
      rig.pass(HEAD / 10);
      client.send(GET.substring(i, i + 1));
    }
    rig.pass(HEAD / 10);
    client.expectOpen();
    rig.pass(1);
    client.expectRefusal(408, "the request head took too long");
    rig.expectEndings("head_timeout=1");
  }

  @Test
  void aHeadThatIsWholeInTheVeryTurnOfItsTimeoutIsServed() {
    rig.passToEndOfTick();
    EmbeddedPeer client = rig.client(GET.substring(0, 20));
    rig.pass(HEAD);
    rig.lapse(1);
    client.send(GET.substring(20));
    asked().send(ok("1"));
    client.expect(ok("1"));
    rig.expectEndings("served=1");
  }

  @Test
  void aBodyHasItsTimeForEachByte() {
    EmbeddedPeer client = rig.client(post("Content-Length: 9"));
    EmbeddedPeer backend = asked();
    rig.passToEndOfTick();
    for (int i = 0; i < 3; i++) {
      client.send("x");
      rig.pass(BODY);
      backend.expect("x");
    }
    client.expectOpen();
    rig.pass(1);
    client.expectRefusal(408, "the request body took too long");
    backend.expectClosed(); // it has no whole request, and sees so
    rig.expectEndings("body_timeout=1");
  }

  @Test
  void aClientThatIsToldTooEarlyHasTimeToReadIt() {
    rig.passToEndOfTick();
    EmbeddedPeer client = rig.client("GET\r\n");
    client.expectRefusal(400, "malformed request line");
    client.expectEnd();
    client.send("more"); // does not prolong it
    rig.pass(LINGER);
    client.send("more");
    client.expectNothing();
    rig.pass(1);
    client.expectClosed();
    rig.expectEndings("refused=1");
  }

  // A response -----------------------------------------------------------------------------------

  @Test
  void aBackendHasItsTimeToAccept() {
    rig.passToEndOfTick();
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = rig.connecting();
    rig.pass(CONNECT);
    client.expectOpen();
    rig.pass(1);
    client.expectRefusal(504, "the backend took too long to accept the connection");
    backend.accept(); // too late
    backend.expectClosed();
    client.expectOpen();
    rig.expectEndings("connect_timeout=1");
  }

  @Test
  void aBackendThatAcceptsInTheLastMillisecondIsAsked() {
    rig.passToEndOfTick();
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = rig.connecting();
    rig.pass(CONNECT);
    backend.accept();
    backend.expectStart("GET / HTTP/1.1");
    backend.send(ok("1"));
    client.expect(ok("1"));
    rig.expectEndings("served=1");
  }

  @Test
  void aResponseHasItsTimeForItsWholeHeadFromTheEndOfTheRequest() {
    EmbeddedPeer client = rig.client(post("Content-Length: 2") + "a");
    EmbeddedPeer backend = asked();
    rig.passToEndOfTick();
    client.send("b");
    backend.expect("b");
    String early = lines("HTTP/1.1 103 Early Hints", "Date: x");
    backend.send(early);
    client.expect(early);
    rig.pass(RESPONSE - 100);
    backend.send("HTTP/1.1 200 OK\r\n");
    rig.pass(100);
    client.expectOpen();
    rig.pass(1);
    client.expectRefusal(504, "the backend took too long to answer");
    backend.expectClosed();
    rig.expectEndings("response_timeout=1");
  }

  @Test
  void aBackendThatSaysThatItWorksHasItsTimeForTheResponseAgain() {
    rig.passToEndOfTick();
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = asked();
    for (int i = 0; i < 59; i++) {
      String status = i % 2 == 0 ? "102 Processing" : "103 Early Hints";
      String working = lines("HTTP/1.1 " + status, "Date: x");
      rig.pass(RESPONSE);
      backend.send(working);
      client.expect(working);
    }
    backend.send(ok("1"));
    client.expect(ok("1"));
    rig.expectEndings("served=1");
  }

  @Test
  void aBackendThatOnlySaysThatItWorksIsGivenUp() {
    rig.passToEndOfTick();
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = asked();
    String working = lines("HTTP/1.1 102 Processing", "Date: x");
    backend.send(working);
    client.expect(working);
    for (int i = 0; i < 60 * RESPONSE / 2_000 - 1; i++) {
      rig.pass(2_000);
      backend.send(working);
      client.expect(working);
    }
    rig.pass(2_000);
    client.expectOpen();
    rig.pass(100);
    client.expectRefusal(504, "the backend took too long to answer");
    backend.expectClosed();
    rig.expectEndings("response_timeout=1");
  }

  @Test
  void otherInterimResponsesGiveABackendNoMoreTime() {
    rig.passToEndOfTick();
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = asked();
    rig.pass(RESPONSE - 100);
    String other = lines("HTTP/1.1 100 Continue", "Date: x");
    backend.send(other);
    client.expect(other);
    rig.pass(101);
    client.expectRefusal(504, "the backend took too long to answer");
    rig.expectEndings("response_timeout=1");
  }

  @Test
  void interimResponsesMayComeTenTimesASecondBeyondTheFirstHundred() {
    rig.passToEndOfTick();
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = asked();
    String working = lines("HTTP/1.1 102 Processing", "Date: x");
    backend.send(working.repeat(100));
    client.expect(working.repeat(100));
    for (int i = 0; i < 50; i++) {
      rig.pass(1_000);
      backend.send(working.repeat(10));
      client.expect(working.repeat(10));
    }
    rig.pass(1_000);
    backend.send(working.repeat(10));
    client.expect(working.repeat(10));
    backend.send(working);
    client.expectRefusal(502, "the backend sent too many interim responses");
    backend.expectClosed();
    rig.expectEndings("backend_malformed=1");
  }

  @Test
  void aClientThatWaitsForTheBackendsWordHasNoTimeoutOfItsOwn() {
    rig.passToEndOfTick();
    EmbeddedPeer client = rig.client(post("Content-Length: 2\r\nExpect: 100-continue"));
    EmbeddedPeer backend = asked();
    rig.pass(RESPONSE);
    client.expectOpen();
    String word = lines("HTTP/1.1 100 Continue", "Date: x");
    backend.send(word);
    client.expect(word);
    rig.pass(BODY);
    client.expectOpen();
    rig.pass(1);
    client.expectRefusal(408, "the request body took too long");
    rig.expectEndings("body_timeout=1");
  }

  @Test
  void aClientThatWasNotToldToSendItsBodyOwesNone() {
    EmbeddedPeer client = rig.client(post("Content-Length: 2\r\nExpect: 100-continue"));
    EmbeddedPeer backend = asked();
    rig.passToEndOfTick();
    backend.send(CHUNKED_HEAD + "9\r\n");
    String head =
        lines("HTTP/1.1 200 OK", "Date: x", "Transfer-Encoding: chunked", "Connection: close");
    client.expect(head + "9\r\n");
    rig.pass(IDLE);
    client.expectOpen();
    rig.pass(1);
    client.expectEnd();
    backend.expectClosed();
    rig.expectEndings("backend_stalled=1");
  }

  @Test
  void aResponseHasItsTimeForEachByteOfItsBody() {
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = asked();
    rig.passToEndOfTick();
    backend.send(CHUNKED_HEAD + "9\r\n");
    client.expect(CHUNKED_HEAD + "9\r\n");
    for (int i = 0; i < 3; i++) {
      backend.send("x");
      rig.pass(IDLE);
      client.expect("x");
    }
    client.expectOpen();
    rig.pass(1);
    client.expectEnd(); // without the last chunk
    backend.expectClosed();
    rig.expectEndings("backend_stalled=1");
  }

  @Test
  void aClientThatTakesNothingOfItsResponseIsLetGo() {
    EmbeddedPeer client = rig.client();
    client.takes(0);
    client.send(GET);
    EmbeddedPeer backend = asked();
    rig.passToEndOfTick();
    backend.send(PART);
    rig.pass(IDLE);
    client.expectOpen();
    rig.pass(LOOK);
    client.expectEnd();
    backend.expectClosed();
    rig.expectEndings("client_stalled=1");
  }

  @Test
  void aClientThatTakesALittleNowAndThenIsNot() {
    EmbeddedPeer client = rig.client();
    client.takes(0);
    client.send(GET);
    EmbeddedPeer backend = asked();
    String response = ok("x".repeat(40));
    backend.send(response);
    for (int i = 0; i < response.length(); i++) {
      rig.pass(IDLE - 100);
      client.takes(1);
      client.expect(response.substring(i, i + 1));
    }
    rig.expectEndings("served=1");
  }

  // Between requests -----------------------------------------------------------------------------

  @Test
  void aConnectionIsKeptForItsTimeAfterAnAnswer() {
    rig.passToEndOfTick();
    EmbeddedPeer client = rig.client();
    idleBackend(client);
    rig.pass(KEEPALIVE);
    client.expectOpen();
    rig.pass(1);
    client.expectEnd();
    client.expectClosed();
    rig.expectEndings("served=1");
  }

  @Test
  void aRequestThatBeginsInTheLastMillisecondHasTheTimeOfItsHead() {
    rig.passToEndOfTick();
    EmbeddedPeer client = rig.client();
    idleBackend(client);
    rig.pass(KEEPALIVE);
    client.send("G");
    rig.pass(HEAD);
    client.send(GET.substring(1));
    asked().send(ok("2"));
    client.expect(ok("2"));
    rig.expectEndings("served=2");
  }

  @Test
  void anIdleBackendIsKeptForItsTime() {
    rig.passToEndOfTick();
    EmbeddedPeer client = rig.client();
    EmbeddedPeer backend = idleBackend(client);
    rig.pass(BACKEND_KEEPALIVE);
    client.send(GET);
    backend.expectStart("GET / HTTP/1.1");
    backend.send(ok("2"));
    client.expect(ok("2"));
    rig.pass(BACKEND_KEEPALIVE);
    backend.expectOpen();
    rig.pass(1);
    backend.expectEnd();
    client.expectOpen();
    rig.expectEndings("served=2");
  }

  @Test
  void aTunnelHasItsTimeForEachByteOfEitherSide() {
    EmbeddedPeer client =
        rig.client(lines("GET / HTTP/1.1", "Host: a", "Connection: upgrade", "Upgrade: x"));
    EmbeddedPeer backend = asked();
    rig.passToEndOfTick();
    backend.send(lines("HTTP/1.1 101 ", "Upgrade: x", "Connection: upgrade"));
    client.expectStart("HTTP/1.1 101 ");
    rig.pass(TUNNEL);
    client.send("x");
    backend.expect("x");
    rig.pass(TUNNEL);
    backend.send("y");
    client.expect("y");
    rig.pass(TUNNEL);
    client.expectOpen();
    rig.pass(1);
    client.expectEnd();
    backend.expectEnd();
    rig.expectEndings("tunnelled=1");
  }

  @Test
  void aPauseOfTheWholeProcessIsNobodysFault() {
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = asked();
    rig.passToEndOfTick();
    rig.lapse(3_600_000);
    client.expectOpen();
    rig.pass(RESPONSE - 200);
    backend.send(ok("1"));
    client.expect(ok("1"));
    rig.expectEndings("served=1");
  }
}
