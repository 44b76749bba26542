// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rsp.certs.TestCa;
import dev.rsp.config.ClientCa;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a certificate costs before its first handshake. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ServerIdentityTest {
  private static final String TRUST_STORE = "javax.net.ssl.trustStore";

  private final TestCa ca = TestCa.create();

  @TempDir private Path folder;

  private ServerIdentity identity() throws Exception {
    TestCa.Leaf leaf = ca.ecdsa("a.test");
    return ServerIdentity.of("a", leaf.key(), leaf.chain(), TicketKeys.random());
  }

  @Test
  void loadsNoAuthoritiesWhereItAsksClientsForNoCertificate() throws Exception {
    String before = System.getProperty(TRUST_STORE);
    System.setProperty(
        TRUST_STORE, Files.writeString(folder.resolve("store"), "not a store").toString());
    try {
      ServerIdentity identity = identity();
      identity.prepare(List.of(new TlsProfile(true, null)));
      identity.release();
    } finally {
      if (before == null) {
        System.clearProperty(TRUST_STORE);
      } else {
        System.setProperty(TRUST_STORE, before);
      }
    }
    assertEquals(0, NoClientCertificates.INSTANCE.getAcceptedIssuers().length);
    X509Certificate[] chain = ca.ecdsa("b.test").chain().toArray(new X509Certificate[0]);
    assertThrows(
        CertificateException.class,
        () -> NoClientCertificates.INSTANCE.checkClientTrusted(chain, "EC"));
    assertThrows(
        CertificateException.class,
        () -> NoClientCertificates.INSTANCE.checkServerTrusted(chain, "EC"));
  }

  @Test
  void hasWhatHandshakesNeedOnceItIsPrepared() throws Exception {
    ServerIdentity identity = identity();
    TlsProfile one = new TlsProfile(true, null);
    TlsProfile other = new TlsProfile(false, null);
    identity.prepare(List.of(one, other));
    assertEquals(2, identity.contexts());
    SslHandler handler = identity.newHandler(one, UnpooledByteBufAllocator.DEFAULT);
    assertNotNull(handler.engine());
    assertEquals(2, identity.contexts(), "none is made on the loop");
    ReferenceCountUtil.release(handler.engine());
    identity.release();
    assertEquals(0, identity.contexts());
  }

  /** It is made off the loops, and an authority may come to each listen address. */
  @Test
  void aProofHasWhatHandshakesNeedOnEachListenAddress() throws Exception {
    TestCa.Leaf leaf = ca.ecdsa("a.test");
    ServerIdentity proof =
        ServerIdentity.ofProof(leaf.key(), leaf.certificate(), TicketKeys.random());
    assertEquals(1, proof.contexts());
    ClientCa clients = new ClientCa(List.of(ca.root()), true);
    for (TlsProfile profile : List.of(new TlsProfile(true, null), new TlsProfile(false, clients))) {
      SslHandler handler = proof.newHandler(profile, UnpooledByteBufAllocator.DEFAULT);
      assertFalse(handler.engine().getNeedClientAuth());
      ReferenceCountUtil.release(handler.engine());
    }
    assertEquals(1, proof.contexts(), "none is made on the loop");
    proof.release();
    assertEquals(0, proof.contexts());
  }
}
