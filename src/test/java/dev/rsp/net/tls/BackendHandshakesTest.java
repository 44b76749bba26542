// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.certs.TestCa;
import dev.rsp.config.BackendTls;
import dev.rsp.config.TestTls;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCounted;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Handshakes by BoringSSL and by the JDK with a server of the JDK, in memory. */
@Timeout(30)
final class BackendHandshakesTest {
  private static final TestCa CA = TestCa.create();
  private static final String NAME = "site.example";

  private final EmbeddedChannel client = new EmbeddedChannel();
  private final EmbeddedChannel server = new EmbeddedChannel();
  private final List<Object> events = new ArrayList<>();
  private @Nullable Throwable caught;

  @AfterEach
  void release() {
    client.finishAndReleaseAll();
    server.finishAndReleaseAll();
  }

  /** Shakes hands, and returns why that failed; null if it did not. */
  private @Nullable Throwable shake(BackendTls settings, boolean isNative, TestCa.Leaf leaf)
      throws Exception {
    SslContext context =
        SslContextBuilder.forServer(leaf.key(), leaf.chain()).sslProvider(SslProvider.JDK).build();
    server.pipeline().addLast(context.newHandler(server.alloc()), new Quiet());
    SslHandler handler =
        BackendHandshakes.with(settings, isNative).handler(client.alloc(), TestTls.place(settings));
    client.pipeline().addLast(handler, new Listener());
    TlsPair.pump(client, server);
    return handler.handshakeFuture().cause();
  }

  /** The handshakes that fail are those of the client. */
  private static final class Quiet extends ChannelInboundHandlerAdapter {
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }

  private final class Listener extends ChannelInboundHandlerAdapter {
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      events.add(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      caught = cause;
    }
  }

  private static String message(@Nullable Throwable cause) {
    Throwable at = assertNotNullAnd(cause);
    assertTrue(BackendHandshakes.isCertificate(at));
    while (at.getCause() != null) {
      at = at.getCause();
    }
    return String.valueOf(at.getMessage());
  }

  private static Throwable assertNotNullAnd(@Nullable Throwable cause) {
    assertNotNull(cause);
    return cause;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aCertificateForTheNameIsAccepted(boolean isNative) throws Exception {
    assertEquals(null, shake(TestTls.trusting(NAME, CA.root()), isNative, CA.ecdsa(NAME)));
    client.writeOutbound(Unpooled.copiedBuffer("ping", StandardCharsets.US_ASCII));
    TlsPair.pump(client, server);
    ByteBuf got = server.readInbound();
    assertEquals("ping", got.toString(StandardCharsets.US_ASCII));
    got.release();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aWildcardIsAccepted(boolean isNative) throws Exception {
    BackendTls tls = TestTls.trusting("a.site.example", CA.root());
    assertEquals(null, shake(tls, isNative, CA.rsa("*.site.example")));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anAddressIsChecked(boolean isNative) throws Exception {
    BackendTls tls = TestTls.trusting("10.0.0.9", CA.root());
    assertEquals(null, shake(tls, isNative, CA.ecdsa("10.0.0.9")));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anotherAddressIsRefused(boolean isNative) throws Exception {
    Throwable cause =
        shake(TestTls.trusting("10.0.0.9", CA.root()), isNative, CA.ecdsa("10.0.0.8"));
    assertEquals("the certificate is not for 10.0.0.9, but for 10.0.0.8", message(cause));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anotherNameIsRefused(boolean isNative) throws Exception {
    Throwable cause =
        shake(
            TestTls.trusting(NAME, CA.root()),
            isNative,
            CA.ecdsa("a.example", "b.example", "c.example", "d.example", "e.example", "f.example"));
    assertEquals(
        "the certificate is not for site.example, but for a.example, b.example, c.example,"
            + " d.example, e.example and 1 more",
        message(cause));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aCertificateWithoutNamesIsRefused(boolean isNative) throws Exception {
    Throwable cause = shake(TestTls.trusting(NAME, CA.root()), isNative, CA.ecdsa());
    assertEquals("the certificate is not for site.example, but for no name at all", message(cause));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anUnknownAuthorityIsRefused(boolean isNative) throws Exception {
    Throwable cause =
        shake(TestTls.trusting(NAME, TestCa.create().root()), isNative, CA.ecdsa(NAME));
    assertEquals(
        "the certificate is not signed by a known CA, but by CN=rsp test root", message(cause));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anExpiredCertificateIsRefused(boolean isNative) throws Exception {
    TestCa.Leaf leaf = CA.expired(NAME);
    Throwable cause = shake(TestTls.trusting(NAME, CA.root()), isNative, leaf);
    assertEquals(
        "the certificate of CN=site.example expired at "
            + leaf.certificate().getNotAfter().toInstant(),
        message(cause));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aBrokenRecordIsAnErrorOfTls(boolean isNative) throws Exception {
    assertEquals(null, shake(TestTls.trusting(NAME, CA.root()), isNative, CA.ecdsa(NAME)));
    byte[] record = new byte[45];
    record[0] = 23; // application data: RFC 8446 §5.1
    record[1] = 3;
    record[2] = 3;
    record[4] = 40;
    client.writeInbound(Unpooled.wrappedBuffer(record));
    if (isNative) {
      // BoringSSL first has its alert sent, which makes the peer close, and fails at what follows.
      ByteBuf alert = client.readOutbound();
      assertNotNull(alert);
      alert.release();
      client.writeInbound(Unpooled.wrappedBuffer(record.clone()));
    }
    assertInstanceOf(SSLException.class, assertNotNullAnd(caught).getCause());
  }

  @Test
  void theMemoryOfBoringSslIsFreedWithTheConnection() throws Exception {
    assertEquals(null, shake(TestTls.trusting(NAME, CA.root()), true, CA.ecdsa(NAME)));
    var engine = (ReferenceCounted) client.pipeline().get(SslHandler.class).engine();
    assertEquals(1, engine.refCnt());
    client.close();
    assertEquals(0, engine.refCnt());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aCloseNotifyIsReported(boolean isNative) throws Exception {
    assertEquals(null, shake(TestTls.trusting(NAME, CA.root()), isNative, CA.ecdsa(NAME)));
    server.pipeline().get(SslHandler.class).closeOutbound();
    TlsPair.pump(client, server);
    assertTrue(events.contains(SslCloseCompletionEvent.SUCCESS), events.toString());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void bytesAreReadAfterOurSideHasEnded(boolean isNative) throws Exception {
    assertEquals(null, shake(TestTls.trusting(NAME, CA.root()), isNative, CA.ecdsa(NAME)));
    client.pipeline().get(SslHandler.class).closeOutbound();
    TlsPair.pump(client, server);
    server.writeOutbound(Unpooled.copiedBuffer("rest", StandardCharsets.US_ASCII));
    TlsPair.pump(client, server);
    ByteBuf got = client.readInbound();
    assertNotNull(got);
    got.release();
  }

  @Test
  void equalSettingsShareTheirSessions() {
    BackendTls tls = TestTls.trusting(NAME, CA.root());
    BackendHandshakes first = BackendHandshakes.of(tls, false);
    assertSame(first, BackendHandshakes.of(TestTls.trusting(NAME, CA.root()), false));
    assertNotSame(first, BackendHandshakes.of(TestTls.trusting("b.example", CA.root()), false));
  }
}
