// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.referee.End;
import dev.rsp.referee.Message;
import dev.rsp.worker.Hostility.Client;
import dev.rsp.worker.Hostility.Delivery;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Responses that stop, and responses that do not: what a client takes for whole is what the backend
 * sent as whole. In tables, "|" is a line end.
 */
@EachTransport
final class TruncationTest extends RigTest {
  private static final String OK = "HTTP/1.1 200 OK|";
  private static final String LENGTH = OK + "Content-Length: 3||abc";
  private static final String CHUNKED = OK + "Transfer-Encoding: chunked||3|abc|1|d|0|X: y||";
  private static final String UNTIL_CLOSE = OK + "Server: x||abc";

  /** Sends so many bytes of a response, and ends. */
  private Hostility cutAt(String response, int bytes, End end, Client client) throws Exception {
    Hostility exchange = new Hostility(rig, client);
    String start = Hostility.lines(response).substring(0, bytes);
    exchange.backend.send(start);
    if (end == End.FIN) {
      exchange.backend.close();
    } else {
      exchange.backend.reset();
    }
    return exchange;
  }

  @ParameterizedTest(name = "{0}")
  @EnumSource(names = {"FIN", "RESET"})
  void showsEachCutOfALength(End end) throws Exception { // rule 71, faults B5 and B6
    showsEachCut(LENGTH, end);
  }

  @ParameterizedTest(name = "{0}")
  @EnumSource(names = {"FIN", "RESET"})
  void showsEachCutOfChunks(End end) throws Exception { // rule 71, faults B5 and B6
    showsEachCut(CHUNKED, end);
  }

  private void showsEachCut(String response, End end) throws Exception {
    int whole = Hostility.lines(response).length();
    for (Client client : Client.GETTING) {
      for (int bytes = 0; bytes < whole; bytes++) {
        Hostility exchange = cutAt(response, bytes, end, client);
        int at = bytes;
        exchange.assertRefusedOrCut();
        if (bytes <= response.indexOf("||")) {
          assertEquals("502", exchange.outcome(), () -> client + " at " + at);
        }
      }
      if (end == End.FIN) {
        assertEquals("200", cutAt(response, whole, end, client).outcome());
      }
    }
  }

  @Test
  void takesOnlyAnOrderlyEndForTheEndOfABody() throws Exception { // rule 70
    int head = UNTIL_CLOSE.indexOf("||") + 5;
    int whole = Hostility.lines(UNTIL_CLOSE).length();
    for (Client client : Client.GETTING) {
      for (int bytes = 0; bytes < whole; bytes++) {
        cutAt(UNTIL_CLOSE, bytes, End.RESET, client).assertRefusedOrCut();
        Hostility exchange = cutAt(UNTIL_CLOSE, bytes, End.FIN, client);
        if (bytes < head) {
          assertEquals("502", exchange.outcome());
        } else {
          assertEquals("200", exchange.outcome());
          Message message = Objects.requireNonNull(exchange.message());
          assertEquals("abc".substring(0, bytes - head), message.body());
        }
      }
    }
  }

