// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import static dev.rsp.proxy.Messages.CHUNKED_HEAD;
import static dev.rsp.proxy.Messages.GET;
import static dev.rsp.proxy.Messages.lines;
import static dev.rsp.proxy.Messages.ok;
import static dev.rsp.proxy.Messages.post;
import static dev.rsp.proxy.Scene.answer;
import static dev.rsp.proxy.Scene.expectStatus;
import static dev.rsp.proxy.Scene.played;
import static dev.rsp.proxy.Scene.refused;

import java.util.stream.Stream;

/** What backends answer, and how they fail to. */
final class ResponseScenes {
  static final String UPGRADE =
      lines("GET / HTTP/1.1", "Host: a", "Connection: upgrade", "Upgrade: x");
  static final String SWITCHED = lines("HTTP/1.1 101 ", "Upgrade: x", "Connection: upgrade");

  /** A response of which six bytes are still to come. */
  static final String PART = "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 9\r\n\r\nabc";

  private ResponseScenes() {}

  static Stream<Scene> all() {
    return Stream.of(
        answer("a response", Ending.SERVED, ok("1"), 200),
        played(
            "a tunnel",
            Ending.TUNNELLED,
            stage -> {
              Peer client = stage.answered(UPGRADE, SWITCHED);
              client.head();
              client.reset();
            }),
        answer("no HTTP", Ending.BACKEND_MALFORMED, "hello world!\r\n", 502),
        answer("a tunnel that nobody asked for", Ending.BACKEND_MALFORMED, SWITCHED, 502),
        answer(
            "a head that is too large",
            Ending.BACKEND_MALFORMED,
            "HTTP/1.1 200 OK\r\nX: " + "y".repeat(33_000),
            502),
        answer(
            "too many fields",
            Ending.BACKEND_MALFORMED,
            "HTTP/1.1 200 OK\r\n" + "X: y\r\n".repeat(101),
            502),
        played(
            "a broken chunk",
            Ending.BACKEND_MALFORMED_BODY,
            stage -> {
              Peer client = stage.client(GET);
              Peer backend = stage.asked();
              backend.send(CHUNKED_HEAD);
              client.head();
              backend.send("x\r\n");
              client.expectEnd();
            }),
        played(
            "a backend that closes",
            Ending.BACKEND_GONE,
            stage -> {
              Peer client = stage.client(GET);
              stage.asked().close();
              expectStatus(502, client);
            }),
        played(
            "a response that breaks off",
            Ending.BACKEND_TRUNCATED,
            stage -> {
              Peer client = stage.client(GET);
              Peer backend = stage.asked();
              backend.send(PART);
              backend.close();
              client.expect(PART);
              client.expectEnd();
            }),
        played(
            "a response that stops",
            Ending.BACKEND_STALLED,
            stage -> {
              Peer client = stage.answered(GET, PART);
              client.expect(PART);
              client.expectEnd();
            },
            "timeouts = {idle = 0.1}"),
        refused("no response", Ending.RESPONSE_TIMEOUT, 504, GET, "timeouts = {response = 0.1}"),
        refused(
            "no word for one who waits for it",
            Ending.RESPONSE_TIMEOUT,
            504,
            post("Content-Length: 9\r\nExpect: 100-continue"),
            "timeouts = {response = 0.1}"));
  }
}
