// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.exchange.Ending;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies of requests to a backend that speaks the uwsgi protocol, which wants to know a length. */
@EachTransport
final class UwsgiBodyTest extends UwsgiPlaces {
  private static final String CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
  private static final String TOO_LARGE =
      "too large for a chunked body to this backend: send a Content-Length";

  @Test
  void passesABodyOfKnownLengthOnAsItComes() throws Exception {
    Peer client = rig.client(post("Content-Length: 8") + "half");
    try (Peer backend = app.accept()) {
      assertEquals("8", UwsgiPeer.variables(backend).get("CONTENT_LENGTH"));
      backend.expect("half");
      client.send("half");
      backend.expect("half");
      backend.send(ok("1"));
      client.expect(ok("1"));
    }
  }

  @Test
  void readsNoMoreThanTheBackendTakes() throws Exception {
    byte[] body = Messages.body(10_000_000);
    Peer client = rig.client(post("Content-Length: " + body.length));
    var sender = Beside.start(() -> client.send(body));
    try (Peer backend = packetSent()) {
      rig.await("bytes that wait", rig::stuck);
      assertTrue(rig.unsent() < 1_000_000);
      assertArrayEquals(body, backend.read(body.length));
      sender.join();
      backend.send(ok("1"));
      client.expect(ok("1"));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 7, 1000})
  void holdsAChunkedBodyUntilItIsWhole(int piece) throws Exception {
    Peer client = rig.client();
    String request = CHUNKED + "3\r\nabc\r\n9;ext=1\r\nde\r\nfghij\r\n0\r\nTrailer: x\r\n\r\n";
    for (int at = 0; at < request.length(); at += piece) {
      client.send(request.substring(at, Math.min(request.length(), at + piece)));
    }
    Map<String, String> variables = answer(client, "12", "abcde\r\nfghij");
    assertFalse(variables.containsKey("HTTP_TRANSFER_ENCODING"));
    assertEquals(0, rig.held());
    client.send(GET);
    app.accept().close();
    client.expectRefusal(502, GONE);
  }

  @Test
  void sendsAnEmptyChunkedBody() throws Exception {
    Peer client = rig.client(CHUNKED + "0\r\n\r\n");
    answer(client, "0", "");
  }

  @Test
  void refusesAChunkedBodyThatIsLargerThanItHolds() throws Exception {
    Peer client = rig.client(CHUNKED + "258\r\n" + "a".repeat(600) + "\r\n");
    rig.await("600 bytes held", () -> rig.held() == 600);
    client.send("258\r\n" + "a".repeat(600));
    client.expectRefusal(413, TOO_LARGE);
    client.expectEnd();
    assertEquals(0, rig.held());
  }

  @Test
  void refusesALargeChunkedBodyAlsoWhenItIsWholeAtOnce() throws Exception {
    Peer client = rig.client(CHUNKED + "3e9\r\n" + "a".repeat(1001) + "\r\n0\r\n\r\n" + GET);
    client.expectRefusal(413, TOO_LARGE);
    answer(client, "", ""); // the next request, on the connection that is still in order
  }

  @Test
  void refusesALargeChunkedBodyWithItsLastBytes() throws Exception {
    Peer client = rig.client(CHUNKED + "2\r\nab\r\n");
    rig.await("2 bytes held", () -> rig.held() == 2);
    client.send("3e7\r\n" + "a".repeat(999) + "\r\n0\r\n\r\n" + GET);
    client.expectRefusal(413, TOO_LARGE);
    answer(client, "", "");
  }

  @Test
  void refusesOneChunkedBodyMoreThanItHoldsInAll() throws Exception {
    Peer first = rig.client(CHUNKED + "3e8\r\n" + "a".repeat(1000));
    rig.await("1000 bytes held", () -> rig.held() == 1000);
    Peer second = rig.client(CHUNKED + "1f5\r\n" + "a".repeat(501));
    second.expectRefusal(503, "too many bodies are held at a time");
    first.close();
    rig.await("no bytes held", () -> rig.held() == 0);
  }

  @Test
  void refusesEveryChunkedBodyIfItHoldsNone() throws Exception {
    reload("limits = { held_body_bytes = 0 }");
    Peer client = rig.client(CHUNKED + "0\r\n\r\n");
    client.expectRefusal(411, "the backend's protocol needs a Content-Length");
    assertEquals(1, rig.endings(Ending.LIMIT_HELD_BODY));
  }

  @Test
  void saysItselfThatABodyIsWanted() throws Exception {
    Peer client = rig.client(post("Content-Length: 4\r\nExpect: 100-continue"));
    try (Peer backend = app.accept()) {
      assertFalse(UwsgiPeer.variables(backend).containsKey("HTTP_EXPECT"));
      client.expect(CONTINUE);
      client.send("body");
      backend.expect("body");
      backend.send(ok("1"));
      client.expect(ok("1"));
    }
  }

  @Test
  void saysItselfThatAChunkedBodyIsWanted() throws Exception {
    Peer client = rig.client(post("Transfer-Encoding: chunked\r\nExpect: 100-continue"));
    client.expect(CONTINUE);
    client.send("4\r\nbody\r\n0\r\n\r\n");
    answer(client, "4", "body");
  }

  @Test
  void wantsNoBodyForABackendThatIsNotThere() throws Exception {
    Peer client =
        rig.client(post("Content-Length: 4\r\nExpect: 100-continue").replace(": a", ": x"));
    client.expectRefusal(502, "the backend cannot be reached");
    client.expectEnd();
  }
}
