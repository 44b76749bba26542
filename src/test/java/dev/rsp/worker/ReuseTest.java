// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.ok;

import dev.rsp.config.Config;
import dev.rsp.config.Place;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Connections to backends whose state is in doubt carry no other request. */
@EachTransport
final class ReuseTest extends RigTest {
  @Test
  void notOneToAnAddressThatTheNameHasNoLonger() throws Exception {
    int port = rig.backendPort(1);
    Config config = rig.config("backends = {'localhost:" + port + "', '127.0.0.1:1'}");
    Place place = Objects.requireNonNull(config.slots().get(0).place());
    place.updateAddress(new InetSocketAddress(rig.address(), port));
    rig.serve(config);
    Peer client = rig.client(GET);
    Peer backend = rig.backend();
    backend.head();
    backend.send(ok("old"));
    client.expect(ok("old"));
    try (ServerSocket moved = Rig.listen(OwnAddress.next(), port)) {
      place.updateAddress(new InetSocketAddress(moved.getInetAddress(), port));
      client.send(GET);
      Peer newer = rig.backend(moved);
      newer.head();
      newer.send(ok("new"));
      client.expect(ok("new"));
    }
  }
}
