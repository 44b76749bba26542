// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import static dev.rsp.proxy.Messages.lines;

import dev.rsp.Rule;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tunnels that end while much is on its way: rule 64.
 *
 * <p>Not by io_uring: there, now and then, a channel whose peer has ended its side writes no more
 * after it found its socket full.
 */
@ParameterizedClass
@MethodSource("dev.rsp.proxy.Rig#transportsButIoUring")
final class TunnelEndTest {
  private static final String ASKED =
      lines("GET / HTTP/1.1", "Host: a", "Connection: upgrade", "Upgrade: websocket");
  private static final String SWITCHED =
      lines("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: upgrade");

  private final Transport transport;
  private Rig rig;

  TunnelEndTest(Transport transport) {
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
  @Rule(64)
  void deliversWhatIsOnItsWayWhenBothSidesHaveEnded() throws Exception { // rule 64
    Peer client = rig.client(ASKED);
    Peer backend = rig.backend();
    backend.head();
    backend.send(SWITCHED);
    client.expect(SWITCHED);
    // More than the sockets hold on their own, so that some of it is in the proxy.
    byte[] bytes = new byte[8_000_000];
    var sender =
        new Thread(
            () -> {
              try {
                client.send(bytes);
                client.shutOutput();
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
    sender.start();
    backend.read(bytes.length / 4);
    backend.shutOutput();
    client.expectEnd();
    backend.read(bytes.length - bytes.length / 4);
    backend.expectEnd();
    sender.join();
  }

  @Test
  @Rule(64)
  void deliversToABackendThatEndedItsSideButReadsOn() throws Exception { // rule 64
    Peer client = rig.client(ASKED);
    Peer backend = rig.backend();
    backend.head();
    backend.send(SWITCHED);
    client.expect(SWITCHED);
    // Until the sockets are full and some of it waits in the proxy.
    byte[] block = new byte[8192];
    var enough = new AtomicBoolean();
    var sent = new AtomicInteger();
    var sender =
        new Thread(
            () -> {
              try {
                while (!enough.get()) {
                  sent.addAndGet(block.length);
                  client.send(block);
                }
                client.shutOutput();
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
    sender.start();
    rig.await("bytes wait in the proxy", rig::stuck);
    enough.set(true);
    backend.shutOutput();
    client.expectEnd();
    int read = 0;
    while (sender.isAlive() || read < sent.get()) {
      if (read < sent.get()) {
        backend.read(block.length);
        read += block.length;
      }
    }
    backend.expectEnd();
    rig.awaitEnding(Ending.TUNNELLED);
  }
}
