// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Encryption before the flush. */
@Timeout(60)
final class EarlyRecordsTest {
  private final EmbeddedChannel server = new EmbeddedChannel();
  private final TlsPair pair = new TlsPair(server);

  @AfterEach
  void release() {
    pair.release();
  }

  private ByteBuf write(String text) {
    ByteBuf bytes = Unpooled.directBuffer().writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    server.write(bytes, server.voidPromise());
    return bytes;
  }

  private String received() {
    pair.pump();
    StringBuilder all = new StringBuilder();
    for (ByteBuf part = pair.client().readInbound();
        part != null;
        part = pair.client().readInbound()) {
      all.append(part.toString(StandardCharsets.US_ASCII));
      part.release();
    }
    return all.toString();
  }

  @ParameterizedTest
  @EnumSource(
      value = SslProvider.class,
      names = {"JDK", "OPENSSL_REFCNT"})
  void whatIsEncryptedIsReleasedAndLeavesWithTheNextFlush(SslProvider provider) throws Exception {
    pair.shakeHands(provider);
    EarlyRecords records = Objects.requireNonNull(EarlyRecords.of(server));
    ByteBuf first = write("first ");
    assertEquals(1, first.refCnt());
    records.encrypt(server);
    assertEquals(0, first.refCnt());
    assertNull(server.readOutbound());
    write("second");
    server.flush();
    assertEquals("first second", received());
  }

  @Test
  void aChannelThatWasClosedEncryptsNothing() throws Exception {
    pair.shakeHands(SslProvider.OPENSSL_REFCNT);
    EarlyRecords records = Objects.requireNonNull(EarlyRecords.of(server));
    server.pipeline().remove(SslHandler.class);
    ByteBuf plain = write("plain");
    records.encrypt(server);
    assertEquals(1, plain.refCnt());
    server.flush();
    assertSame(plain, server.readOutbound());
    plain.release();
  }

  @Test
  void aChannelWithoutTlsHasNone() {
    assertNull(EarlyRecords.of(server));
  }
}
