// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Peers that end their side and then break the connection, while the other side is silent or while
 * nothing can be written: CVE-2026-42577. The timeouts are a minute; nothing here waits for one.
 */
final class HalfClosedTest {
  private static final String ASKED =
      Messages.lines("GET / HTTP/1.1", "Host: a", "Connection: upgrade", "Upgrade: websocket");
  private static final String SWITCHED =
      Messages.lines(
          "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: upgrade");

  private Rig rig;

  @BeforeEach
  void start() throws Exception {
    assertTrue(Epoll.isAvailable());
    rig = new Rig(Transport.EPOLL);
  }

  @AfterEach
  void stop() throws Exception {
    rig.close();
  }

  /** A client's request that has come to a backend, which does not answer. */
  private Peer unanswered(Peer backendOf) throws IOException {
    backendOf.send(Messages.GET);
    Peer backend = rig.backend();
    backend.head();
    return backend;
  }

  @Test
  @DisplayName("CVE-2026-42577: a reset right behind the end of the client's side")
  void seesAResetRightBehindTheEnd() throws Exception {
    Peer client = rig.client();
    Peer backend = unanswered(client);
    rig.onLoop(
        () -> { // both come in one turn of the loop
          client.shutOutput();
          client.reset();
          return true;
        });
    rig.awaitEnding(Ending.CLIENT_GONE_WAITING);
    backend.expectGone();
  }

  @Test
  @DisplayName("CVE-2026-42577: a reset after the end of the client's side was seen")
  void seesAResetLongAfterTheEnd() throws Exception {
    Peer client = rig.client();
    Peer backend = unanswered(client);
    client.shutOutput();
    backend.expectSilence(); // 150 ms, and it is not closed upon
    assertEquals(1, rig.clients());
    client.reset();
    rig.awaitEnding(Ending.CLIENT_GONE_WAITING);
    backend.expectGone();
  }

  @Test
  void seesAResetWhileTheResponseIsHeldUp() throws Exception {
    for (boolean wait : new boolean[] {false, true}) {
      Peer client = rig.smallClient(Messages.GET);
      Peer backend = rig.backend();
      backend.head();
      backend.send("HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 100000000\r\n\r\n");
      var sender = new Thread(() -> sendUntilGone(backend));
      sender.start();
      rig.await("a response that is held up", rig::stuck);
      client.shutOutput();
      if (wait) {
        TimeUnit.MILLISECONDS.sleep(100);
        assertEquals(1, rig.clients());
      }
      client.reset();
      rig.await("no clients", () -> rig.clients() == 0);
      sender.join(Peer.PATIENCE_MILLIS);
      assertTrue(!sender.isAlive(), "the backend is not closed upon");
    }
    assertEquals(2, rig.endings(Ending.CLIENT_GONE_READING));
  }

  private static void sendUntilGone(Peer backend) {
    byte[] bytes = new byte[100_000];
    try {
      for (int sent = 0; sent < 100_000_000; sent += bytes.length) {
        backend.send(bytes);
      }
    } catch (IOException gone) {
      // As it should.
    }
  }

  @Test
  void seesABackendThatEndsItsSideAndResetsInTheMiddleOfAResponse() throws Exception {
    for (String start :
        new String[] {
          "Content-Length: 10\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
        }) {
      Peer client = rig.client(Messages.GET);
      Peer backend = rig.backend();
      backend.head();
      backend.send("HTTP/1.1 200 OK\r\nDate: x\r\n" + start);
      client.head("HTTP/1.1 200 OK");
      rig.onLoop(
          () -> {
            backend.shutOutput();
            backend.reset();
            return true;
          });
      client.expectGone();
      rig.await("no clients", () -> rig.clients() == 0);
    }
  }

  @Test
  void seesAResetOfEitherSideOfATunnelThatHasEndedItsHalf() throws Exception {
    for (boolean wait : new boolean[] {false, true}) {
      for (boolean ofClient : new boolean[] {false, true}) {
        Peer client = rig.client(ASKED);
        Peer backend = rig.backend();
        backend.head();
        backend.send(SWITCHED);
        client.expect(SWITCHED);
        Peer breaking = ofClient ? client : backend;
        Peer other = ofClient ? backend : client;
        breaking.shutOutput();
        if (wait) {
          other.expectEnd();
          assertEquals(1, rig.clients());
        }
        breaking.reset();
        rig.await("no clients", () -> rig.clients() == 0);
      }
    }
  }

  /**
   * The end of a client's side may be seen at any moment of connecting: before, while the client is
   * not read, and after. Tried often enough to meet each.
   */
  @Test
  void answersAClientThatEndsItsSideWhileTheBackendIsBeingConnectedTo() throws Exception {
    byte[] body = new byte[200_000];
    String head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + body.length + "\r\n\r\n";
    for (int i = 0; i < 300; i++) {
      Peer client = rig.client(head);
      client.send(body);
      client.shutOutput();
      try (Peer backend = rig.backend()) {
        backend.head("POST / HTTP/1.1");
        assertArrayEquals(body, backend.read(body.length));
        backend.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
        client.head("HTTP/1.1 200 OK");
        client.expect("ok");
      }
      client.close();
    }
  }

  @Test
  void keepsATunnelOfWhichOnlyOneHalfHasEnded() throws Exception {
    Peer client = rig.client(ASKED);
    Peer backend = rig.backend();
    backend.head();
    backend.send(SWITCHED);
    client.expect(SWITCHED);
    client.shutOutput();
    backend.expectEnd();
    backend.send("still here");
    client.expect("still here");
    backend.shutOutput();
    client.expectEnd();
    rig.await("no clients", () -> rig.clients() == 0);
  }

  @Test
  @DisplayName("CVE-2026-42577: a thousand clients that have ended their side cost no processor")
  void rests() throws Exception {
    int crowd = 1_000;
    Peer[] clients = new Peer[crowd];
    for (int i = 0; i < crowd; i++) {
      clients[i] = rig.client();
      unanswered(clients[i]);
      clients[i].shutOutput();
    }
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long loop = rig.onLoop(() -> Thread.currentThread().getId());
    rig.onLoop(() -> true);
    long before = threads.getThreadCpuTime(loop);
    TimeUnit.MILLISECONDS.sleep(500);
    long used = TimeUnit.NANOSECONDS.toMillis(threads.getThreadCpuTime(loop) - before);
    assertTrue(used < 100, "milliseconds of processor in half a second: " + used);
    for (Peer client : clients) {
      client.reset();
    }
    rig.await("no clients", () -> rig.clients() == 0);
    assertEquals(crowd, rig.endings(Ending.CLIENT_GONE_WAITING));
  }
}
