// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import static dev.rsp.proxy.Messages.GET;
import static dev.rsp.proxy.Messages.get;
import static dev.rsp.proxy.Messages.lines;
import static dev.rsp.proxy.Messages.post;
import static dev.rsp.proxy.Scene.expectStatus;
import static dev.rsp.proxy.Scene.played;
import static dev.rsp.proxy.Scene.refused;
import static dev.rsp.proxy.Scene.trickle;

import java.util.stream.Stream;

/** Requests that rsp answers itself: what breaks a rule, the routing, and every limit. */
final class RequestScenes {
  private static final String CHUNKED = post("Transfer-Encoding: chunked");

  /** A uwsgi place, whose protocol needs to know how long a body is; nobody is there. */
  private static final String TO_UWSGI = "function select() return 'uwsgi:127.0.0.1:9' end";

  private RequestScenes() {}

  static Stream<Scene> all() {
    return Stream.of(refusals(), limits(), connections(), slow()).flatMap(scenes -> scenes);
  }

  private static Stream<Scene> refusals() {
    return Stream.of(
        refused("a bad request line", Ending.REFUSED, 400, "GET\r\n"),
        refused("no host", Ending.REFUSED, 400, lines("GET / HTTP/1.0")),
        refused(
            "a script that says no",
            Ending.REFUSED_BY_ROUTE,
            503,
            GET,
            "function select() return nil, 'no' end"),
        refused(
            "a script that fails",
            Ending.REFUSED_BY_ROUTE,
            500,
            GET,
            "function select() return nil .. 'no' end"),
        refused(
            "OPTIONS that may go no further",
            Ending.OWN_ANSWER,
            200,
            lines("OPTIONS * HTTP/1.1", "Host: a", "Max-Forwards: 0")));
  }

  private static Stream<Scene> limits() {
    return Stream.of(
        refused(
            "too many fields",
            Ending.LIMIT_HEAD,
            431,
            lines("GET / HTTP/1.1", "Host: a", "X: y"),
            "limits = {fields = 1}"),
        refused(
            "a long head",
            Ending.LIMIT_HEAD,
            431,
            "GET / HTTP/1.1\r\nX: " + "y".repeat(600),
            "limits = {head_bytes = 512}"),
        refused(
            "a long target",
            Ending.LIMIT_TARGET,
            414,
            get("a", "/" + "x".repeat(64)),
            "limits = {target_bytes = 64}"),
        refused(
            "a long host", Ending.LIMIT_HOST, 400, get("abcde", "/"), "limits = {host_bytes = 4}"),
        refused(
            "a large body",
            Ending.LIMIT_BODY,
            413,
            post("Content-Length: 11") + "x",
            "limits = {body_bytes = 10}"),
        refused(
            "a large chunk",
            Ending.LIMIT_BODY,
            413,
            CHUNKED + "b\r\n",
            "limits = {body_bytes = 10}"),
        played(
            "many chunks",
            Ending.LIMIT_BODY,
            stage -> {
              Peer client = stage.client(CHUNKED + "6\r\nabcdef\r\n");
              Peer backend = stage.asked();
              client.send("5\r\n");
              expectStatus(413, client);
              backend.expectGone(); // it has no whole request, and must see so
            },
            "limits = {body_bytes = 10}"),
        refused(
            "a long extension",
            Ending.LIMIT_CHUNK_EXT,
            400,
            CHUNKED + "1;abcd=e\r\n",
            "limits = {chunk_ext_bytes = 4}"),
        refused(
            "long trailers",
            Ending.LIMIT_TRAILER,
            431,
            CHUNKED + "0\r\nX: abc\r\n",
            "limits = {trailer_bytes = 4}"),
        refused(
            "a body that would have to be held and may not",
            Ending.LIMIT_HELD_BODY,
            411,
            CHUNKED,
            "limits = {held_body_bytes = 0}",
            TO_UWSGI),
        refused(
            "a body that is too large to be held",
            Ending.LIMIT_HELD_BODY,
            413,
            CHUNKED + "3\r\nabc\r\n",
            "limits = {held_body_bytes = 2}",
            TO_UWSGI),
        refused(
            "a body more than may be held in all",
            Ending.LIMIT_HELD_BODY,
            503,
            CHUNKED + "3\r\nabc\r\n",
            "limits = {held_total_bytes = 2}",
            TO_UWSGI));
  }

  private static Stream<Scene> connections() {
    return Stream.of(
        oneTooMany("a connection too many", Ending.LIMIT_CONNECTIONS, "connections"),
        oneTooMany(
            "a connection too many of one address",
            Ending.LIMIT_CLIENT_CONNECTIONS,
            "client_connections"));
  }

  private static Scene oneTooMany(String name, Ending ending, String limit) {
    return played(
        name,
        ending,
        stage -> {
          stage.rig().client();
          stage.rig().await("the first", () -> stage.rig().clients() == 1);
          expectStatus(503, stage.rig().client());
        },
        "limits = {" + limit + " = 1}");
  }

  private static Stream<Scene> slow() {
    return Stream.of(
        refused("half a head", Ending.HEAD_TIMEOUT, 408, "GET /", "timeouts = {head = 0.1}"),
        refused(
            "half a body",
            Ending.BODY_TIMEOUT,
            408,
            post("Content-Length: 9") + "x",
            "timeouts = {body = 0.1}"),
        played(
            "a slow body",
            Ending.LIMIT_BODY_RATE,
            stage -> {
              Peer client = stage.client(post("Content-Length: 1000000"));
              stage.rig().backend();
              trickle(client, "x");
              expectStatus(408, client);
            },
            "timeouts = {body = 0.3}; limits = {body_rate = 10000}"));
  }
}
