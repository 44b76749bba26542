// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.lines;

import java.io.IOException;

/** A client and a backend whose connections have become a tunnel. */
record Tunnel(Peer client, Peer backend) {
  static final String ASKED =
      lines("GET / HTTP/1.1", "Host: a", "Connection: upgrade", "Upgrade: websocket");
  static final String SWITCHED =
      lines("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: upgrade");

  static Tunnel through(Rig rig) throws IOException {
    Peer client = rig.client(ASKED);
    Peer backend = rig.backend();
    backend.head();
    backend.send(SWITCHED);
    client.expect(SWITCHED);
    return new Tunnel(client, backend);
  }
}
