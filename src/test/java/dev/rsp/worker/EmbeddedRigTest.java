// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.ok;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Tests that each have an {@link EmbeddedRig} of their own, which judges in the end. */
abstract class EmbeddedRigTest {
  EmbeddedRig rig;
  private final String[] lines;

  /** Each test starts with more lines of the configuration file. */
  EmbeddedRigTest(String... lines) {
    this.lines = lines;
  }

  @BeforeEach
  final void startRig() throws Exception {
    rig = new EmbeddedRig(lines);
  }

  @AfterEach
  final void closeRig() {
    rig.close();
  }

  /** The next connection to a backend, over which a request has come. */
  final EmbeddedPeer asked() {
    EmbeddedPeer backend = rig.backend();
    backend.take();
    return backend;
  }

  /** One exchange is done, so that the connection to its backend is idle. */
  final EmbeddedPeer idleBackend(EmbeddedPeer client) {
    client.send(GET);
    EmbeddedPeer backend = asked();
    backend.send(ok("first"));
    client.expect(ok("first"));
    return backend;
  }
}
