// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * There is no memory for one buffer of exchanges with a backend of HTTP/2: the first, the second,
 * and so on. Each time what it costs ends at once, nothing is left, and the next client is served.
 */
@Timeout(60)
final class Http2BackendAllocationTest {
  /** Nothing below needs as many buffers. */
  private static final int MAX_BUFFERS = 500;

  private final List<Http2Peer> backends = new ArrayList<>();

  @Test
  void aBufferThatCannotBeHadCostsNoOtherClient() throws Exception {
    int buffers = 0;
    while (oneFails(buffers)) {
      assertTrue(++buffers < MAX_BUFFERS, "every try had a failure");
    }
    assertTrue(buffers >= 10, "buffers: " + buffers);
  }

  /** Whether there were so many buffers that one could be refused. */
  private boolean oneFails(int after) throws Exception {
    String when = "after " + after + " buffers: ";
    backends.clear();
    boolean failed;
    try (EmbeddedRig rig = new EmbeddedRig(Http2BackendTest.H2C)) {
      rig.leaveBackendsUnjudged();
      Http2Peer http2 = Http2Peer.of(rig);
      Http2Peer slow = Http2Peer.of(rig, 4, 0); // takes no content
      rig.allocator().failAfter(after);
      play(rig, http2, slow);
      failed = rig.allocator().stopFailing();
      List<String> errors = rig.takeErrors();
      assertEquals(failed, !errors.isEmpty(), () -> when + errors);
      EmbeddedPeer next = rig.client(GET);
      serve(rig);
      String answer = next.take();
      assertTrue(answer.contains("answer"), () -> when + "the next is not served: " + answer);
      rig.acceptEndings();
      assertEquals(0, rig.loop().state().held().get(), when + "bytes of bodies held");
    }
    return failed;
  }

  private void play(EmbeddedRig rig, Http2Peer http2, Http2Peer slow) {
    slow.get(1, "a", "/");
    rig.client(GET);
    serve(rig);
    EmbeddedPeer chunks = rig.client(post("Transfer-Encoding: chunked") + "3\r\nabc\r\n");
    rig.rest();
    for (int i = 0; i < 3; i++) {
      chunks.send("2710\r\n" + "x".repeat(10_000) + "\r\n");
      rig.rest();
    }
    chunks.send("0\r\n\r\n");
    serve(rig);
    if (http2.peer().isOpen()) {
      http2.post(1, "a");
      http2.data(1, "call", false);
      http2.headers(1, true, "x-checksum", "1");
      serve(rig);
    }
    if (slow.peer().isOpen()) {
      slow.windowUpdate(1, 100_000);
      rig.rest();
    }
  }

  /** Backends accept, and answer all requests that have come. */
  private void serve(EmbeddedRig rig) {
    EmbeddedPeer asked = rig.backendIfAsked();
    while (asked != null) {
      Http2Peer backend = Http2Peer.backendOn(asked);
      backend.settings();
      rig.rest();
      backends.add(backend);
      asked = rig.backendIfAsked();
    }
    for (Http2Peer backend : backends) {
      if (backend.peer().isOpen()) {
        backend.frames().forEach(frame -> answer(backend, frame));
        rig.rest();
      }
    }
  }

  private static void answer(Http2Peer backend, String frame) {
    if (frame.contains(":method=")) {
      int stream = Integer.parseInt(frame.split(" ", -1)[1]);
      assertFalse(stream % 2 == 0, frame);
      backend.headers(stream, false, ":status", "200", "date", "x");
      backend.data(stream, "x".repeat(9_000), false);
      backend.data(stream, "answer", false);
      backend.headers(stream, true, "grpc-status", "0");
    }
  }
}
