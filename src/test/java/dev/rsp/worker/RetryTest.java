// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;

import dev.rsp.Rule;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Backends that go away with a request: it is sent again once, if it may be and the connection had
 * been used before. Rules 78 and 79.
 */
@EachTransport
final class RetryTest extends RigTest {
  private static final String GONE = "the backend closed the connection without an answer";

  private Peer client;
  private Peer backend;

  /** Starts with one exchange done, so that there is an idle connection. */
  @BeforeEach
  void start() throws Exception {
    client = rig.client(GET);
    backend = rig.backend();
    exchange(client, backend, "first");
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"GET", "OPTIONS", "PUT", "DELETE"})
  @Rule(78)
  void sendsAgainWhatMayBeSentTwice(String method) throws Exception {
    client.send(method + " /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
    backend.head(method + " /2 HTTP/1.1");
    backend.expect("body");
    backend.close();
    Peer another = rig.backend();
    another.head(method + " /2 HTTP/1.1");
    another.expect("body");
    another.send(ok("2"));
    client.expect(ok("2"));
  }

  @Test
  void sendsAgainAfterAReset() throws Exception {
    client.send(GET);
    backend.head();
    backend.reset();
    Peer another = rig.backend();
    exchange(client, another, "2");
  }

  @Test
  @Rule(78)
  void sendsAgainOnlyOnce() throws Exception {
    client.send(GET);
    backend.head();
    backend.close();
    Peer another = asked();
    another.close();
    client.expectRefusal(502, GONE);
    client.send(GET); // the client's connection is as good as before
    rig.backend().head();
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"POST", "PATCH", "get"})
  @Rule(78)
  void neverSendsAgainWhatMayNotBeSentTwice(String method) throws Exception {
    client.send(method + " / HTTP/1.1\r\nHost: a\r\n\r\n");
    backend.head();
    backend.close();
    client.expectRefusal(502, GONE);
  }

  @Test
  @Rule(78)
  void neverSendsAgainWhatIsNotAtHand() throws Exception {
    client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nbody");
    backend.head();
    backend.expect("body");
    backend.close();
    client.expectRefusal(502, GONE);
    client.expectEnd();
  }

  @Test
  void neverSendsAgainAfterTheFirstByteOfAnAnswer() throws Exception {
    client.send(GET);
    backend.head();
    backend.send("H");
    backend.close();
    client.expectRefusal(502, GONE);
  }

  @Test
  void neverSendsAgainOnAFreshConnection() throws Exception {
    client.send(GET.replace("Host: a", "Host: b"));
    Peer fresh = rig.backend(2);
    fresh.head();
    fresh.close();
    client.expectRefusal(502, GONE);
  }

  @Test
  @Rule(79)
  void usesNoConnectionThatHasEnded() throws Exception { // rule 79
    backend.shutOutput();
    backend.expectEnd(); // the proxy has seen it, and closed its side
    client.send(post("Content-Length: 0"));
    Peer another = rig.backend();
    exchange(client, another, "2");
  }

  @Test
  @Rule(74)
  void refusesWhenNobodyListens() throws Exception {
    backend.close();
    rig.closeBackend(1);
    client.send(GET);
    client.expectRefusal(502, "the backend cannot be reached");
    client.send(GET);
    client.expectRefusal(502, "the backend cannot be reached");
  }
}
