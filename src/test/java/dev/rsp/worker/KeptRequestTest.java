// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.ok;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.exchange.Ending;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What is kept of a request until it is sent, and after it, if it may have to be sent again: no
 * more than that, no longer than that, and none of it gets into another request.
 */
@Timeout(60)
final class KeptRequestTest {
  /** Hosts that start with "b" go to the second place, which speaks HTTP, all others to uwsgi. */
  private static final String UWSGI_AND_HTTP =
      "backends = {{ address = '127.0.0.1:1', protocol = 'uwsgi' }, '127.0.0.1:2' }";

  private static final String CHUNKED =
      "POST /%s HTTP/1.1\r\nHost: %s\r\nTransfer-Encoding: chunked\r\n\r\n";

  @Test
  void theLastBytesOfARefusedBodyDoNotCountForTheNextRequest() throws Exception {
    try (var rig =
        new EmbeddedRig(
            UWSGI_AND_HTTP,
            "limits = { held_body_bytes = 10 }",
            "timeouts = { body = 2, response = 20 }")) {
      rig.leaveBackendsUnjudged();
      EmbeddedPeer client = rig.client(CHUNKED.formatted("1", "a"));
      String next =
          "POST /2 HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
      client.send("b\r\n12345678901\r\n0\r\n\r\n" + next);
      EmbeddedPeer backend = rig.backend();
      assertTrue(client.take().startsWith("HTTP/1.1 413 "));
      backend.expectStart("POST /2 HTTP/1.1\r\n");
      // It waits for the backend's 100 (Continue), and not for bytes of the client.
      rig.pass(19_000);
      client.expectOpen();
      rig.pass(1_500);
      client.expectRefusal(504, "the backend took too long to answer");
      rig.expectEndings("limit_held_body=1 response_timeout=1");
    }
  }

  @Test
  void aRequestThatIsRefusedWhileItsBackendIsConnectedToLetsGoOfTheConnection() throws Exception {
    try (var rig = new EmbeddedRig("limits = { held_total_bytes = 10 }")) {
      var client = new MultiplexedClient(rig);
      MultiplexedClient.Stream stream = client.open();
      stream.post("a", "/");
      EmbeddedPeer backend = rig.connecting();
      stream.send("more than is held", true);
      assertEquals(503, stream.status());
      assertEquals(Ending.LIMIT_HELD_BODY, stream.ending());
      backend.accept();
      backend.expectNothing();
      backend.expectClosed();
      rig.expectEndings("limit_held_body=1");
    }
  }

  /** The length of its body has digits, too, of which the packet must have room for all. */
  @Test
  void aHeadThatHardlyFitsIntoAPacketIsRefusedOrSent() throws Exception {
    try (var rig =
        new EmbeddedRig(UWSGI_AND_HTTP, "limits = { head_bytes = 100000, fields = 100 }")) {
      rig.leaveBackendsUnjudged();
      int sent = 0;
      int refused = 0;
      for (int size = 64_850; size < 65_250; size++) {
        String head =
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\nX: " + "x".repeat(size);
        EmbeddedPeer client = rig.client(head + "\r\n\r\n");
        EmbeddedPeer backend = rig.backendIfAsked();
        String answer = "431";
        if (backend == null) {
          refused++;
        } else {
          sent++;
          assertFalse(backend.take().isEmpty(), "size " + size);
          backend.send("HTTP/1.1 204 No Content\r\n\r\n");
          answer = "204";
        }
        assertTrue(client.take().startsWith("HTTP/1.1 " + answer), "size " + size);
        client.end();
      }
      assertTrue(sent > 20 && refused > 20, "sent " + sent + ", refused " + refused);
      rig.expectEndings("served=" + sent + " refused=" + refused);
    }
  }

  @Test
  void anIdleConnectionStaysInThePoolWhenARequestCannotBeKept() throws Exception {
    try (var rig = new EmbeddedRig()) {
      EmbeddedPeer first = rig.client(GET);
      rig.backend().send(ok("1"));
      first.expect(ok("1"));
      EmbeddedPeer second = rig.client();
      rig.allocator().failAfter(1); // the first buffer is the one that it is read into
      second.send(GET);
      second.expectClosed();
      assertTrue(rig.allocator().stopFailing());
      assertEquals(1, rig.takeErrors().size());
      EmbeddedPeer third = rig.client(GET);
      rig.expectNoConnect();
      rig.answerOverIdle(ok("2"));
      third.expect(ok("2"));
      rig.expectEndings("served=2 failed=1");
    }
  }

  @Test
  void aRequestThatCannotBeSentAgainIsNotKeptAfterItWasSent() throws Exception {
    try (var rig = new EmbeddedRig(UWSGI_AND_HTTP)) {
      rig.leaveBackendsUnjudged();
      String put = CHUNKED.formatted("1", "a").replace("POST", "PUT");
      EmbeddedPeer client = rig.client(put + "5\r\n12345\r\n0\r\n\r\n");
      EmbeddedPeer backend = rig.backend();
      assertFalse(backend.take().isEmpty());
      assertEquals(0, rig.loop().state().held().get(), "bytes of bodies held");
      assertEquals(0, rig.held(), "bytes of buffers held");
      backend.send(ok("1"));
      client.expect(ok("1"));
      rig.expectEndings("served=1");
    }
  }

  /** While that waits for a uwsgi place, it is taken out of its chunks; HTTP gets chunks again. */
  @Test
  void aBodyThatWasHeldForOnePlaceGoesWholeToThePlaceThatFollows() throws Exception {
    List<String> config =
        List.of(
            "backends = {{ address = '127.0.0.1:1', protocol = 'uwsgi' }, '127.0.0.1:2' }",
            "function select(r) return { 1, 2 } end");
    try (var rig = new EmbeddedRig(config.toArray(String[]::new))) {
      rig.leaveBackendsUnjudged();
      EmbeddedPeer client = rig.client(CHUNKED.formatted("1", "a") + "3\r\nabc\r\n");
      client.send("3\r\ndef\r\n0\r\n\r\n");
      assertTrue(rig.refusedIfAsked());
      EmbeddedPeer backend = rig.backend();
      String request = backend.take();
      assertTrue(request.startsWith("POST /1 HTTP/1.1\r\n"), request);
      assertTrue(request.endsWith("\r\n\r\n6\r\nabcdef\r\n0\r\n\r\n"), request);
      backend.send(ok("1"));
      client.expect(ok("1"));
      rig.expectEndings("served=1");
    }
  }
}