  @Test
  void refusesAnEndBehindAnInterimResponse() throws Exception { // rule 60
    String interim = "HTTP/1.1 103 Early Hints|Link: x||";
    for (Client client : Client.GETTING) {
      for (End end : new End[] {End.FIN, End.RESET}) {
        int whole = Hostility.lines(interim).length();
        assertEquals("502", cutAt(interim, whole, end, client).outcome());
        assertEquals("502", cutAt(interim + OK, whole + 5, end, client).outcome());
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        OK + "Content-Length: 3||abc#" + LENGTH,
        OK + "Content-Length: 3||abc#x",
        OK + "Content-Length: 3||abc#|",
        OK + "Transfer-Encoding: chunked||3|abc|0||#0||",
        OK + "Transfer-Encoding: chunked||3|abc|0||#" + LENGTH,
        "HTTP/1.1 204 No Content||#" + LENGTH,
        "HTTP/1.1 204 No Content|Content-Length: 3||#abc",
        "HTTP/1.1 204 No Content|Transfer-Encoding: chunked||#3|abc|0||",
        "HTTP/1.1 304 Not Modified|Content-Length: 3||#abc",
        "HTTP/1.1 304 Not Modified|Transfer-Encoding: chunked||#3|abc|0||",
        "HTTP/1.1 304 Not Modified||#" + LENGTH,
      })
  void passesNothingBehindAResponse(String responses) throws Exception { // rules 66 and 72
    for (Delivery delivery : Delivery.by(transport)) {
      for (Client client : Client.GETTING) {
        passesOnlyTheFirst(responses, client, delivery);
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        OK + "Content-Length: 3||#abc",
        OK + "Transfer-Encoding: chunked||#3|abc|0||",
        OK + "|#abc",
        "HTTP/1.1 404 Not Found|Content-Length: 3||#abc",
      })
  void passesNoBodyBehindHead(String responses) throws Exception { // rule 66
    for (Delivery delivery : Delivery.by(transport)) {
      passesOnlyTheFirst(responses, Client.HEAD, delivery);
    }
  }

  /** What stands behind "#" is nobody's, neither this client's nor the next one's. */
  private void passesOnlyTheFirst(String responses, Client client, Delivery delivery)
      throws Exception {
    String status = responses.substring(9, 12);
    Hostility exchange = new Hostility(rig, client);
    exchange.answer(responses.replace("#", ""), delivery);
    assertEquals(status, exchange.outcome());
    // Later than the answer, these bytes could be the answer to the next request for all one can
    // see; so the connection is waited for.
    exchange.backend.expectGone();
    Hostility next = new Hostility(rig, Client.HTTP_11);
    next.answer("HTTP/1.1 299 Mine|Content-Length: 0||", Delivery.AT_ONCE);
    assertEquals("299", next.outcome());
    next.backend.close();
    rig.await("an empty pool", () -> rig.clients() == 0);
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"x", "|", "\0", LENGTH, "HTTP/1.1 100 Continue||", "0||"})
  void closesAnIdleConnectionThatSpeaks(String unasked) throws Exception { // rule 80, fault B13
    Hostility exchange = new Hostility(rig, Client.HTTP_11);
    exchange.answer(LENGTH, Delivery.AT_ONCE);
    assertEquals("200", exchange.outcome());
    exchange.answer(unasked, Delivery.AT_ONCE);
    exchange.backend.expectGone();
    Hostility next = new Hostility(rig, Client.HTTP_11);
    next.answer("HTTP/1.1 299 Mine|Content-Length: 0||", Delivery.AT_ONCE);
    assertEquals("299", next.outcome());
  }

  @Test
  void passesWhatHttp10BackendsSay() throws Exception { // rule 1, our version is our own
    for (Client client : Client.GETTING) {
      for (Delivery delivery : Delivery.by(transport)) {
        Hostility exchange = new Hostility(rig, client);
        exchange.answer("HTTP/1.0 200 OK|Content-Length: 3||abc", delivery);
        assertEquals("200", exchange.outcome());
        exchange.backend.expectGone(); // it did not ask to stay
        exchange = new Hostility(rig, client);
        exchange.answer("HTTP/1.0 200 OK||abc", delivery);
        exchange.backend.close();
        assertEquals("200", exchange.outcome());
        assertEquals("abc", Objects.requireNonNull(exchange.message()).body());
      }
    }
  }

  @Test
  void passesAResponseWhoseBackendEndsItsSideAlone() throws Exception { // fault B7
    for (String response : new String[] {LENGTH, UNTIL_CLOSE, CHUNKED}) {
      for (Client client : Client.GETTING) {
        Hostility exchange = new Hostility(rig, client);
        exchange.answer(response, Delivery.AT_ONCE);
        exchange.backend.shutOutput();
        assertEquals("200", exchange.outcome());
        exchange.backend.expectGone();
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {LENGTH, CHUNKED, "HTTP/1.1 204 |Connection: close||"})
  void passesAnAnswerBeforeTheRequestIsComplete(String response) throws Exception { // fault B10
    for (boolean resets : new boolean[] {false, true}) {
      String request = Messages.post("Content-Length: 10") + "01";
      Peer client = rig.client(request);
      Peer backend = rig.backend();
      backend.head("POST / HTTP/1.1");
      backend.expect("01");
      backend.send(Hostility.lines(response));
      assertTrue(
          client
              .head(
                  "HTTP/1.1 "
                      + response.substring(9, 12)
                      + response.substring(12, 13)
                      + response.substring(13, response.indexOf('|')))
              .contains("\r\nConnection: close\r\n"));
      backend.expectGone(); // it must not get a request behind half of another
      if (resets) {
        client.reset();
      } else {
        client.send("23456789" + Messages.GET);
        client.shutOutput(); // else it would linger
        client.rest();
      }
    }
    rig.await("no clients", () -> rig.clients() == 0);
  }
}
