// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import static dev.rsp.proxy.Messages.GET;
import static dev.rsp.proxy.Messages.get;
import static dev.rsp.proxy.Messages.lines;
import static dev.rsp.proxy.Messages.ok;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Rule;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Ends of connections that must not cost a response: drain, reload, too many connections. */
@ParameterizedClass
@MethodSource("dev.rsp.proxy.Rig#transports")
final class DrainTest {
  private static final String HALF = lines("HTTP/1.1 200 OK", "Date: x", "Content-Length: 4");

  private final Transport transport;
  private Rig rig;

  DrainTest(Transport transport) {
    this.transport = transport;
  }

  @BeforeEach
  void start() throws Exception {
    rig = new Rig(transport, "limits = {connections = 3}");
  }

  @AfterEach
  void stop() throws Exception {
    rig.close();
  }

  @Test
  void closesConnectionsThatWaitForARequest() throws Exception {
    Peer fresh = rig.client();
    Peer used = rig.client(GET);
    Peer backend = rig.backend();
    backend.head();
    backend.send(ok("1"));
    used.expect(ok("1"));
    rig.await("two clients", () -> rig.clients() == 2);
    rig.drain();
    fresh.expectEnd();
    used.expectEnd();
    backend.expectEnd();
  }

  @Test
  void finishesAnExchange() throws Exception {
    Peer client = rig.client(GET);
    Peer backend = rig.backend();
    backend.head();
    rig.drain();
    backend.send(ok("1"));
    client.expect("HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 1\r\nConnection: close\r\n\r\n1");
    client.expectEnd();
    backend.expectEnd();
  }

  @Test
  void finishesAnExchangeWhoseHeadWentOutBefore() throws Exception {
    Peer client = rig.client(GET);
    Peer backend = rig.backend();
    backend.head();
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
    rig.await("the client", () -> rig.clients() == 1);
    client.expectSilence();
    rig.drain();
    client.send("Host: a\r\n\r\n");
    Peer backend = rig.backend();
    backend.head();
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
    byte[] block = new byte[8192];
    // As chunks, because it is not known before how many fill the sockets.
    backend.send(Messages.CHUNKED_HEAD);
    client.head("HTTP/1.1 200 OK");
    var enough = new AtomicBoolean();
    var sent = new AtomicInteger();
    // In a thread of its own, because it may fill the sockets before the proxy is seen to wait.
    var sender =
        new Thread(
            () -> {
              try {
                while (!enough.get()) {
                  sent.addAndGet(block.length + 8);
                  backend.send("2000\r\n");
                  backend.send(block);
                  backend.send("\r\n");
                }
                backend.send("0\r\n\r\n");
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
    sender.start();
    rig.await("bytes wait in the proxy", rig::stuck);
    enough.set(true);
    int read = 0;
    while (rig.endings(Ending.SERVED) == 0) {
      // A large read may have filled the proxy up to its mark; then the end has to wait.
      int some = Math.min(1024, sent.get() - read);
      read += some > 0 ? client.read(some).length : 0;
    }
    sender.join();
    int left = sent.get() + 5 - read;
    return left;
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
      backend.head();
      backend.send(ok("" + i));
      client.expect(ok("" + i));
    }
    assertEquals(50, rig.endings(Ending.SERVED));
  }
}
