// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.CHUNKED_HEAD;
import static dev.rsp.worker.Messages.GET;
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

import dev.rsp.Rule;
import dev.rsp.exchange.Ending;
import dev.rsp.worker.Orders.Scene;
import dev.rsp.worker.Orders.Step;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A second request on connections that were used before, while the backend does something else, in
 * every order.
 */
final class ReuseOrderTest {
  private static final String GONE = "the backend closed the connection without an answer";
  private static final String ANSWER = ok("0123456789");
  private static final Step ASKS_AGAIN = sends(GET);

  /** An exchange is done, and the connection to its backend is idle. */
  private static Scene idle(EmbeddedRig rig) {
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = rig.backend();
    backend.send(ok("first"));
    client.expect(ok("first"));
    backend.take();
    return new Scene(rig, client, backend);
  }

  /** The client asks, or has asked, and is answered over a new connection. */
  private static void answeredAnew(Scene scene) {
    EmbeddedPeer another = scene.rig.backend();
    another.expectStart("GET / HTTP/1.1\r\n");
    another.send(ok("anew"));
    scene.client.expect(ok("anew"));
  }

  // One request behind the other -----------------------------------------------------------------

  @Test
  @Rule(77)
  void aSecondRequestWaitsForTheAnswerToTheFirst() throws Exception {
    Orders.play(
        rig -> asked(rig, GET),
        List.of(sends(GET.substring(0, 20)), sends(GET.substring(20))),
        List.of(
            ACCEPTS,
            answers("begins", ANSWER.substring(0, 50)),
            answers("goes on", ANSWER.substring(50))),
        scene -> {
          scene.client.expect(ANSWER);
          assertEquals(2, scene.backend.take().split("GET / HTTP/1.1\r\n", -1).length - 1);
          scene.backend.send(ok("2"));
          scene.client.expect(ok("2"));
          scene.rig.expectNoConnect();
          scene.rig.expectEndings("served=2");
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"length", "chunks", "end"})
  void theEndBehindTheLastByteCostsNoRequest(String endOfBody) throws Exception {
    String head = "HTTP/1.1 200 OK\r\nDate: x\r\n\r\n";
    String answer =
        switch (endOfBody) {
          case "length" -> ANSWER;
          case "chunks" -> CHUNKED_HEAD + "4\r\nbody\r\n0\r\n\r\n";
          default -> head + "body";
        };
    int split = answer.length() - 2;
    Orders.play(
        rig -> {
          Scene scene = asked(rig, GET);
          scene.backend.accept();
          scene.backend.send(answer.substring(0, split));
          return scene;
        },
        List.of(ASKS_AGAIN),
        List.of(answers("ends its answer", answer.substring(split)), ENDS),
        scene -> {
          String got = scene.client.take();
          if (endOfBody.equals("end")) {
            assertTrue(got.startsWith(CHUNKED_HEAD), got);
            assertTrue(got.endsWith("\r\n0\r\n\r\n"), got);
          } else {
            assertEquals(answer, got);
          }
          answeredAnew(scene);
          scene.rig.expectEndings("served=2");
        });
  }

  @Test
  @Rule(71)
  void theEndBeforeTheLastByteIsSeenByTheClient() throws Exception {
    String part = CHUNKED_HEAD + "4\r\nbody\r\n0\r\n";
    Orders.play(
        rig -> {
          Scene scene = asked(rig, GET);
          scene.backend.accept();
          scene.backend.send(part.substring(0, part.length() - 3));
          return scene;
        },
        List.of(ASKS_AGAIN),
        List.of(answers("nearly ends", part.substring(part.length() - 3)), ENDS),
        scene -> {
          assertTrue(part.startsWith(scene.client.take()));
          scene.client.expectClosed();
          scene.rig.expectNoConnect();
          scene.expectEnding(Ending.BACKEND_TRUNCATED);
        });
  }

  // A connection that was used before ------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Rule({78, 79})
  void aRequestThatMetAClosingConnectionIsSentOnceMore(boolean reset) throws Exception {
    Orders.play(
        ReuseOrderTest::idle,
        List.of(ASKS_AGAIN),
        List.of(reset ? RESETS : ENDS),
        scene -> {
          answeredAnew(scene);
          scene.rig.expectEndings("served=2");
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Rule({78, 79})
  void butNotIfItMayNotBeSentTwice(boolean reset) throws Exception {
    Step posts = sends(post("Content-Length: 0"));
    Step closes = reset ? RESETS : ENDS;
    Orders.play(
        ReuseOrderTest::idle,
        List.of(posts),
        List.of(closes),
        scene -> {
          if (scene.before(closes, posts)) {
            scene.rig.backend().send(ok("2"));
            scene.client.expect(ok("2"));
            scene.rig.expectEndings("served=2");
          } else {
            scene.client.expectRefusal(502, GONE);
            scene.rig.expectNoConnect();
            scene.rig.expectEndings("served=1 backend_gone=1");
          }
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Rule({78, 80})
  void norAfterTheFirstByteOfAnAnswer(boolean reset) throws Exception {
    Step oneByte = answers("one byte", "H");
    Orders.play(
        ReuseOrderTest::idle,
        List.of(ASKS_AGAIN),
        List.of(oneByte, reset ? RESETS : ENDS),
        scene -> {
          if (scene.before(oneByte, ASKS_AGAIN)) {
            answeredAnew(scene); // it was not the answer to this
            scene.rig.expectEndings("served=2");
          } else {
            scene.client.expectRefusal(502, GONE);
            scene.rig.expectNoConnect();
            scene.rig.expectEndings("served=1 backend_gone=1");
          }
        });
  }
}
