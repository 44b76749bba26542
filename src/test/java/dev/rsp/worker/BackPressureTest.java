// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.lines;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.net.ReadBuffers;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A side is read only while the other can take more, so what is held is bounded. */
@EachTransport
final class BackPressureTest extends RigTest {
  /** For each direction the high-water mark, and the largest read with its head. */
  private static final long MOST_HELD = 2 * (64 * 1024 + ReadBuffers.LARGEST_BYTES + 4096);

  /** More than the sockets of both sides hold. */
  private static final byte[] BODY = Messages.body(30_000_000);

  @Test
  void holdsLittleOfAResponseThatIsNotRead() throws Exception {
    Peer client = rig.client(GET);
    Peer backend = asked();
    Beside sender = send(backend, lines("HTTP/1.1 200 OK", "Content-Length: " + BODY.length));
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
    Beside sender = send(client, post("Content-Length: " + BODY.length));
    Peer backend = rig.backend();
    backend.head("POST / HTTP/1.1");
    assertHeldIsBounded();
    assertArrayEquals(BODY, backend.read(BODY.length));
    sender.join();
  }

  @Test
  void holdsLittleOfATunnelThatIsNotRead() throws Exception {
    Tunnel tunnel = Tunnel.through(rig);
    Peer client = tunnel.client();
    Peer backend = tunnel.backend();
    Beside up = send(client, "");
    Beside down = send(backend, "");
    assertHeldIsBounded();
    assertArrayEquals(BODY, client.read(BODY.length));
    assertArrayEquals(BODY, backend.read(BODY.length));
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
        Beside.start(
            () -> {
              try {
                for (int i = 0; i < 2000; i++) {
                  client.send(requests);
                }
              } catch (IOException closed) {
                return; // with the test
              }
            });
    client.head("HTTP/1.1 503 Service Unavailable");
    assertHeldIsBounded();
    client.close();
    sender.join();
  }

  private static Beside send(Peer peer, String head) {
    return Beside.start(
        () -> {
          peer.send(head);
          peer.send(BODY);
        });
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
