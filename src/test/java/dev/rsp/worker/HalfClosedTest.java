// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.exchange.Ending;
import dev.rsp.net.Transport;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
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

  @Test
  void takesAllOfABodyThatEndedWhileTheBackendWasBeingConnectedTo() throws Exception {
    // With its queue full, the kernel ignores an attempt to connect, and tries again in a second.
    List<Socket> queue = new ArrayList<>();
    try (ServerSocket slow = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      for (int i = 0; i < 2; i++) {
        queue.add(new Socket(slow.getInetAddress(), slow.getLocalPort()));
      }
      rig.reload(
          "timeouts = {connect = 30}",
          "function select() return '127.0.0.1:" + slow.getLocalPort() + "' end");
      byte[] body = new byte[60_000]; // more than one read, and less than the sockets hold
      Peer client = rig.client();
      client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + body.length + "\r\n\r\n");
      client.expectSilence(); // so that the backend is being connected to
      client.send(body);
      client.shutOutput();
      client.expectSilence();
      for (int i = 0; i < 2; i++) {
        slow.accept().close();
      }
      Peer backend = rig.backend(slow);
      backend.head("POST / HTTP/1.1");
      assertArrayEquals(body, backend.read(body.length));
      backend.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      client.head("HTTP/1.1 200 OK");
      client.expect("ok");
    } finally {
      for (Socket socket : queue) {
        socket.close();
      }
    }
  }

  /**
   * Epoll tells of several connections at once. If one is closed while the loop looks at another,
   * and a new one gets its descriptor, Netty hands what was told of the old one to the new one.
   */
  @Test
  void doesNotTakeTheEndOfAClosedConnectionForThatOfANewOne() throws Exception {
    Peer breaking = rig.client("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    Peer old = rig.backend();
    old.head();
    old.expectSilence(); // all that was sent is acknowledged: what comes next goes out at once
    Peer[] newer = new Peer[1];
    rig.onLoop(
        () -> { // told of in this order: the first closes the backend, the last is its end
          breaking.send("no chunk\r\n");
          newer[0] = rig.client();
          old.shutOutput();
          return true;
        });
    breaking.head("HTTP/1.1 400 Bad Request");
    Peer client = newer[0];
    // The client is not read while its backend is connected to, and then it is again.
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
    Peer backend = rig.backend();
    backend.head("POST / HTTP/1.1");
    client.send("hello");
    backend.expect("hello");
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    client.head("HTTP/1.1 200 OK");
    client.expect("ok");
    // It is not read behind a pipelined request, and its end is seen all the same.
    client.send(Messages.GET);
    backend.head("GET / HTTP/1.1");
    client.send(Messages.GET);
    backend.expectSilence();
    client.shutOutput();
    backend.expectSilence();
    client.reset();
    backend.expectGone();
  }

  /**
   * What was told of the old one makes a new one look open that is still being opened: without a
   * second look the request would wait in it for a response that cannot come.
   */
  @Test
  void doesNotTakeTheResetOfAClosedConnectionForTheAcceptOfANewOne() throws Exception {
    // With its queue full, the kernel ignores an attempt to connect.
    List<Socket> queue = new ArrayList<>();
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      for (int i = 0; i < 2; i++) {
        queue.add(new Socket(full.getInetAddress(), full.getLocalPort()));
      }
      rig.reload(
          "timeouts = {connect = 0.3}",
          "function select(r)",
          "  if r.host == 'a' then return 1 end",
          "  return {'127.0.0.1:" + full.getLocalPort() + "', 2}",
          "end");
      Peer client = rig.client();
      Peer breaking =
          rig.client("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
      Peer old = rig.backend();
      old.head();
      old.expectSilence(); // all that was sent is acknowledged: what comes next goes out at once
      rig.onLoop(
          () -> { // told of in this order: the first closes the backend, the second opens another
            breaking.send("no chunk\r\n");
            client.send(Messages.get("b", "/"));
            old.reset();
            return true;
          });
      breaking.head("HTTP/1.1 400 Bad Request");
      Peer next = rig.backend(2);
      next.head("GET / HTTP/1.1");
      next.send(Messages.ok("2"));
      client.expect(Messages.ok("2"));
    } finally {
      for (Socket socket : queue) {
        socket.close();
      }
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
    assertRests();
    for (Peer client : clients) {
      client.reset();
    }
    rig.await("no clients", () -> rig.clients() == 0);
    assertEquals(crowd, rig.endings(Ending.CLIENT_GONE_WAITING));
  }

  @Test
  void restsWhileOneSideIsSlowToReadTheRestOfATunnelThatBothHaveEnded() throws Exception {
    for (boolean clientIsSlow : new boolean[] {true, false}) {
      Peer client = rig.smallClient(Tunnel.ASKED);
      Peer backend = rig.backend();
      backend.head();
      backend.send(Tunnel.SWITCHED);
      client.expect(Tunnel.SWITCHED);
      Peer slow = clientIsSlow ? client : backend;
      Peer other = clientIsSlow ? backend : client;
      slow.shutOutput();
      other.expectEnd();
      // Little at a time: the end then finds room in the socket, behind what is not read.
      var flood = new Flood(rig, other, new byte[4096], other::shutOutput);
      assertRests();
      flood.read(slow);
      slow.expectEnd();
      rig.await("no clients", () -> rig.clients() == 0);
    }
  }

  /** Half a second comes in which it does next to nothing, once what happened before is done. */
  private void assertRests() throws Exception {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long loop = rig.onLoop(() -> Thread.currentThread().getId());
    rig.await(
        "a loop that rests",
        () -> {
          long before = threads.getThreadCpuTime(loop);
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(500));
          return threads.getThreadCpuTime(loop) - before < TimeUnit.MILLISECONDS.toNanos(100);
        });
  }
}
