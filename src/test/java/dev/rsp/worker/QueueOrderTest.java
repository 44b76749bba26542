// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.get;
import static dev.rsp.worker.Messages.ok;

import java.io.IOException;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who tries when, of those that wait for room in the queue of a Unix socket. */
final class QueueOrderTest {
  /** The pause between two tries, and a tick of the timer. */
  private static final int NEXT_TRY_MILLIS = 120;

  @AutoClose private EmbeddedRig rig;

  @BeforeEach
  void start() throws Exception {
    rig = new EmbeddedRig("function select() return 'unix:/run/queue-order.sock' end");
  }

  /** What connect(2) says, as Netty words it. */
  private void full(EmbeddedPeer backend) {
    backend.socket().refuse(new IOException("connect(..) failed with error(-11)"));
    rig.rest();
  }

  @Test
  void anIdleConnectionIsTheFirstsAndMakesNoOtherTry() {
    EmbeddedPeer first = rig.client(get("a", "/1"));
    EmbeddedPeer connection = rig.backend();
    connection.expectStart("GET /1 HTTP/1.1");
    EmbeddedPeer second = rig.client(get("a", "/2"));
    full(rig.connecting());
    EmbeddedPeer third = rig.client(get("a", "/3"));
    rig.expectNoConnect();
    connection.send(ok("1"));
    first.expect(ok("1"));
    connection.expectStart("GET /2 HTTP/1.1");
    rig.expectNoConnect();
    rig.pass(NEXT_TRY_MILLIS);
    EmbeddedPeer own = rig.backend();
    own.expectStart("GET /3 HTTP/1.1");
    own.send(ok("3"));
    third.expect(ok("3"));
    connection.send(ok("2"));
    second.expect(ok("2"));
    rig.expectEndings("served=3");
  }
}
