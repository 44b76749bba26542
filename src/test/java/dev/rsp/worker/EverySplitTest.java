// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.FORWARDING;
import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.lines;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.referee.End;
import dev.rsp.referee.Message;
import dev.rsp.referee.Referee;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Exchanges of which one side's bytes come in two parts, split at every place there is, and with
 * each byte alone: what goes out is the same every time.
 */
final class EverySplitTest extends EmbeddedRigTest {
  private static final String CHUNKS = "3;x=\"y\"\r\nabc\r\n0A\r\n0123456789\r\n0\r\nX: y\r\n\r\n";
  private static final String PLAIN_CHUNKS = "3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n";
  private static final String SWITCHED =
      lines("HTTP/1.1 101 Switching Protocols", "Upgrade: x", "Connection: upgrade");

  /** What a client sends, and what the backend gets. */
  private enum Request {
    WITHOUT_BODY("\r\n" + GET, "GET / HTTP/1.1\r\nHost: a\r\n" + FORWARDING),
    OF_HTTP10(
        "GET / HTTP/1.0\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n" + FORWARDING.replace("Via: 1.1", "Via: 1.0")),
    WITH_LENGTH(
        post("Content-Length: 5") + "hello",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n" + FORWARDING + "hello"),
    CHUNKED(
        post("Transfer-Encoding: chunked") + CHUNKS,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n" + FORWARDING + PLAIN_CHUNKS),
    THAT_EXPECTS(
        post("Content-Length: 5\r\nExpect: 100-continue") + "hello",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n"
            + FORWARDING
            + "hello");

    private final String sent;
    private final String passedOn;

    Request(String sent, String passedOn) {
      this.sent = sent;
      this.passedOn = passedOn;
    }
  }

  /** What a backend answers, and what the client gets. */
  private enum Response {
    WITH_LENGTH(GET, ok("hello"), ok("hello")),
    CHUNKED(GET, Messages.CHUNKED_HEAD + CHUNKS, Messages.CHUNKED_HEAD + PLAIN_CHUNKS),
    CHUNKED_TO_HTTP10(
        "GET / HTTP/1.0\r\nHost: a\r\n\r\n",
        Messages.CHUNKED_HEAD + CHUNKS,
        "HTTP/1.1 200 OK\r\nDate: x\r\nConnection: close\r\n\r\nabc0123456789"),
    TO_HEAD(GET.replace("GET", "HEAD"), headOf(ok("hello")), headOf(ok("hello"))),
    AFTER_INTERIM_ONES(
        GET,
        lines("HTTP/1.1 103 Early Hints", "Date: x", "Link: </x>")
            + lines("HTTP/1.1 102 Processing", "Date: x")
            + ok("hello"),
        lines("HTTP/1.1 103 Early Hints", "Date: x", "Link: </x>")
            + lines("HTTP/1.1 102 Processing", "Date: x")
            + ok("hello")),
    WITHOUT_CONTENT(GET, "HTTP/1.1 204 \r\nDate: x\r\n\r\n", "HTTP/1.1 204 \r\nDate: x\r\n\r\n"),
    NOT_MODIFIED(
        GET,
        lines("HTTP/1.1 304 Not Modified", "Date: x", "ETag: \"x\"", "Content-Length: 5"),
        lines("HTTP/1.1 304 Not Modified", "Date: x", "ETag: \"x\"", "Content-Length: 5")),
    THAT_CLOSES(
        GET,
        lines("HTTP/1.1 200 OK", "Date: x", "Connection: close", "Content-Length: 5") + "hello",
        ok("hello"));

    private final String request;
    private final String sent;
    private final String passedOn;

    Response(String request, String sent, String passedOn) {
      this.request = request;
      this.sent = sent;
      this.passedOn = passedOn;
    }

    private static String headOf(String message) {
      return message.substring(0, message.indexOf("\r\n\r\n") + 4);
    }
  }

  /** Plays an exchange with one side's bytes split. */
  private interface Scene {
    /**
     * Plays it.
     *
     * @param at where to split; 0 to send each byte alone
     */
    void play(int at);
  }

  /** The last one that was asked. */
  private @Nullable EmbeddedPeer last;

  @ParameterizedTest
  @EnumSource
  void aRequest(Request request) {
    atEverySplit(
        request.sent,
        "served",
        at -> {
          EmbeddedPeer client = rig.client();
          send(client, request.sent, at);
          EmbeddedPeer backend = backend();
          backend.expect(request.passedOn);
          backend.send(ok("1"));
          client.expectStart("HTTP/1.1 200 OK\r\n");
        });
  }

  @ParameterizedTest
  @EnumSource
  void aResponse(Response response) {
    atEverySplit(
        response.sent,
        "served",
        at -> {
          EmbeddedPeer client = rig.client(response.request);
          EmbeddedPeer backend = backend();
          backend.take();
          send(backend, response.sent, at);
          client.expect(response.passedOn);
          assertEquals(response != Response.THAT_CLOSES, backend.isOpen());
        });
  }

  @ParameterizedTest(name = "HTTP/{0}")
  @ValueSource(strings = {"1.1", "1.0"})
  void aResponseThatTheEndOfTheConnectionEnds(String version) {
    String request = GET.replace("1.1", version);
    String response = "HTTP/1.1 200 OK\r\nDate: x\r\n\r\nhello, world";
    atEverySplit(
        response,
        "served",
        at -> {
          EmbeddedPeer client = rig.client(request);
          EmbeddedPeer backend = backend();
          backend.take();
          send(backend, response, at);
          backend.end();
          // Each read becomes a chunk, so the bytes differ, but not what they say.
          Message message = Referee.responses(client.take(), End.FIN, request).sound().get(0);
          assertEquals("HTTP/1.1 200 OK", message.startLine());
          assertEquals("hello, world", message.body());
          assertEquals(true, message.whole());
        });
  }

  @Test
  void aClientsHalfOfATunnel() {
    String request = lines("GET / HTTP/1.1", "Host: a", "Connection: upgrade", "Upgrade: x");
    atEverySplit(
        request + "hello",
        "tunnelled",
        at -> {
          EmbeddedPeer client = rig.client();
          send(client, request + "hello", at);
          EmbeddedPeer backend = backend();
          backend.expectStart("GET / HTTP/1.1");
          backend.send(SWITCHED);
          client.expect(SWITCHED);
          backend.expect("hello");
          client.end();
          backend.expectEnd();
          backend.end();
          client.expectEnd();
        });
  }

  @Test
  void aBackendsHalfOfATunnel() {
    atEverySplit(
        SWITCHED + "hello",
        "tunnelled",
        at -> {
          EmbeddedPeer client =
              rig.client(lines("GET / HTTP/1.1", "Host: a", "Connection: upgrade", "Upgrade: x"));
          EmbeddedPeer backend = backend();
          backend.take();
          send(backend, SWITCHED + "hello", at);
          client.expect(SWITCHED + "hello");
          client.reset();
          backend.expectClosed();
        });
  }

  @Test
  void twoRequestsOneBehindTheOther() {
    String both = post("Transfer-Encoding: chunked") + CHUNKS + GET;
    for (int at = 0; at < both.length(); at++) {
      EmbeddedPeer client = rig.client();
      send(client, both, at);
      EmbeddedPeer backend = backend();
      backend.expect(Request.CHUNKED.passedOn);
      backend.send(ok("1"));
      client.expect(ok("1"));
      backend.expect("GET / HTTP/1.1\r\nHost: a\r\n" + FORWARDING);
      backend.send(ok("2"));
      client.expect(ok("2"));
    }
    rig.expectEndings("served=" + 2 * both.length());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
      })
  void aRequestThatIsRefused(String request) {
    rig.acceptAtOnce(); // what follows a head is not read before
    atEverySplit(
        request,
        "refused",
        at -> {
          EmbeddedPeer client = rig.client();
          send(client, request, at);
          client.expectStart("HTTP/1.1 400 Bad Request\r\n");
          client.end();
          client.expectEnd();
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
      })
  void aResponseThatIsNone(String response) {
    atEverySplit(
        response,
        "backend_malformed",
        at -> {
          EmbeddedPeer client = rig.client(GET);
          EmbeddedPeer backend = backend();
          backend.take();
          send(backend, response, at);
          client.expectStart("HTTP/1.1 502 Bad Gateway\r\n");
          backend.expectClosed();
        });
  }

  private void atEverySplit(String bytes, String ending, Scene scene) {
    for (int at = 0; at < bytes.length(); at++) {
      scene.play(at);
    }
    rig.expectEndings(ending + "=" + bytes.length());
  }

  private static void send(EmbeddedPeer peer, String bytes, int at) {
    if (at == 0) {
      peer.sendEachAlone(bytes);
    } else {
      peer.sendSplit(bytes, at);
    }
  }

  /** The backend that a request has come to: over the connection that is idle, if there is one. */
  private EmbeddedPeer backend() {
    rig.rest();
    EmbeddedPeer backend = last;
    if (backend == null || !backend.isOpen()) {
      backend = rig.backend();
      last = backend;
    }
    return backend;
  }
}
