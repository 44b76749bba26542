// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.exchange.Ending;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Exchanges know no protocol, and nothing of connections: a hundred of them go on at the same time
 * over one client connection, and none notices the others.
 */
@Timeout(60)
final class MultiplexTest {
  private static final int STREAMS = 100;

  /** More than one read for a slow stream. */
  private static final int LARGE_BYTES = 64 * 1024;

  /** A connection with a hundred streams, on each of which a request has come; and its backend. */
  private static final class Stage implements AutoCloseable {
    private final EmbeddedRig rig;
    private final MultiplexedClient client;
    private final List<EmbeddedPeer> backends = new ArrayList<>();

    Stage() throws Exception {
      rig = new EmbeddedRig();
      client = new MultiplexedClient(rig);
    }

    static Stage ofGets() throws Exception {
      var stage = new Stage();
      stage.each(i -> stage.client.open().get("a", "/" + i));
      stage.accept();
      stage.each(i -> stage.backend(i).expectStart("GET /" + i + " HTTP/1.1\r\nHost: a\r\n"));
      return stage;
    }

    static Stage ofPosts() throws Exception {
      var stage = new Stage();
      stage.each(i -> stage.client.open().post("a", "/" + i));
      stage.accept();
      stage.each(i -> stage.backend(i).expectStart("POST /" + i + " HTTP/1.1\r\nHost: a\r\n"));
      return stage;
    }

    private void accept() {
      for (int i = 0; i < STREAMS; i++) {
        backends.add(rig.backend());
      }
      rig.expectNoConnect();
    }

    EmbeddedPeer backend(int i) {
      return backends.get(i);
    }

    MultiplexedClient.Stream stream(int i) {
      return client.streams().get(i);
    }

    void each(java.util.function.IntConsumer action) {
      IntStream.range(0, STREAMS).forEach(action);
    }

    /** Each backend sends; the loop comes to all of them in the same turn. */
    void eachBackendSends(java.util.function.IntFunction<String> text) {
      each(i -> backend(i).send(text.apply(i)));
      rig.rest();
    }

    @Override
    public void close() {
      rig.close();
    }
  }

