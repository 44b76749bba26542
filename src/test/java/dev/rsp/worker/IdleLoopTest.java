// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.ok;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A loop with nothing to do sleeps, and its timeouts hold all the same. */
@Timeout(60)
final class IdleLoopTest extends EmbeddedRigTest {
  private static final int HOUR_MILLIS = 3_600_000;

  IdleLoopTest() {
    super("timeouts = { keepalive = 3600, backend_keepalive = 3600, head = 5 }");
  }

  @Test
  void aLoopWithoutConnectionsIsNotWokenAtAll() {
    rig.pass(2_000);
    assertTrue(rig.wakeUps(HOUR_MILLIS) <= 1);
  }

  @Test
  void aLoopWithIdleConnectionsIsWokenOnceASecond() {
    EmbeddedPeer client = rig.client();
    EmbeddedPeer backend = idleBackend(client);
    rig.pass(2_000);
    assertEquals(60, rig.wakeUps(60_000), 1);
    assertTrue(client.isOpen());
    assertTrue(backend.isOpen());
    rig.expectEndings("served=1");
  }

  @Test
  void aLoopWhoseConnectionsHaveClosedIsNotWoken() {
    EmbeddedPeer client = rig.client();
    EmbeddedPeer backend = idleBackend(client);
    client.reset();
    backend.reset();
    rig.pass(3_000);
    assertTrue(rig.wakeUps(HOUR_MILLIS) <= 1);
    rig.expectEndings("served=1");
  }

  @Test
  void aTimeoutAfterALongRestIsNeitherEarlyNorLate() {
    rig.wakeUps(HOUR_MILLIS);
    EmbeddedPeer client = rig.client("GET / HTTP/1.1\r\n");
    rig.pass(4_900);
    assertTrue(client.isOpen());
    rig.pass(300);
    client.expectRefusal(408, "the request head took too long");
    rig.expectEndings("head_timeout=1");
  }

  @Test
  void anIdleClientIsClosedAfterItsTime() {
    EmbeddedPeer client = rig.client();
    client.send(GET);
    asked().send(ok("1"));
    client.expect(ok("1"));
    rig.wakeUps(HOUR_MILLIS - 200);
    assertTrue(client.isOpen());
    rig.wakeUps(500);
    assertFalse(client.isOpen());
    rig.expectEndings("served=1");
  }
}
