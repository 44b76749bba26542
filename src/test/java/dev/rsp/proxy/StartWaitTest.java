// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import static dev.rsp.proxy.Messages.get;
import static dev.rsp.proxy.Messages.ok;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.rsp.referee.Watch;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests for sites that sleep: their site is started once, and they are sent when it is up. */
@ParameterizedClass
@MethodSource("dev.rsp.proxy.Rig#transports")
final class StartWaitTest {
  private static final String PERSON = "Accept: text/html,*/*\r\n\r\n";
  private static final String SELECT = "function select(r) return 2 end";

  private final Transport transport;
  private final BlockingQueue<String> calls = new LinkedBlockingQueue<>();
  private HttpServer starter;
  private Rig rig;
  private int port;

  @TempDir Path directory;

  StartWaitTest(Transport transport) {
    this.transport = transport;
  }

  /** Hosts that start with "n" are unknown to the service that starts sites, "f" fail. */
  @BeforeEach
  void start() throws Exception {
    starter = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    starter.createContext(
        "/",
        exchange -> {
          String host = exchange.getRequestURI().getQuery();
          calls.add(exchange.getRequestMethod() + " " + host);
          int status = host.startsWith("n") ? 404 : host.startsWith("f") ? 500 : 202;
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    starter.start();
    rig = new Rig(transport);
    port = rig.backendPort(2);
    rig.closeBackend(2);
    reload("timeout = 20");
  }

  private void reload(String more, String... lines) throws Exception {
    String[] all = new String[lines.length + 2];
    all[0] =
        "initialise = { url = 'http://127.0.0.1:%d/init?{host}', poll = 0.01, %s }"
            .formatted(starter.getAddress().getPort(), more);
    all[1] = lines.length == 0 ? SELECT : "";
    System.arraycopy(lines, 0, all, 2, lines.length);
    rig.reload(all);
  }

  @AfterEach
  void stop() throws Exception {
    rig.close();
    starter.stop(0);
  }

  private void awaitWaiting(int count) throws InterruptedException {
    rig.await(count + " requests that wait", () -> rig.waiting() == count);
  }

  private ServerSocket site() throws IOException {
    var socket = new ServerSocket();
    socket.setReuseAddress(true);
    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 50);
    socket.setSoTimeout(Peer.PATIENCE_MILLIS);
    return socket;
  }

  private static Peer accept(ServerSocket site) throws IOException {
    return new Peer(site.accept(), Watch.backend());
  }

  @Test
  void startsTheSiteAndSendsTheRequest() throws Exception {
    Peer client = rig.client(get("a", "/first"));
    awaitWaiting(1);
    try (ServerSocket site = site();
        Peer backend = accept(site)) {
      backend.head("GET /first HTTP/1.1");
      backend.send(ok("up"));
      client.expect(ok("up"));
      assertEquals("POST a", calls.take());
      assertEquals(0, rig.waiting());
      client.send(get("a", "/second"));
      backend.head("GET /second HTTP/1.1");
      backend.send(ok("2"));
      client.expect(ok("2"));
    }
    assertTrue(calls.isEmpty());
  }

  @Test
  void aRequestWithALargerBodyThanMayWaitStartsTheSiteAndIsToldToComeAgain() throws Exception {
    reload("body_bytes = 10");
    Peer large = rig.client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nlarge-body-");
    large.expectRefusal(503, "too large to wait for this site to start");
    assertEquals("POST a", calls.take());
    Peer small = rig.client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nsmall-body");
    awaitWaiting(1);
    try (ServerSocket site = site();
        Peer backend = accept(site)) {
      backend.head("POST / HTTP/1.1");
      backend.expect("small-body");
      backend.send(ok("up"));
      small.expect(ok("up"));
    }
  }

  @Test
  void startsItOnceForAllAndSendsEachRequestOnce() throws Exception {
    Peer[] clients = new Peer[10];
    for (int i = 0; i < clients.length; i++) {
      clients[i] =
          rig.client("POST /" + i + " HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nbody-" + i);
    }
    awaitWaiting(clients.length);
    boolean[] seen = new boolean[clients.length];
    try (ServerSocket site = site()) {
      for (int n = 0; n < clients.length; n++) {
        Peer backend = accept(site);
        String head = backend.head();
        int i = head.charAt(6) - '0';
        assertFalse(seen[i]);
        seen[i] = true;
        backend.expect("body-" + i);
        backend.send(ok("" + i));
        clients[i].expect(ok("" + i));
        backend.close();
      }
    }
    assertEquals("POST a", calls.take());
    assertTrue(calls.isEmpty());
  }

  @Test
  void holdsNoMoreOfABodyThanCameWithTheHead() throws Exception {
    byte[] body = new byte[5_000_000];
    Peer client =
        rig.client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + body.length + "\r\n\r\n");
    Thread sender =
        new Thread(
            () -> {
              try {
                client.send(body);
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
    sender.start();
    awaitWaiting(1);
    try (ServerSocket site = site();
        Peer backend = accept(site)) {
      backend.head("POST / HTTP/1.1");
      backend.read(body.length);
      sender.join();
      backend.send(ok("all"));
      client.expect(ok("all"));
    }
  }

  @Test
  void sendsAChunkedRequestThatWaited() throws Exception {
    Peer client =
        rig.client("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab");
    awaitWaiting(1);
    try (ServerSocket site = site();
        Peer backend = accept(site)) {
      backend.head("POST / HTTP/1.1");
      backend.expect("3\r\nab");
      client.send("c\r\n0\r\n\r\n");
      backend.expect("c\r\n0\r\n\r\n");
      backend.send(ok("1"));
      client.expect(ok("1"));
    }
  }

  @Test
  void startsTheSiteOfAMissingSocketAndSpeaksUwsgiToIt() throws Exception {
    Path socket = directory.resolve("a.sock");
    reload("timeout = 20", "function select(r) return 'uwsgi:unix:%s' end".formatted(socket));
    Peer client =
        rig.client(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n");
    awaitWaiting(1);
    try (ServerSocketChannel site = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      site.bind(UnixDomainSocketAddress.of(socket));
      try (SocketChannel accepted = site.accept()) {
        byte[] head = Channels.newInputStream(accepted).readNBytes(4);
        int size = (head[1] & 0xff) + ((head[2] & 0xff) << 8);
        byte[] rest = Channels.newInputStream(accepted).readNBytes(size + 1);
        assertEquals('x', rest[size]);
        Channels.newOutputStream(accepted)
            .write("HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 1\r\n\r\n1".getBytes(US_ASCII));
        client.expect(ok("1"));
      }
    }
    assertEquals("POST a", calls.take());
  }

  @Test
  void forgetsAClientThatGoesAndLetsAnotherTry() throws Exception {
    Peer first = rig.client(get("a", "/first"));
    awaitWaiting(1);
    Peer second = rig.client(get("a", "/second"));
    awaitWaiting(2);
    first.reset();
    awaitWaiting(1);
    try (ServerSocket site = site();
        Peer backend = accept(site)) {
      backend.head("GET /second HTTP/1.1");
      backend.send(ok("2"));
      second.expect(ok("2"));
    }
  }

  @Test
  void refusesWhatFailsToStartAndRemembersIt() throws Exception {
    Peer client = rig.client(get("f", "/"));
    client.expectRefusal(503, "this site could not be started");
    client.send(get("f", "/"));
    client.expectRefusal(503, "this site could not be started");
    assertEquals("POST f", calls.take());
    assertTrue(calls.isEmpty());
  }

  @Test
  void tellsThatThereIsNoSuchSite() throws Exception {
    rig.client(get("n", "/")).expectRefusal(404, "no such site");
    assertEquals(1, rig.endings(Ending.SITE_UNKNOWN));
  }

  @Test
  void refusesWhatDoesNotComeUpInTime() throws Exception {
    reload("timeout = 0.2");
    rig.client(get("a", "/")).expectRefusal(503, "this site could not be started");
    assertEquals(1, rig.endings(Ending.START_FAILED));
  }

  @Test
  void showsAPersonAPageThatAsksAgain() throws Exception {
    Peer client = rig.client(get("f", "/").replace("\r\n\r\n", "\r\n" + PERSON));
    String head = client.head("HTTP/1.1 503 Service Unavailable");
    for (String field :
        new String[] {
          "Content-Type: text/html; charset=utf-8", "Refresh: 2", "Retry-After: 2", "no-store"
        }) {
      assertTrue(head.contains(field), head);
    }
    int length = Integer.parseInt(head.replaceFirst("(?s).*Content-Length: (\\d+).*", "$1"));
    String page = new String(client.read(length), US_ASCII);
    assertTrue(page.startsWith("<!DOCTYPE html>"), page);
    assertTrue(page.contains("this site could not be started"), page);
    assertTrue(page.contains("http-equiv=\"refresh\""), page);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Accept: application/json\r\n\r\n",
        "X-Requested-With: XMLHttpRequest\r\nAccept: text/html\r\n\r\n",
        "Sec-Fetch-Mode: cors\r\nAccept: text/html\r\n\r\n",
      })
  void showsAProgramNoPage(String fields) throws Exception {
    rig.client(get("f", "/").replace("\r\n\r\n", "\r\n" + fields))
        .expectRefusal(503, "this site could not be started");
  }

  @Test
  void refusesOneMoreThanMayWait() throws Exception {
    reload("waiting = 2");
    rig.client(get("a", "/1"));
    rig.client(get("a", "/2"));
    awaitWaiting(2);
    rig.client(get("a", "/3")).expectRefusal(503, "too many wait for this site to start");
  }

  @Test
  void refusesOneSiteMoreThanMayStart() throws Exception {
    reload("starting = 1");
    rig.client(get("a", "/"));
    awaitWaiting(1);
    rig.client(get("b", "/")).expectRefusal(503, "too many sites are starting");
    assertEquals(1, rig.endings(Ending.LIMIT_WAITING));
  }

  @Test
  void isABadGatewayIfTheSiteWasStartedBefore() throws Exception {
    Files.createFile(directory.resolve("a.ini"));
    reload("unless_exists = '" + directory + "/{host}.ini'");
    rig.client(get("a", "/")).expectRefusal(502, "the backend cannot be reached");
    assertTrue(calls.isEmpty());
  }

  @Test
  void endsTheWaitWhenItStops() throws Exception {
    Peer client = rig.client(get("a", "/"));
    awaitWaiting(1);
    rig.drain();
    client.expectRefusal(503, "the proxy is stopping");
    assertEquals(1, rig.endings(Ending.DRAINED));
    client.expectEnd();
  }

  @Test
  void keepsWaitingOverAReload() throws Exception {
    Peer client = rig.client(get("a", "/"));
    awaitWaiting(1);
    rig.reload(SELECT); // which starts no sites any more
    rig.client(get("b", "/")).expectRefusal(502, "the backend cannot be reached");
    try (ServerSocket site = site();
        Peer backend = accept(site)) {
      backend.head("GET / HTTP/1.1");
      backend.send(ok("1"));
      client.expect(ok("1"));
    }
  }

  @Test
  void asksOnFailureFirst() throws Exception {
    reload(
        "timeout = 20", SELECT, "function on_failure(r, f) if r.host == 'o' then return 1 end end");
    Peer client = rig.client(get("o", "/"));
    Peer backend = rig.backend();
    backend.head();
    backend.send(ok("other"));
    client.expect(ok("other"));
    assertTrue(calls.isEmpty());
    rig.client(get("a", "/"));
    awaitWaiting(1);
    assertEquals("POST a", calls.take());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void losesNothingOfAClientThatEndsItsSide(boolean chunked) throws Exception {
    String body = "0123456789".repeat(10_000);
    String framed = chunked ? "186a0\r\n" + body + "\r\n0\r\n\r\n" : body;
    String field = chunked ? "Transfer-Encoding: chunked" : "Content-Length: 100000";
    Peer client = rig.client("POST / HTTP/1.1\r\nHost: a\r\n" + field + "\r\n\r\n");
    awaitWaiting(1);
    client.send(framed);
    client.shutOutput();
    try (ServerSocket site = site();
        Peer backend = accept(site)) {
      backend.head("POST / HTTP/1.1");
      backend.expect(framed);
      backend.send(ok("1"));
      client.expect("HTTP/1.1 200 OK\r\n");
    }
    rig.await("no bytes held", () -> rig.held() == 0);
  }

  @Test
  void losesNothingOfItForUwsgi() throws Exception {
    Path socket = directory.resolve("b.sock");
    reload("timeout = 20", "function select(r) return 'uwsgi:unix:%s' end".formatted(socket));
    String body = "0123456789".repeat(10_000);
    Peer client = rig.client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
    awaitWaiting(1);
    client.send(body);
    client.shutOutput();
    try (ServerSocketChannel site = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      site.bind(UnixDomainSocketAddress.of(socket));
      try (SocketChannel accepted = site.accept()) {
        byte[] head = Channels.newInputStream(accepted).readNBytes(4);
        int size = (head[1] & 0xff) + ((head[2] & 0xff) << 8);
        byte[] rest = Channels.newInputStream(accepted).readNBytes(size + body.length());
        assertEquals(body, new String(rest, size, body.length(), US_ASCII));
      }
    }
    client.expectRefusal(502, "the backend closed the connection without an answer");
    rig.await("no bytes held", () -> rig.held() == 0);
  }
}
