// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.ok;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.net.DeadlineWheel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** While memory is short, those that hold much stand back, and new requests go on. */
final class MemoryReliefTest extends EmbeddedRigTest {
  private static final int TICK_MILLIS = DeadlineWheel.TICK_MILLIS;

  private static final long PLENTY_BYTES = 1L << 30;

  /** A head of which so much has come. */
  private static String head(int bytes) {
    return "GET / HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(bytes);
  }

  @Test
  void aConnectionThatHoldsMuchIsNotReadUntilThereIsMemoryAgain() {
    EmbeddedPeer large = rig.client(head(20_000));
    EmbeddedPeer small = rig.client(head(1_000));
    rig.limitMemory(rig.held() * 100 / 80);
    rig.pass(TICK_MILLIS);
    assertFalse(large.isRead());
    assertTrue(small.isRead());
    rig.limitMemory(PLENTY_BYTES);
    rig.pass(TICK_MILLIS);
    assertTrue(large.isRead());
    large.send("\r\n\r\n");
    EmbeddedPeer backend = asked();
    backend.send(ok("1"));
    large.expect(ok("1"));
    small.end();
    rig.expectEndings("served=1 client_gone_in_head=1");
  }

  @Test
  void newRequestsGoOn() {
    EmbeddedPeer large = rig.client(head(20_000));
    rig.limitMemory(rig.held() * 100 / 85);
    rig.pass(TICK_MILLIS);
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = asked();
    backend.send(ok("1"));
    client.expect(ok("1"));
    assertFalse(large.isRead());
    rig.limitMemory(PLENTY_BYTES);
    rig.pass(TICK_MILLIS);
    large.reset();
    rig.expectEndings("served=1 client_gone_in_head=1");
  }

  @Test
  void thoseThatHoldMostAreClosedWhenMemoryIsExhausted() {
    List<EmbeddedPeer> small = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      small.add(rig.client(head(1_000)));
    }
    EmbeddedPeer large = rig.client(head(20_000));
    rig.limitMemory(rig.held());
    rig.pass(TICK_MILLIS);
    large.expectReset();
    for (EmbeddedPeer each : small) {
      assertTrue(each.isRead());
      each.end();
    }
    rig.expectEndings("limit_memory=1 client_gone_in_head=10");
  }

  @Test
  void aBodyThatIsHeldIsRefused() throws Exception {
    rig.serve(EmbeddedRig.config("function select() return 'uwsgi:127.0.0.1:9' end"));
    EmbeddedPeer client =
        rig.client("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n20000\r\n");
    client.send("x".repeat(100_000));
    assertTrue(rig.held() > 100_000);
    rig.limitMemory(rig.held());
    rig.pass(TICK_MILLIS);
    client.expectRefusal(503, "the proxy is short of memory");
    rig.pass(TICK_MILLIS);
    rig.expectEndings("limit_memory=1");
  }

  @Test
  void aBodyThatIsHeldIsReadOnUntilItIsWhole() throws Exception {
    rig.serve(EmbeddedRig.config("function select() return 'uwsgi:127.0.0.1:9' end"));
    EmbeddedPeer client =
        rig.client("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n20000\r\n");
    client.send("x".repeat(100_000));
    rig.limitMemory(rig.held() * 100 / 80);
    rig.pass(TICK_MILLIS);
    assertTrue(client.isRead());
    client.reset();
    rig.expectEndings("client_gone_in_body=1");
  }

  @Test
  void aResponseThatIsNotTakenIsCutOff() {
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = asked();
    client.takes(0);
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + "x".repeat(15_000));
    rig.limitMemory(rig.held());
    rig.pass(TICK_MILLIS);
    client.expectReset();
    backend.expectClosed();
    rig.expectEndings("limit_memory=1");
  }
}
