// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import static dev.rsp.proxy.Messages.CHUNKED_HEAD;
import static dev.rsp.proxy.Messages.GET;
import static dev.rsp.proxy.Messages.post;
import static dev.rsp.proxy.ResponseScenes.PART;
import static dev.rsp.proxy.Scene.fill;
import static dev.rsp.proxy.Scene.played;

import java.util.stream.Stream;

/** Clients that go, or read nothing, or break what they began; and rsp's own stop and faults. */
final class ClientScenes {
  private static final String ENDLESS =
      "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 999999999\r\n\r\n";

  private ClientScenes() {}

  static Stream<Scene> all() {
    return Stream.of(goes(), readsSlowly(), breaks(), ofOurOwn()).flatMap(scenes -> scenes);
  }

  private static Stream<Scene> goes() {
    return Stream.of(
        played(
            "gone in the head", Ending.CLIENT_GONE_IN_HEAD, stage -> stage.client("GET /").close()),
        played(
            "gone in the body",
            Ending.CLIENT_GONE_IN_BODY,
            stage -> stage.client(post("Content-Length: 9") + "x").close()),
        played(
            "gone before the answer",
            Ending.CLIENT_GONE_WAITING,
            stage -> {
              Peer client = stage.client(GET);
              stage.asked();
              client.reset();
            }),
        played(
            "gone in the middle of the answer",
            Ending.CLIENT_GONE_READING,
            stage -> {
              Peer client = stage.answered(GET, PART);
              client.expect(PART);
              client.reset();
            }));
  }

  private static Stream<Scene> readsSlowly() {
    return Stream.of(
        played(
            "a slow reader",
            Ending.LIMIT_RESPONSE_RATE,
            stage -> {
              Peer client = stage.rig().smallClient(GET);
              Peer backend = stage.asked();
              backend.send(ENDLESS);
              fill(backend);
              client.read(1);
              backend.expectGone();
            },
            "timeouts = {idle = 1}; limits = {response_rate = 100000000}"),
        played(
            "a client that reads nothing",
            Ending.CLIENT_STALLED,
            stage -> {
              stage.rig().smallClient(GET);
              Peer backend = stage.asked();
              backend.send(ENDLESS);
              fill(backend);
              backend.expectGone();
            },
            "timeouts = {idle = 0.3}"));
  }

  private static Stream<Scene> breaks() {
    return Stream.of(
        afterItsAnswer("a chunk that is none", Ending.REQUEST_BROKEN, "x\r\n"),
        afterItsAnswer(
            "a body that grows too large",
            Ending.REQUEST_BROKEN,
            "b\r\n",
            "limits = {body_bytes = 10}"),
        // Either side may be waiting for the other.
        afterItsAnswer(
            "a body that stops", Ending.BACKEND_STALLED, "1\r\n", "timeouts = {idle = 0.1}"));
  }

  /** The backend has begun to answer, and then this comes of the request. */
  private static Scene afterItsAnswer(String name, Ending ending, String chunk, String... config) {
    return played(
        name + ", behind an answer that has begun",
        ending,
        stage -> {
          Peer client = stage.client(post("Transfer-Encoding: chunked"));
          Peer backend = stage.asked();
          backend.send(CHUNKED_HEAD + "1\r\na\r\n");
          client.head();
          client.expect("1\r\na\r\n");
          client.send(chunk);
          client.expectEnd(); // without a last chunk
          backend.expectGone();
        },
        config);
  }

  private static Stream<Scene> ofOurOwn() {
    return Stream.of(
        played(
            "stopped in the middle",
            Ending.DRAINED,
            stage -> {
              stage.client(GET);
              stage.asked();
              stage.rig().runOnLoop(stage.rig().loop()::closeAll);
            }),
        played(
            "a fault of rsp's own with a request",
            Ending.FAILED,
            stage -> {
              Peer client = stage.client("GET / HTTP/1.1\r\n");
              stage.rig().await("half a head", () -> stage.rig().clients() == 1);
              client.expectSilence();
              fault(stage);
              client.send("Host: a\r\n\r\n");
              client.expectGone();
            }),
        played(
            "a fault of rsp's own with a response",
            Ending.FAILED,
            stage -> {
              Peer client = stage.client(GET);
              Peer backend = stage.asked();
              fault(stage);
              backend.send(Messages.ok("1"));
              client.expectGone();
              backend.expectGone();
            }),
        played(
            "a fault of rsp's own in the middle of a response",
            Ending.FAILED,
            stage -> {
              Peer client = stage.client(GET);
              Peer backend = stage.asked();
              backend.send(PART);
              client.expect(PART);
              fault(stage);
              backend.send("def");
              client.expectEnd();
              backend.expectGone();
            }));
  }

  private static void fault(Scene.Stage stage) {
    var fault = new IllegalStateException("a fault that a test has put there");
    stage.rig().runOnLoop(() -> stage.faults().failRead(fault));
  }
}
