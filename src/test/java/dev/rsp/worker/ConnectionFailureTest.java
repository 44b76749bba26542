// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a defect that a peer can reach does: its connection ends, and the log is not filled. */
@Timeout(60)
final class ConnectionFailureTest extends EmbeddedRigTest {
  private static final int FAILURES = 50;

  private static void fail(EmbeddedPeer peer) {
    peer.socket().pipeline().fireExceptionCaught(new IllegalStateException("a defect"));
  }

  @Test
  void failuresOfClientsAreLoggedOnceASecond() {
    long began = System.nanoTime();
    for (int i = 0; i < FAILURES; i++) {
      EmbeddedPeer client = rig.client();
      fail(client);
      client.expectClosed();
    }
    assertLines("connection failed client=127.0.0.1 suppressed=", began);
  }

  @Test
  void failuresOfBackendsAreLoggedOnceASecond() {
    long began = System.nanoTime();
    for (int i = 0; i < FAILURES; i++) {
      EmbeddedPeer client = rig.client(Messages.GET);
      EmbeddedPeer backend = asked();
      fail(backend);
      client.expectClosed();
      backend.expectClosed();
    }
    assertLines("connection failed backend=127.0.0.1:1 suppressed=", began);
    rig.expectEndings("failed=" + FAILURES);
  }

  private void assertLines(String start, long began) {
    List<String> lines = rig.takeErrors();
    long seconds = (System.nanoTime() - began) / 1_000_000_000 + 1;
    assertEquals(start + 0, lines.get(0));
    assertTrue(lines.stream().allMatch(line -> line.startsWith(start)), lines::toString);
    assertTrue(lines.size() <= seconds, lines::toString);
  }
}
