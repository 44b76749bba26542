// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class TlsPolicyTest {
  /** supported_groups: RFC 8446 §4.2.7. */
  private static final int SUPPORTED_GROUPS = 10;

  @Test
  void boringSslLoadsOnTheMachinesThatTestIt() {
    assertTrue(TlsPolicy.isNative());
  }

  @Test
  void onlyTls12And13AreSpokenWithSuitesOfForwardSecrecy() throws Exception {
    SslContext context = TlsPolicy.apply(SslContextBuilder.forClient()).build();
    EmbeddedChannel channel = new EmbeddedChannel();
    SSLEngine engine = context.newEngine(channel.alloc());
    try {
      Set<String> versions = new TreeSet<>(List.of(engine.getEnabledProtocols()));
      versions.remove("SSLv2Hello"); // Netty names it always; BoringSSL does not have it
      assertEquals(Set.of("TLSv1.2", "TLSv1.3"), versions);
      assertEquals(9, context.cipherSuites().size(), context.cipherSuites().toString());
      for (String suite : context.cipherSuites()) {
        boolean tls13 = suite.startsWith("TLS_AES") || suite.startsWith("TLS_CHACHA20");
        assertTrue(tls13 || suite.startsWith("TLS_ECDHE_"), suite);
      }
    } finally {
      ReferenceCountUtil.release(engine);
      ReferenceCountUtil.release(context);
      channel.finishAndReleaseAll();
    }
  }

  @Test
  void theFirstGroupThatIsOfferedIsHybridAndPostQuantum() throws Exception {
    SslContext context = TlsPolicy.apply(SslContextBuilder.forClient()).build();
    EmbeddedChannel channel = new EmbeddedChannel();
    channel.pipeline().addLast(context.newHandler(channel.alloc()));
    ByteBuf hello = channel.readOutbound();
    try {
      // X25519MLKEM768, x25519, secp256r1, secp384r1: the numbers of IANA's registry.
      List<Integer> groups = groups(hello);
      groups.removeIf(group -> (group & 0x0f0f) == 0x0a0a); // GREASE: RFC 8701
      assertEquals(List.of(0x11ec, 0x001d, 0x0017, 0x0018), groups);
    } finally {
      hello.release();
      channel.finishAndReleaseAll();
      ReferenceCountUtil.release(context);
    }
  }

  /** The groups of a ClientHello, in its order. */
  private static List<Integer> groups(ByteBuf record) {
    ByteBuf in = record.skipBytes(5 + 4 + 2 + 32); // record, handshake, version, random
    in.skipBytes(in.readUnsignedByte()).skipBytes(in.readUnsignedShort());
    in.skipBytes(in.readUnsignedByte());
    in.skipBytes(2);
    List<Integer> groups = new ArrayList<>();
    while (in.isReadable()) {
      int type = in.readUnsignedShort();
      ByteBuf body = in.readSlice(in.readUnsignedShort());
      if (type == SUPPORTED_GROUPS) {
        body.skipBytes(2);
        while (body.isReadable()) {
          groups.add(body.readUnsignedShort());
        }
      }
    }
    return groups;
  }
}