  private static String head(int length) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n";
  }

  private static String large(int i) {
    return String.valueOf((char) ('a' + i % 26)).repeat(LARGE_BYTES);
  }

  @Test
  void responsesWhoseBodiesAreInterleavedReachTheirStreams() throws Exception {
    try (var stage = Stage.ofGets()) {
      stage.eachBackendSends(i -> head(6));
      for (int at = 0; at < 6; at++) {
        String digit = "number".substring(at, at + 1);
        stage.eachBackendSends(i -> i % 2 == 0 ? digit : digit.toUpperCase(java.util.Locale.ROOT));
      }
      stage.each(
          i -> {
            assertEquals(200, stage.stream(i).status());
            assertEquals(i % 2 == 0 ? "number" : "NUMBER", stage.stream(i).content());
            assertEquals(Ending.SERVED, stage.stream(i).ending());
          });
      stage.rig.expectEndings("served=100");
    }
  }

  @Test
  void bodiesInChunksAndUntilTheCloseReachTheirStreamsAsContent() throws Exception {
    try (var stage = Stage.ofGets()) {
      stage.eachBackendSends(
          i ->
              i % 2 == 0
                  ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
                  : "HTTP/1.1 200 OK\r\n\r\nabc");
      stage.eachBackendSends(i -> i % 2 == 0 ? "3\r\ndef\r\n0\r\n\r\n" : "def");
      stage.each(
          i -> {
            if (i % 2 == 1) {
              assertNull(stage.stream(i).ending());
              stage.backend(i).end();
            }
          });
      stage.rig.expectEndings("served=100");
      stage.each(i -> assertEquals("abcdef", stage.stream(i).content()));
    }
  }

  @Test
  void requestsWhoseBodiesAreInterleavedReachTheirBackendsInChunks() throws Exception {
    try (var stage = Stage.ofPosts()) {
      stage.each(i -> stage.stream(i).send("body " + i, false));
      stage.each(i -> stage.stream(i).send("!", true));
      stage.each(
          i -> {
            String body = "body " + i;
            String size = Integer.toHexString(body.length());
            stage.backend(i).expect(size + "\r\n" + body + "\r\n1\r\n!\r\n0\r\n\r\n");
            assertTrue(stage.stream(i).awaitsResponse());
          });
      stage.eachBackendSends(i -> head(0));
      stage.rig.expectEndings("served=100");
    }
  }

  @Test
  void aStreamThatIsResetTakesOnlyItsOwnBackendConnectionWithIt() throws Exception {
    try (var stage = Stage.ofGets()) {
      stage.eachBackendSends(i -> head(6) + "abc");
      stage.each(
          i -> {
            if (i % 2 == 0) {
              stage.stream(i).reset();
            }
          });
      stage.rig.rest();
      stage.each(i -> assertEquals(i % 2 == 1, stage.backend(i).isOpen()));
      stage.eachBackendSends(i -> "def");
      stage.each(i -> assertEquals(i % 2 == 0 ? "abc" : "abcdef", stage.stream(i).content()));
      stage.rig.expectEndings("served=50 client_gone_reading=50");
    }
  }

  @Test
  void aBackendThatBreaksEndsOnlyItsOwnStream() throws Exception {
    try (var stage = Stage.ofGets()) {
      stage.eachBackendSends(i -> i % 4 == 0 ? head(6) + "abc" : "");
      stage.each(
          i -> {
            if (i % 2 == 0) {
              stage.backend(i).reset();
            }
          });
      stage.rig.rest();
      stage.each(
          i -> {
            Ending ending = stage.stream(i).ending();
            assertEquals(
                i % 4 == 0 ? Ending.BACKEND_TRUNCATED : i % 2 == 0 ? Ending.BACKEND_GONE : null,
                ending);
          });
      stage.each(
          i -> {
            if (i % 2 == 1) {
              stage.backend(i).send(head(1) + "x");
            }
          });
      stage.rig.expectEndings("served=50 backend_gone=25 backend_truncated=25");
      assertEquals(502, stage.stream(2).status());
    }
  }

  @Test
  void aStreamThatTakesNothingHoldsBackItsOwnBackendAlone() throws Exception {
    try (var stage = Stage.ofGets()) {
      stage.each(i -> stage.stream(i).takes(i % 2 == 0 ? 0 : Long.MAX_VALUE));
      stage.eachBackendSends(i -> head(LARGE_BYTES) + large(i));
      stage.each(
          i -> {
            assertEquals(i % 2 == 1, stage.backend(i).isRead() || stage.stream(i).ending() != null);
            boolean whole = stage.stream(i).content().length() == LARGE_BYTES;
            assertEquals(i % 2 == 1, whole, "stream " + i);
          });
      stage.rig.expectEndings("served=50");
      stage.each(
          i -> {
            if (i % 2 == 0) {
              stage.stream(i).takes(Long.MAX_VALUE);
            }
          });
      stage.rig.expectEndings("served=100");
      stage.each(i -> assertEquals(large(i), stage.stream(i).content()));
    }
  }

  @Test
  void aBackendThatTakesNothingHoldsBackItsOwnStreamAlone() throws Exception {
    try (var stage = Stage.ofPosts()) {
      stage.each(i -> stage.backend(i).takes(i % 2 == 0 ? 0 : Long.MAX_VALUE));
      stage.each(i -> stage.stream(i).send(large(i), false));
      stage.rig.rest();
      stage.each(i -> assertEquals(i % 2 == 1, stage.stream(i).isRead(), "stream " + i));
      stage.each(i -> stage.backend(i).takesAll());
      stage.rig.rest();
      stage.each(i -> assertTrue(stage.stream(i).isRead(), "stream " + i));
      stage.each(i -> stage.stream(i).send("", true));
      stage.each(i -> assertTrue(stage.backend(i).take().endsWith("\r\n0\r\n\r\n")));
      stage.eachBackendSends(i -> head(0));
      stage.rig.expectEndings("served=100");
    }
  }

  @Test
  void theNextHundredStreamsGoOverTheConnectionsOfTheFirst() throws Exception {
    try (var stage = Stage.ofGets()) {
      stage.eachBackendSends(i -> head(1) + "1");
      stage.each(i -> stage.client.open().get("a", "/again"));
      stage.rig.expectNoConnect();
      stage.eachBackendSends(i -> head(1) + "2");
      stage.each(i -> assertEquals("2", stage.stream(STREAMS + i).content()));
      stage.each(i -> assertFalse(stage.backend(i).take().isEmpty()));
      stage.rig.expectEndings("served=200");
    }
  }

  @Test
  void aStreamThatIsResetBeforeItsBackendAcceptsLeavesNothing() throws Exception {
    try (var rig = new EmbeddedRig()) {
      var client = new MultiplexedClient(rig);
      for (int i = 0; i < STREAMS; i++) {
        client.open().post("a", "/");
        client.streams().get(i).send("early", false);
      }
      client.streams().forEach(MultiplexedClient.Stream::reset);
      rig.expectEndings("client_gone_reading=100");
    }
  }
}
