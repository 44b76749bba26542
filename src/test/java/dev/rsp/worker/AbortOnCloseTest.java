// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.get;
import static dev.rsp.worker.Messages.lines;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client that ends its side while it waits for the response. */
@Timeout(20)
final class AbortOnCloseTest {
  private static final String BY_DEFAULT = "abort_on_close = \"get\"";
  private static final String POST = post("Content-Length: 2") + "hi";
  private static final String HEAD = lines("HEAD / HTTP/1.1", "Host: a");

  @AutoClose private EmbeddedRig rig;

  @BeforeEach
  void start() throws Exception {
    rig = new EmbeddedRig(BY_DEFAULT, "timeouts = {connect_retry = 2}");
  }

  /** The client has ended its side while the backend has the request; that is dropped. */
  private void expectAborted(String request) {
    EmbeddedPeer client = rig.client(request);
    EmbeddedPeer backend = rig.backend();
    client.end();
    backend.expectStart(request.substring(0, request.indexOf("\r\n")));
    backend.expectClosed();
    client.expectClosed();
    rig.expectEndings("client_gone_waiting=1");
  }

  /** The same, and it is answered. */
  private void expectAnswered(String request) {
    EmbeddedPeer client = rig.client(request);
    EmbeddedPeer backend = rig.backend();
    client.end();
    rig.rest();
    backend.send(ok("1"));
    client.expect(ok("1"));
    client.expectClosed();
    rig.expectEndings("served=1");
  }

  @Test
  void aGetIsAborted() throws Exception {
    expectAborted(GET);
  }

  @Test
  void aHeadIsAborted() throws Exception {
    expectAborted(HEAD);
  }

  @Test
  void aPostIsAnswered() throws Exception {
    expectAnswered(POST);
  }

  @Test
  void withTrueAPostIsAbortedAsWell() throws Exception {
    rig.serve(EmbeddedRig.config("abort_on_close = true"));
    expectAborted(POST);
  }

  @Test
  void withFalseAGetIsAnswered() throws Exception {
    rig.serve(EmbeddedRig.config("abort_on_close = false"));
    expectAnswered(GET);
  }

  @Test
  void aResponseThatHasBegunIsCompleted() throws Exception {
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = rig.backend();
    String answer = ok("0123456789");
    backend.send(answer.substring(0, answer.length() - 5));
    rig.rest();
    client.end();
    rig.rest();
    backend.send(answer.substring(answer.length() - 5));
    client.expect(answer);
    rig.expectEndings("served=1");
  }

  @Test
  void anInterimResponseIsNotTheBegin() throws Exception {
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = rig.backend();
    backend.send(lines("HTTP/1.1 103 Early Hints", "Link: </a>"));
    client.take();
    client.end();
    backend.expectClosed();
    rig.expectEndings("client_gone_waiting=1");
  }

  @Test
  void aConnectIsAborted() throws Exception {
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = rig.connecting();
    client.end();
    backend.expectClosed();
    client.expectClosed();
    rig.expectEndings("client_gone_waiting=1");
  }

  @Test
  void aQueueIsLeft() throws Exception {
    EmbeddedPeer client = rig.client(GET);
    assertTrue(rig.refusedIfAsked());
    assertEquals(1, rig.loop().queued());
    client.end();
    rig.rest();
    assertEquals(0, rig.loop().queued());
    rig.expectEndings("client_gone_waiting=1");
  }

  @Test
  void requestsThatWereSentTogetherAreAllAnswered() throws Exception {
    EmbeddedPeer client = rig.client();
    client.send(get("a", "/1") + get("a", "/2") + get("a", "/3"));
    client.end();
    EmbeddedPeer backend = rig.backend();
    for (int i = 1; i <= 3; i++) {
      backend.expectStart("GET /" + i + " HTTP/1.1");
      backend.send(ok("" + i));
      client.expect(ok("" + i));
    }
    client.expectClosed();
    rig.expectEndings("served=3");
  }
}
