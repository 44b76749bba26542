// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.get;
import static dev.rsp.worker.Messages.lines;
import static dev.rsp.worker.Messages.ok;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Rule;
import dev.rsp.exchange.Ending;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Ends of connections that must not cost a response: drain, reload, too many connections. */
@EachTransport
final class DrainTest extends RigTest {
  private static final String HALF = lines("HTTP/1.1 200 OK", "Date: x", "Content-Length: 4");

  DrainTest() {
    super("limits = {connections = 3}");
  }

  @Test
  void closesConnectionsThatWaitForARequest() throws Exception {
    Peer fresh = rig.client();
    Peer used = rig.client(GET);
    Peer backend = rig.backend();
    exchange(used, backend, "1");
    rig.await("two clients", () -> rig.clients() == 2);
    rig.drain();
    fresh.expectEnd();
    used.expectEnd();
    backend.expectEnd();
  }

  @Test
  void finishesAnExchange() throws Exception {
    Peer client = rig.client(GET);
    Peer backend = asked();
    rig.drain();
    backend.send(ok("1"));
    client.expect("HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 1\r\nConnection: close\r\n\r\n1");
    client.expectEnd();
    backend.expectEnd();
  }

  @Test
  void finishesAnExchangeWhoseHeadWentOutBefore() throws Exception {
    Peer client = rig.client(GET);
    Peer backend = asked();
    backend.send(HALF + "bo");
    client.expect(HALF + "bo");
    rig.drain();
    backend.send("dy");
    client.expect("dy");
    client.expectEnd();
  }

  @Test
  void finishesARequestThatHasBegun() throws Exception {
    Peer client = rig.client("GET / HTTP/1.1\r\n");
    rig.await("half a head", () -> rig.begun() == 1);
    rig.drain();
    client.send("Host: a\r\n\r\n");
    Peer backend = asked();
    backend.send(ok("1"));
    assertTrue(client.head("HTTP/1.1 200 OK").contains("Connection: close"));
    client.expect("1");
    client.expectEnd();
  }

  @Test
  void losesNothingThatIsOnItsWay() throws Exception {
    Peer client = rig.smallClient(GET);
    int left = leaveALittleUnsent(client, rig.backend());
    rig.drain();
    client.read(left);
    client.expectEnd();
  }

  @Test
  void losesNothingWhenTheClientEndsItsSideWhileItReads() throws Exception {
    Peer client = rig.smallClient(GET.replace("Host", "Connection: close\r\nHost"));
    int left = leaveALittleUnsent(client, rig.backend());
    client.shutOutput();
    rig.clients(); // by now the loop has seen the client's end
    client.read(left);
    client.expectEnd();
  }

  /** A response that is complete but for a few bytes that the client's socket has no room for. */
  private int leaveALittleUnsent(Peer client, Peer backend) throws Exception {
    backend.head();
    // As chunks, because it is not known before how many fill the sockets.
    backend.send(Messages.CHUNKED_HEAD);
    client.head("HTTP/1.1 200 OK");
    byte[] chunk = ("2000\r\n" + "\0".repeat(8192) + "\r\n").getBytes(StandardCharsets.US_ASCII);
    String last = "0\r\n\r\n";
    var flood = new Flood(rig, backend, chunk, () -> backend.send(last));
    int read = 0;
    while (rig.endings(Ending.SERVED) == 0) {
      // A large read may have filled the proxy up to its mark; then the end has to wait.
      int some = Math.min(1024, flood.sent() - read);
      read += some > 0 ? client.read(some).length : 0;
    }
    flood.join();
    return flood.sent() + last.length() - read;
  }

  @Test
  @Rule(74)
  void refusesTooManyConnections() throws Exception {
    rig.client();
    rig.client();
    Peer third = rig.client();
    rig.await("three clients", () -> rig.counted() == 3);
    Peer fourth = rig.client();
    assertTrue(fourth.head("HTTP/1.1 503 Service Unavailable").contains("Connection: close"));
    fourth.expect("503 too many connections\n");
    fourth.expectEnd();
    third.close();
    rig.await("two clients", () -> rig.counted() == 2);
    rig.client(GET);
    rig.backend().head();
  }

  @Test
  void keepsWhatARequestStartedWithOverAReload() throws Exception {
    Peer client = rig.client(GET);
    Peer backend = rig.backend(1);
    backend.head();
    rig.reload("function select(r) return 2 end");
    backend.send(ok("1"));
    client.expect(ok("1"));
    client.send(get("a", "/2"));
    rig.backend(2).head("GET /2 HTTP/1.1");
  }

  @Test
  void answersAllThatWasPipelined() throws Exception {
    Peer client = rig.client(GET.repeat(50));
    Peer backend = rig.backend();
    for (int i = 0; i < 50; i++) {
      exchange(client, backend, "" + i);
    }
    assertEquals(50, rig.endings(Ending.SERVED));
  }
}
