// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import dev.rsp.Rule;
import dev.rsp.exchange.Ending;
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
@MethodSource("dev.rsp.worker.Rig#transportsButIoUring")
final class TunnelEndTest extends RigTest {
  @Test
  @Rule(64)
  void deliversWhatIsOnItsWayWhenBothSidesHaveEnded() throws Exception { // rule 64
    Tunnel tunnel = Tunnel.through(rig);
    Peer client = tunnel.client();
    Peer backend = tunnel.backend();
    // More than the sockets hold on their own, so that some of it is in the proxy.
    byte[] bytes = new byte[8_000_000];
    var sender =
        Beside.start(
            () -> {
              client.send(bytes);
              client.shutOutput();
            });
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
    Tunnel tunnel = Tunnel.through(rig);
    Peer client = tunnel.client();
    Peer backend = tunnel.backend();
    byte[] block = new byte[8192];
    var flood = new Flood(rig, client, block, client::shutOutput);
    backend.shutOutput();
    client.expectEnd();
    flood.read(backend);
    backend.expectEnd();
    rig.awaitEnding(Ending.TUNNELLED);
  }
}
