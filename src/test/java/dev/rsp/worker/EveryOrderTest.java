// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.lines;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;
import static dev.rsp.worker.Orders.ACCEPTS;
import static dev.rsp.worker.Orders.ENDS;
import static dev.rsp.worker.Orders.RESETS;
import static dev.rsp.worker.Orders.answers;
import static dev.rsp.worker.Orders.asked;
import static dev.rsp.worker.Orders.sends;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.exchange.Ending;
import dev.rsp.worker.Orders.Scene;
import dev.rsp.worker.Orders.Step;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a client and a backend do at the same time, in every order that there is, and with any of it
 * in the same turn of the loop.
 */
final class EveryOrderTest {
  private static final String GONE = "the backend closed the connection without an answer";
  private static final String ANSWER = ok("0123456789");
  private static final String UPLOAD = post("Content-Length: 10") + "0123";

  private static final Step REFUSES = new Step("refuses", scene -> scene.backend.refuse());
  private static final Step BEGINS = answers("begins", ANSWER.substring(0, 50));
  private static final Step GOES_ON = answers("goes on", ANSWER.substring(50));
  private static final Step ANSWERS = answers("answers", ANSWER);

  private static final Step CLIENT_ENDS = new Step("client ends", scene -> scene.client.end());
  private static final Step CLIENT_RESETS = new Step("client resets", s -> s.client.reset());
  private static final Step SENDS_456 = sends("456");
  private static final Step SENDS_789 = sends("789");

  // A client that leaves -------------------------------------------------------------------------

  @Test
  void aClientThatHasEndedItsSideGetsItsAnswer() throws Exception {
    Orders.play(
        rig -> asked(rig, GET),
        List.of(CLIENT_ENDS),
        List.of(ACCEPTS, BEGINS, GOES_ON),
        scene -> {
          scene.client.expect(ANSWER);
          scene.client.expectEnd();
          scene.client.expectClosed();
          scene.expectEnding(Ending.SERVED);
        });
  }

  @Test
  void aClientThatBreaksOffIsForgotten() throws Exception {
    Orders.play(
        rig -> asked(rig, GET),
        List.of(CLIENT_RESETS),
        List.of(ACCEPTS, BEGINS, GOES_ON),
        scene -> {
          assertTrue(ANSWER.startsWith(scene.client.take()));
          scene.client.expectClosed();
          if (scene.before(CLIENT_RESETS, BEGINS)) {
            scene.expectEnding(
                Ending.CLIENT_GONE_WAITING, Ending.CLIENT_GONE_READING, Ending.SERVED);
          } else if (scene.before(CLIENT_RESETS, GOES_ON)) {
            scene.expectEnding(Ending.CLIENT_GONE_READING, Ending.SERVED);
          } else {
            scene.expectEnding(Ending.SERVED);
          }
        });
  }

  @Test
  void aConnectionThatFailsAfterItsClientHasLeftIsNobodys() throws Exception {
    Orders.play(
        rig -> asked(rig, GET),
        List.of(CLIENT_RESETS),
        List.of(REFUSES),
        scene -> {
          scene.backend.expectClosed();
          scene.client.expectClosed();
          if (scene.before(CLIENT_RESETS, REFUSES)) {
            scene.expectEnding(Ending.CLIENT_GONE_WAITING, Ending.CONNECT_FAILED);
          } else {
            scene.expectEnding(Ending.CONNECT_FAILED);
          }
        });
  }

  @Test
  void aClientThatHasEndedItsSideIsToldThatNobodyIsThere() throws Exception {
    Orders.play(
        rig -> asked(rig, GET),
        List.of(CLIENT_ENDS),
        List.of(REFUSES),
        scene -> {
          scene.client.expectRefusal(502, "the backend cannot be reached");
          scene.client.expectEnd();
          scene.expectEnding(Ending.CONNECT_FAILED);
        });
  }

  @Test
  void halfARequestIsNeverTakenForAWholeOne() throws Exception {
    Orders.play(
        rig -> asked(rig, UPLOAD),
        List.of(SENDS_456, CLIENT_ENDS),
        List.of(ACCEPTS),
        scene -> {
          scene.client.expectClosed();
          scene.backend.expectClosed();
          scene.expectEnding(Ending.CLIENT_GONE_IN_BODY);
        });
  }

  // An upload and its answer ---------------------------------------------------------------------

  @Test
  void anEarlyAnswerIsPassedOnWhole() throws Exception {
    Orders.play(
        rig -> asked(rig, UPLOAD),
        List.of(SENDS_456, SENDS_789),
        List.of(ACCEPTS, ANSWERS),
        scene -> {
          String answer = scene.client.take();
          boolean early = answer.contains("\r\nConnection: close\r\n");
          assertEquals(ANSWER, answer.replace("\r\nConnection: close", ""));
          if (scene.apart()) {
            assertEquals(scene.before(ANSWERS, SENDS_789), early);
          }
          String body = scene.backend.take().replaceFirst("(?s).*\r\n\r\n", "");
          assertTrue("0123456789".startsWith(body), body);
          assertTrue(early || body.length() == 10, body);
          scene.expectEnding(Ending.SERVED);
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anUploadThatMetAClosingBackendIsNotSentTwice(boolean reset) throws Exception {
    Orders.play(
        rig -> asked(rig, UPLOAD.replace("POST", "PUT")),
        List.of(SENDS_456, SENDS_789),
        List.of(ACCEPTS, reset ? RESETS : ENDS),
        scene -> {
          scene.client.expectRefusal(502, GONE);
          scene.rig.expectNoConnect();
          scene.expectEnding(Ending.BACKEND_GONE);
        });
  }

  // Others ---------------------------------------------------------------------------------------

  @Test
  void aDrainLosesNothing() throws Exception {
    Step drains = new Step("the proxy drains", scene -> scene.rig.loop().drain());
    Orders.play(
        rig -> asked(rig, GET),
        List.of(drains),
        List.of(ACCEPTS, BEGINS, GOES_ON),
        scene -> {
          assertEquals(ANSWER, scene.client.take().replace("\r\nConnection: close", ""));
          scene.client.expectEnd();
          scene.client.expectClosed();
          scene.backend.expectClosed();
          scene.expectEnding(Ending.SERVED);
        });
  }

  @Test
  void bothHalvesOfATunnelPassWhole() throws Exception {
    String switched = lines("HTTP/1.1 101 ", "Upgrade: x", "Connection: upgrade");
    Orders.play(
        rig -> {
          Scene scene =
              asked(rig, lines("GET / HTTP/1.1", "Host: a", "Connection: upgrade", "Upgrade: x"));
          scene.backend.accept();
          scene.backend.take();
          scene.backend.send(switched);
          scene.client.expect(switched);
          return scene;
        },
        List.of(SENDS_456, CLIENT_ENDS),
        List.of(answers("sends abc", "abc"), ENDS),
        scene -> {
          scene.client.expect("abc");
          scene.client.expectEnd();
          scene.client.expectClosed();
          scene.backend.expect("456");
          scene.backend.expectEnd();
          scene.backend.expectClosed();
          scene.expectEnding(Ending.TUNNELLED);
        });
  }
}
