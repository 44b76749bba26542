// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.net.tls.TlsPair;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The end of a connection with TLS, in memory. */
@Timeout(60)
final class ClosingTest {
  /** Counts writes to the socket, which may be full. */
  private static final class Socket extends EmbeddedChannel {
    int writes;
    boolean full;

    @Override
    protected void doWrite(ChannelOutboundBuffer out) throws Exception {
      if (!full) {
        boolean[] bytes = new boolean[1];
        out.forEachFlushedMessage(
            message -> {
              bytes[0] |= ((ByteBuf) message).isReadable();
              return true;
            });
        writes += bytes[0] ? 1 : 0;
        super.doWrite(out);
      }
    }
  }

  private final Socket server = new Socket();
  private final TlsPair pair = new TlsPair(server);
  private final EmbeddedChannel client = pair.client();
  private final StringBuilder received = new StringBuilder();
  private final List<Object> events = new ArrayList<>();

  @AfterEach
  void release() {
    pair.release();
  }

  private void shakeHands(SslProvider provider) throws Exception {
    client.pipeline().addLast(new Received());
    pair.shakeHands(provider);
  }

  private final class Received extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      received.append(((ByteBuf) message).toString(StandardCharsets.US_ASCII));
      ReferenceCountUtil.release(message);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      events.add(event);
    }
  }

  private void write(String text) {
    server.write(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII), server.voidPromise());
  }

  @ParameterizedTest
  @EnumSource(
      value = SslProvider.class,
      names = {"JDK", "OPENSSL_REFCNT"})
  void theLastBytesAndCloseNotifyLeaveInOneWrite(SslProvider provider) throws Exception {
    shakeHands(provider);
    int before = server.writes;
    write("last");
    Closing.closeAfterFlush(server);
    assertEquals(before + 1, server.writes);
    assertFalse(server.isOpen());
    pair.pump();
    assertEquals("last", received.toString());
    assertTrue(events.contains(SslCloseCompletionEvent.SUCCESS), events::toString);
  }

  @ParameterizedTest
  @EnumSource(
      value = SslProvider.class,
      names = {"JDK", "OPENSSL_REFCNT"})
  void aSlowClientGetsAllBeforeTheClose(SslProvider provider) throws Exception {
    shakeHands(provider);
    server.full = true;
    String text = "last".repeat(50_000);
    write(text);
    Closing.closeAfterFlush(server);
    server.runPendingTasks();
    assertTrue(server.isOpen());
    server.full = false;
    server.flush();
    server.runPendingTasks();
    assertFalse(server.isOpen());
    pair.pump();
    assertEquals(text, received.toString());
    assertTrue(events.contains(SslCloseCompletionEvent.SUCCESS), events::toString);
  }
}
