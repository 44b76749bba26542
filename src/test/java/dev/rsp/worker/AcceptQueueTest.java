// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.get;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A backend on a Unix socket whose queue of connections to accept is full: connect(2) says EAGAIN
 * at once where TCP would have it wait.
 */
@EachTransport
@Timeout(60)
final class AcceptQueueTest extends RigTest {
  private static final String SLOW = "the backend took too long to accept the connection";

  @TempDir Path directory;

  /** Closed behind the rig. */
  @AutoClose private UnixBackend backend;

  @BeforeEach
  void start() throws Exception {
    backend = new UnixBackend(directory.resolve("b.sock"));
    select("timeouts = {}", "'" + backend.address() + "'");
    backend.fill();
  }

  private void select(String timeouts, String places) throws Exception {
    rig.reload(timeouts, "function select() return " + places + " end");
  }

  private void awaitWaiting(int count) throws InterruptedException {
    rig.await(count + " requests that wait", () -> rig.onLoop(rig.loop()::queued) == count);
  }

  /** A request that comes over a new connection is answered, and the connection then closed. */
  private void serve(Peer client, String line) throws Exception {
    serve(client, line, "");
  }

  /** The same for a request whose body ends so. A response before that would be an early one. */
  private void serve(Peer client, String line, String end) throws Exception {
    try (SocketChannel connection = backend.asked(line, end)) {
      UnixBackend.send(connection, ok("1").replace("Date", "Connection: close\r\nDate"));
      client.expect(ok("1"));
    }
  }

  @Test
  void isWaitedFor() throws Exception {
    Peer client = rig.client(post("Content-Length: 4") + "bo");
    awaitWaiting(1);
    client.send("dy");
    backend.dismissAll();
    serve(client, "POST / HTTP/1.1", "\r\n\r\nbody");
    assertEquals("served=1", rig.summary());
  }

  @Test
  void isWaitedForNoLongerThanForAnyToAccept() throws Exception {
    select("timeouts = {connect = 0.2}", "'" + backend.address() + "'");
    long start = System.nanoTime();
    rig.client(GET).expectRefusal(504, SLOW);
    long waited = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    assertTrue(waited >= 200, "milliseconds: " + waited);
    assertEquals("connect_timeout=1", rig.summary());
    awaitWaiting(0);
  }

  @Test
  void letsTheNextPlaceHaveTheRequestThen() throws Exception {
    select("timeouts = {connect = 0.1}", "{'" + backend.address() + "', 2}");
    uploadToTheSecond();
  }

  @Test
  void isWhatOnFailureIsTold() throws Exception {
    rig.reload(
        "timeouts = {connect = 0.1}",
        "function select() return '" + backend.address() + "' end",
        "function on_failure(r, f) refuse(503, f.reason .. ' ' .. f.attempt) end");
    rig.client(GET).expectRefusal(503, "full 1");
  }

  @Test
  void isLeftInTheOrderInWhichTheRequestsCame() throws Exception {
    List<Peer> clients = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      clients.add(rig.client(get("a", "/" + i)));
      awaitWaiting(i + 1);
    }
    backend.dismissAll();
    for (int i = 0; i < 20; i++) {
      serve(clients.get(i), "GET /" + i + " HTTP/1.1");
    }
    assertEquals("served=20", rig.summary());
  }

  @Test
  void isLeftByAClientThatGoes() throws Exception {
    Peer first = rig.client(get("a", "/1"));
    awaitWaiting(1);
    Peer second = rig.client(get("a", "/2"));
    awaitWaiting(2);
    first.reset();
    awaitWaiting(1);
    backend.dismissAll();
    serve(second, "GET /2 HTTP/1.1");
    assertEquals("served=1 client_gone_waiting=1", rig.summary());
  }

  @Test
  void isPassedByOverAConnectionThatBecomesIdle() throws Exception {
    backend.dismissAll();
    Peer first = rig.client(get("a", "/1"));
    SocketChannel connection = backend.asked("GET /1 HTTP/1.1");
    backend.fill();
    Peer second = rig.client(get("a", "/2"));
    awaitWaiting(1);
    UnixBackend.send(connection, ok("1"));
    first.expect(ok("1"));
    UnixBackend.expect(connection, "GET /2 HTTP/1.1");
    UnixBackend.send(connection, ok("2"));
    second.expect(ok("2"));
  }

  @Test
  void isWaitedForEvenIfTheProxyIsToStop() throws Exception {
    Peer client = rig.client(GET);
    awaitWaiting(1);
    rig.drain();
    backend.dismissAll();
    try (SocketChannel connection = backend.asked("GET / HTTP/1.1")) {
      UnixBackend.send(connection, ok("1"));
      assertTrue(client.head("HTTP/1.1 200 OK").contains("\r\nConnection: close\r\n"));
    }
  }

  @Test
  void isCutShortWhenTheTimeToStopIsOver() throws Exception {
    Peer client = rig.client(GET);
    awaitWaiting(1);
    rig.onLoop(
        () -> {
          rig.loop().closeAll();
          return true;
        });
    client.expectGone();
    awaitWaiting(0);
    assertEquals("drained=1", rig.summary());
  }

  @Test
  void costsLittleHoweverManyWait() throws Exception {
    select("timeouts = {connect = 60}", "'" + backend.address() + "'");
    for (int i = 0; i < 300; i++) {
      rig.client(GET);
    }
    awaitWaiting(300);
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long loop = rig.onLoop(() -> Thread.currentThread().getId());
    long before = threads.getThreadCpuTime(loop);
    TimeUnit.MILLISECONDS.sleep(500);
    long used = TimeUnit.NANOSECONDS.toMillis(threads.getThreadCpuTime(loop) - before);
    assertTrue(used < 100, "milliseconds of processor in half a second: " + used);
  }
}
