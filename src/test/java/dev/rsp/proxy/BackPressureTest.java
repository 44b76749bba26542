// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import static dev.rsp.proxy.Messages.GET;
import static dev.rsp.proxy.Messages.lines;
import static dev.rsp.proxy.Messages.post;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** A side is read only while the other can take more, so what is held is bounded. */
@ParameterizedClass
@MethodSource("dev.rsp.proxy.Rig#transports")
final class BackPressureTest {
  /** The high-water mark, and as many of the largest reads as one turn of the loop may do. */
  private static final long MOST_HELD = 64 * 1024 + 2 * ReadBuffers.LARGEST_BYTES + 4096;

  /** More than the sockets of both sides hold. */
  private static final byte[] BODY = new byte[30_000_000];

  static {
    for (int i = 0; i < BODY.length; i++) {
      BODY[i] = (byte) ((i * 31) >> 8);
    }
  }

  private final Transport transport;
  private Rig rig;

  BackPressureTest(Transport transport) {
    this.transport = transport;
  }

  @BeforeEach
  void start() throws Exception {
    rig = new Rig(transport);
  }

  @AfterEach
  void stop() throws Exception {
    rig.close();
  }

  @Test
  void holdsLittleOfAResponseThatIsNotRead() throws Exception {
    Peer client = rig.client(GET);
    Peer backend = rig.backend();
    backend.head();
    Thread sender =
        send(backend, lines("HTTP/1.1 200 OK", "Content-Length: " + BODY.length), false);
    client.head("HTTP/1.1 200 OK");
    assertHeldIsBounded();
    assertArrayEquals(BODY, client.read(BODY.length));
    sender.join();
    client.send(GET);
    backend.head(); // all is as before
  }

  @Test
  void holdsLittleOfARequestThatIsNotRead() throws Exception {
    Peer client = rig.client();
    Thread sender = send(client, post("Content-Length: " + BODY.length), false);
    Peer backend = rig.backend();
    backend.head("POST / HTTP/1.1");
    assertHeldIsBounded();
    assertArrayEquals(BODY, backend.read(BODY.length));
    sender.join();
  }

  @Test
  void holdsLittleOfATunnelThatIsNotRead() throws Exception {
    Peer client =
        rig.client(lines("GET / HTTP/1.1", "Host: a", "Connection: upgrade", "Upgrade: x"));
    Peer backend = rig.backend();
    backend.head();
    backend.send(lines("HTTP/1.1 101 ", "Upgrade: x", "Connection: upgrade"));
    client.head();
    Thread up = send(client, "", true);
    Thread down = send(backend, "", true);
    assertHeldIsBounded();
    assertArrayEquals(BODY, client.read(BODY.length));
    assertArrayEquals(BODY, backend.read(BODY.length));
    client.expectEnd();
    backend.expectEnd();
    up.join();
    down.join();
  }

  @Test
  void holdsLittleForAClientThatAsksAndDoesNotRead() throws Exception {
    Peer client = rig.client();
    rig.reload("function select(r) return nil, 'no' end");
    // Each is refused at once, and the connection stays; the answers are more than the sockets
    // hold.
    String requests = GET.repeat(100);
    var sender =
        new Thread(
            () -> {
              try {
                for (int i = 0; i < 2000; i++) {
                  client.send(requests);
                }
              } catch (IOException closed) {
                return; // with the test
              }
            });
    sender.start();
    client.head("HTTP/1.1 503 Service Unavailable");
    assertHeldIsBounded();
    client.close();
    sender.join();
  }

  private static Thread send(Peer peer, String head, boolean end) {
    var sender =
        new Thread(
            () -> {
              try {
                peer.send(head);
                peer.send(BODY);
                if (end) {
                  peer.shutOutput();
                }
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
    sender.start();
    return sender;
  }

  /** Looks until nothing has moved for a while. */
  private void assertHeldIsBounded() throws InterruptedException {
    long last = -1;
    int same = 0;
    while (same < 20) {
      long held = rig.unsent();
      assertTrue(held <= MOST_HELD, "held: " + held);
      same = held == last ? same + 1 : 0;
      last = held;
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }
}
