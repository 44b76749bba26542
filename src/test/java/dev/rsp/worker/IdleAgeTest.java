// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.lines;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A backend that closes its idle connections after a time of its own: a POST does not go over a
 * connection that is nearly as old, because it would be lost.
 */
@Timeout(20)
final class IdleAgeTest {
  private static final String POST = post("Content-Length: 2") + "hi";

  @AutoClose private EmbeddedRig rig;
  private EmbeddedPeer client;

  @BeforeEach
  void start() throws Exception {
    rig = new EmbeddedRig("limits = {backend_idle = 16}");
    client = rig.client();
  }

  /** Serves a request over a new connection, which is idle then. */
  private EmbeddedPeer served(String request, String response) {
    client.send(request);
    EmbeddedPeer backend = rig.backend();
    backend.send(response);
    client.take();
    backend.take();
    return backend;
  }

  /** The backend closes a connection after it was idle for so long. */
  private void closesAfter(int millis) {
    EmbeddedPeer backend = served(GET, ok("1"));
    rig.pass(millis);
    backend.end();
    backend.expectClosed();
  }

  /** A request goes over this connection. */
  private void goesOver(EmbeddedPeer backend, String request) {
    client.send(request);
    rig.expectNoConnect();
    backend.expectStart(request.substring(0, request.indexOf("\r\n")));
    backend.send(ok("1"));
    client.take();
  }

  @Test
  void aPostUsesNoConnectionThatIsNearlyAsOldAsThoseThatWereClosed() {
    closesAfter(1000);
    closesAfter(1000);
    EmbeddedPeer old = served(GET, ok("1"));
    rig.pass(900);
    // As a backend that closes it while the request is on its way: the request would be lost.
    EmbeddedPeer another = served(POST, ok("1"));
    old.expectOpen();
    old.end();
    another.expectOpen();
    rig.expectEndings("served=4");
  }

  @Test
  void aPostUsesAYoungerOne() {
    closesAfter(1000);
    closesAfter(1000);
    EmbeddedPeer young = served(GET, ok("1"));
    rig.pass(400);
    goesOver(young, POST);
    rig.expectEndings("served=4");
  }

  @Test
  void aGetUsesAnOldOneBecauseItCanBeSentAgain() {
    closesAfter(1000);
    closesAfter(1000);
    EmbeddedPeer old = served(GET, ok("1"));
    rig.pass(900);
    goesOver(old, GET);
    rig.expectEndings("served=4");
  }

  @Test
  void oneCloseAloneTeachesNothing() {
    closesAfter(300);
    EmbeddedPeer old = served(GET, ok("1"));
    rig.pass(2000);
    goesOver(old, POST);
    rig.expectEndings("served=3");
  }

  @Test
  void aRestartTeachesNothing() {
    for (int restart = 0; restart < 2; restart++) {
      // All connections are closed at the same time, and none is as old as another.
      List<EmbeddedPeer> backends = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        rig.client(GET);
        backends.add(rig.backend());
      }
      for (EmbeddedPeer backend : backends) {
        backend.send(ok("1"));
        rig.pass(700);
      }
      backends.forEach(EmbeddedPeer::end);
      backends.forEach(EmbeddedPeer::expectClosed);
      rig.pass(1000);
    }
    EmbeddedPeer old = served(GET, ok("1"));
    rig.pass(2000);
    goesOver(old, POST);
    rig.expectEndings("served=8");
  }

  @Test
  void whatWasLearntIsForgottenAfterAMinute() {
    closesAfter(1000);
    closesAfter(1000);
    rig.pass(62_000);
    EmbeddedPeer old = served(GET, ok("1"));
    rig.pass(2000);
    goesOver(old, POST);
    rig.expectEndings("served=4");
  }

  @Test
  void ofSeveralConnectionsTheYoungestDecides() {
    closesAfter(1000);
    closesAfter(1000);
    EmbeddedPeer other = rig.client(GET);
    EmbeddedPeer older = rig.backend();
    EmbeddedPeer younger = served(GET, ok("1"));
    older.send(ok("1"));
    other.take();
    rig.pass(300);
    goesOver(older, GET); // the one used last
    older.take();
    rig.pass(500);
    goesOver(older, POST);
    younger.expectOpen();
    rig.expectEndings("served=6");
  }

  @Test
  void noneThatIsOldTakesThePlaceOfABrokenOne() {
    closesAfter(1000);
    closesAfter(1000);
    EmbeddedPeer other = rig.client(GET);
    EmbeddedPeer old = rig.backend();
    client.send(GET);
    EmbeddedPeer younger = rig.backend();
    old.send(ok("1"));
    other.take();
    old.take();
    rig.pass(800);
    younger.send(ok("1"));
    client.take();
    younger.take();
    rig.pass(100);
    younger.socket().pipeline().fireExceptionCaught(new IOException("broken"));
    EmbeddedPeer another = served(POST, ok("1"));
    another.expectOpen();
    old.expectNothing();
    rig.expectEndings("served=5");
  }

  @Test
  void aTimeoutThatTheBackendStatesHoldsFromTheFirstResponseOn() {
    String stated =
        lines("HTTP/1.1 200 OK", "Date: x", "Keep-Alive: timeout=2, max=99", "Content-Length: 0");
    EmbeddedPeer young = served(GET, stated);
    rig.pass(1000);
    client.send(POST);
    rig.expectNoConnect();
    young.send(stated);
    client.take();
    rig.pass(1800);
    served(POST, ok("1"));
    young.expectStart("POST / HTTP/1.1");
    young.expectOpen();
    rig.expectEndings("served=3");
  }
}
