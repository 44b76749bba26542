// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.FORWARDING;
import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.lines;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.net.ReadBuffers;
import org.junit.jupiter.api.Test;

/** Each side is read exactly while the other can take more, and nothing is lost meanwhile. */
final class EmbeddedPressureTest extends EmbeddedRigTest {
  /** What was written up to Netty's high-water mark in one turn, and a read. */
  private static final long MOST_HELD = 64 * 1024 + ReadBuffers.LARGEST_BYTES;

  /** Of bytes that are not the same at any two places that are read together. */
  private static final String LARGE = large(1_500_000);

  /** How much a slow side takes at a time: less than a read, and no part of one. */
  private static final int STEP = 9_973;

  private static final String UPLOAD_HEAD =
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + LARGE.length() + "\r\n" + FORWARDING;

  private static String large(int length) {
    var text = new StringBuilder();
    for (int i = 0; text.length() < length; i++) {
      text.append(i).append(' ');
    }
    return text.toString();
  }

  @Test
  void aBackendIsReadWhileItsClientTakes() {
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = asked();
    client.takes(0);
    backend.send(ok(LARGE));
    assertFalse(backend.isRead());
    assertEquals(ok(LARGE), takenInSteps(client, backend));
    assertTrue(backend.isRead());
    rig.expectEndings("served=1");
  }

  @Test
  void aClientIsReadWhileItsBackendTakes() {
    EmbeddedPeer client = rig.client();
    client.send(post("Content-Length: " + LARGE.length()) + LARGE);
    EmbeddedPeer backend = rig.connecting();
    assertFalse(client.isRead()); // there is nobody yet who could take it
    backend.accept();
    backend.takes(0);
    assertFalse(client.isRead());
    assertEquals(UPLOAD_HEAD + LARGE, takenInSteps(backend, client));
    assertTrue(client.isRead());
    backend.send(ok("1"));
    client.expect(ok("1"));
    rig.expectEndings("served=1");
  }

  @Test
  void bothSidesOfATunnelAreReadWhileTheOtherTakes() {
    EmbeddedPeer client =
        rig.client(lines("GET / HTTP/1.1", "Host: a", "Connection: upgrade", "Upgrade: x"));
    EmbeddedPeer backend = asked();
    String switched = lines("HTTP/1.1 101 ", "Upgrade: x", "Connection: upgrade");
    backend.send(switched);
    client.expect(switched);
    client.takes(0);
    backend.takes(0);
    client.send("up " + LARGE);
    backend.send("down " + LARGE);
    assertFalse(client.isRead());
    assertFalse(backend.isRead());
    assertEquals("down " + LARGE, takenInSteps(client, backend));
    assertFalse(client.isRead());
    assertEquals("up " + LARGE, takenInSteps(backend, client));
    client.end();
    backend.end();
    rig.expectEndings("tunnelled=1");
  }

  @Test
  void anEarlyAnswerGoesPastABodyThatNobodyTakes() {
    EmbeddedPeer client = rig.client();
    client.send(post("Content-Length: " + LARGE.length()) + LARGE.substring(1));
    EmbeddedPeer backend = rig.connecting();
    backend.accept();
    backend.takes(0);
    assertFalse(client.isRead());
    backend.send(ok("early"));
    client.expectStart("HTTP/1.1 200 OK\r\nDate: x\r\n");
    backend.expectClosed();
    assertTrue(client.isRead()); // and what comes is thrown away
    client.expectEnd();
    rig.expectEndings("served=1");
  }

  @Test
  void aClientThatTakesNoAnswersIsNotAskedForMore() throws Exception {
    rig.serve(EmbeddedRig.config("function select() return nil, 'no' end"));
    int requests = 20_000;
    EmbeddedPeer client = rig.client();
    client.takes(0);
    client.send(GET.repeat(requests));
    assertFalse(client.isRead());
    assertTrue(rig.loop().unsentBytes() < MOST_HELD);
    assertTrue(rig.held() < MOST_HELD);
    String answers = takenInSteps(client, client);
    assertEquals(requests, answers.split("HTTP/1.1 503 Service Unavailable\r\n", -1).length - 1);
    rig.expectEndings("refused_by_route=" + requests);
  }

  @Test
  void theNextRequestWaitsForTheAnswerToBeTaken() {
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = asked();
    client.takes(0);
    String answer = ok(LARGE.substring(0, 10_000));
    backend.send(answer);
    rig.rest();
    client.send(GET);
    backend.expectNothing(); // it is idle, but the client is not done
    assertTrue(backend.isRead());
    client.takesAll();
    client.expect(answer);
    backend.expectStart("GET / HTTP/1.1\r\n");
    backend.send(ok("2"));
    client.expect(ok("2"));
    rig.expectEndings("served=2");
  }

  @Test
  void aClientThatLeavesAfterASlowUploadIsNoticed() {
    String body = LARGE.substring(0, 3_000);
    EmbeddedPeer client = rig.client();
    client.send(post("Content-Length: " + body.length()));
    EmbeddedPeer backend = rig.backend();
    backend.expectStart("POST / HTTP/1.1\r\n");
    backend.takes(0);
    client.send(body);
    rig.rest();
    assertEquals(0, client.socket().unread()); // the last read was more than the backend takes
    backend.takesAll();
    backend.expect(body);
    client.reset();
    backend.expectClosed();
    rig.expectEndings("client_gone_waiting=1");
  }

  /** A socket that has room now and then is no sign that its client takes what it is to take. */
  @Test
  void aClientThatTakesLittleAtATimeIsTooSlowAllTheSame() throws Exception {
    rig.serve(EmbeddedRig.config("limits = { response_rate = 50000 }"));
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = asked();
    client.takes(0);
    backend.send(ok(LARGE));
    int seconds = 0;
    while (client.isOpen() && seconds < 30) {
      client.takes(14_000);
      client.take();
      rig.pass(1_000);
      seconds++;
    }
    assertTrue(seconds <= 15, "seconds: " + seconds);
    rig.expectEndings("limit_response_rate=1");
  }

  @Test
  void aClientThatBreaksOffFreesItsBackend() {
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = asked();
    client.takes(0);
    backend.send(ok(LARGE));
    assertFalse(backend.isRead());
    client.reset();
    backend.expectClosed();
    assertEquals(0, rig.loop().unsentBytes());
    rig.expectEndings("client_gone_reading=1");
  }

  /** What a side takes, a little at a time, while the other is watched that feeds it. */
  private String takenInSteps(EmbeddedPeer taker, EmbeddedPeer feeder) {
    var taken = new StringBuilder();
    boolean more = true;
    while (more) {
      taker.takes(STEP);
      String part = taker.take();
      taken.append(part);
      more = part.length() == STEP;
      if (taker.socket().isWritable()) {
        assertTrue(feeder.isRead(), "not read after " + taken.length());
        assertEquals(0, feeder.socket().unread());
      } else if (feeder.socket().unread() > 0) {
        assertFalse(feeder.isRead(), "read after " + taken.length());
      }
      assertTrue(rig.held() <= 2 * MOST_HELD, () -> "held: " + rig.held());
    }
    taker.takesAll();
    return taken.append(taker.take()).toString();
  }
}
