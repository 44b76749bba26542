// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.get;
import static dev.rsp.worker.Messages.ok;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.net.FailureLog;
import dev.rsp.net.NetLoop;
import dev.rsp.net.TurnFlusher;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An error in a callback of the loop ends the connection that it was thrown for, and no other. */
@Timeout(60)
final class CallbackErrorTest {
  @AutoClose private EmbeddedRig rig;

  @BeforeEach
  void start() throws Exception {
    rig =
        new EmbeddedRig(
            "timeouts = { head = 1 }",
            "function select(r)",
            "  return r.host == 'unix' and 'unix:/run/callback-error.sock' or { 1, 2 }",
            "end");
  }

  private void assertLogged(String line) {
    List<String> errors = rig.takeErrors();
    assertEquals(1, errors.size(), errors::toString);
    assertTrue(errors.get(0).startsWith(line), errors::toString);
  }

  @Test
  void aReadThatThrowsEndsItsClient() {
    rig.failOpening(new LinkageError("injected"));
    rig.client(GET).expectClosed();
    assertLogged("connection failed client=");
    EmbeddedPeer other = rig.client(GET);
    rig.backend().send(ok("1"));
    other.expect(ok("1"));
    rig.expectEndings("served=1 failed=1");
  }

  /** The place is the script's own, so its counts have to go with the last connection. */
  @Test
  void aConnectionThatCannotBePreparedIsCountedNoMore() {
    int places = rig.loads().places();
    rig.failSettingOptions(new LinkageError("injected"));
    rig.client(get("unix", "/")).expectClosed();
    assertLogged("connection failed client=");
    assertEquals(places, rig.loads().places());
    assertEquals(0, rig.loads().inFlight());
    rig.expectEndings("failed=1");
  }

  /** The next place is tried from the listener of the connect that failed. */
  @Test
  void aConnectListenerThatThrowsEndsItsClient() throws Exception {
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer first = rig.connecting();
    rig.failOpening(new LinkageError("injected"));
    first.refuse();
    client.expectClosed();
    assertLogged("connection failed backend=");
    rig.expectEndings("failed=1");
  }

  /** The request is sent again from the event of the connection that was lost. */
  @Test
  void aLostConnectionWhoseExchangeThrowsEndsItsClient() throws Exception {
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = rig.backend();
    backend.send(ok("1"));
    client.expect(ok("1"));
    client.send(GET);
    rig.rest();
    rig.failOpening(new LinkageError("injected"));
    backend.end();
    client.expectClosed();
    assertLogged("connection failed backend=");
    rig.expectEndings("served=1 failed=1");
  }

  @Test
  void aWaitingRequestThatThrowsKeepsNoOtherFromItsTurn() throws Exception {
    EmbeddedPeer first = rig.client(get("unix", "/1"));
    EmbeddedPeer full = rig.connecting();
    full.socket().refuse(new IOException("connect(..) failed with error(-11)"));
    EmbeddedPeer second = rig.client(get("unix", "/2"));
    rig.expectNoConnect();
    rig.failOpening(new LinkageError("injected"));
    rig.pass(120);
    first.expectClosed();
    assertLogged("a queued request failed");
    EmbeddedPeer backend = rig.backend();
    backend.expectStart("GET /2 HTTP/1.1");
    backend.send(ok("2"));
    second.expect(ok("2"));
    assertEquals(0, rig.loop().queued());
    rig.expectEndings("served=1 failed=1");
  }

  @Test
  void aFlushThatThrowsKeepsNoOtherChannelFromBeingFlushed() {
    Channel broken =
        new EmbeddedChannel() {
          @Override
          public Channel flush() {
            throw new LinkageError("injected");
          }
        };
    EmbeddedChannel other = new EmbeddedChannel();
    var flusher = new TurnFlusher(other.eventLoop(), true, new FailureLog());
    flusher.send(broken, Unpooled.copiedBuffer(new byte[1]), TurnFlusher.MOST_HELD_BYTES);
    flusher.send(other, Unpooled.copiedBuffer(new byte[1]), TurnFlusher.MOST_HELD_BYTES);
    flusher.run();
    assertLogged("a flush failed");
    assertTrue(!broken.isOpen(), "the channel whose flush failed is open");
    assertEquals(1, other.outboundMessages().size());
    other.releaseOutbound();
    other.close();
  }

  @Test
  void aTaskOfTheLoopThatThrowsEndsNeitherTheTimerNorTheLoop() throws Exception {
    NetLoop net = rig.loop().net();
    net.execute(
        () ->
            net.guarded(
                "a test failed",
                () -> {
                  throw new LinkageError("injected");
                }));
    rig.rest();
    assertLogged("a test failed");
    EmbeddedPeer late = rig.client("GET /");
    rig.pass(1300);
    late.expectRefusal(408, "the request head took too long");
    rig.expectEndings("head_timeout=1");
  }
}
