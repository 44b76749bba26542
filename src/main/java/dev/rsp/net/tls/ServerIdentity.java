// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import dev.rsp.config.ClientCa;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSslServerSessionContext;
import io.netty.handler.ssl.OpenSslX509KeyManagerFactory;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * A certificate with its key, ready for handshakes. It holds memory outside of the heap, so it is
 * counted: who has retained it releases it. Any thread.
 */
public final class ServerIdentity {
  /** Not secret: the store never leaves memory, but its format needs one. */
  private static final char[] STORE_PASSWORD = "memory".toCharArray();

  /** The protocol of a challenge tls-alpn-01: RFC 8737 §6.2. */
  static final String PROOF = "acme-tls/1";

  /** Proofs are the same on all listen addresses: without HTTP/2 and certificates of clients. */
  private static final TlsProfile OF_PROOFS = new TlsProfile(false, null);

  private final Object key;

  /** Whether it is the answer to a challenge. */
  private final boolean proof;

  private final KeyManagerFactory keys;
  private final TicketKeys tickets;
  private final byte[] sessionContext;
  private final AtomicInteger references = new AtomicInteger(1);
  private final Map<TlsProfile, SslContext> contexts = new HashMap<>();
  private long ticketGeneration;

  private ServerIdentity(
      Object key,
      boolean proof,
      KeyManagerFactory keys,
      TicketKeys tickets,
      byte[] sessionContext) {
    this.key = key;
    this.proof = proof;
    this.keys = keys;
    this.tickets = tickets;
    this.sessionContext = sessionContext;
  }

  /**
   * Prepares a certificate; takes about a millisecond, so not on a loop. The caller releases it.
   *
   * @param key what the certificate is known by; sessions resume only where its text is the same
   * @param chain the leaf first
   * @throws GeneralSecurityException if the key or a certificate cannot be used
   */
  public static ServerIdentity of(
      Object key, PrivateKey privateKey, List<X509Certificate> chain, TicketKeys tickets)
      throws GeneralSecurityException {
    return of(key, false, privateKey, chain, tickets);
  }

  /**
   * Prepares the answer to a challenge tls-alpn-01 (RFC 8737 §3): a certificate for connections
   * that end after the handshake. The same applies. It needs no {@link #prepare}.
   *
   * @param certificate signs itself
   */
  public static ServerIdentity ofProof(
      PrivateKey privateKey, X509Certificate certificate, TicketKeys tickets)
      throws GeneralSecurityException {
    ServerIdentity proof = of(new Object(), true, privateKey, List.of(certificate), tickets);
    try {
      proof.prepare(List.of(OF_PROOFS));
      return proof;
    } catch (SSLException e) {
      proof.release();
      throw new GeneralSecurityException(e.getMessage(), e);
    } catch (RuntimeException | Error e) {
      proof.release();
      throw e;
    }
  }

  private static ServerIdentity of(
      Object key,
      boolean proof,
      PrivateKey privateKey,
      List<X509Certificate> chain,
      TicketKeys tickets)
      throws GeneralSecurityException {
    try {
      // The JKS format hides the key by some rounds of SHA-1; PKCS #12 would take 10,000 of
      // PBKDF2, twice, for a store that lives for this method only.
      KeyStore store = KeyStore.getInstance("JKS");
      store.load(null, STORE_PASSWORD);
      store.setKeyEntry("rsp", privateKey, STORE_PASSWORD, chain.toArray(new X509Certificate[0]));
      KeyManagerFactory keys =
          TlsPolicy.isNative()
              ? new OpenSslX509KeyManagerFactory()
              : KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, STORE_PASSWORD);
      byte[] name = key.toString().getBytes(StandardCharsets.UTF_8);
      byte[] session = MessageDigest.getInstance("SHA-256").digest(name);
      return new ServerIdentity(key, proof, keys, tickets, session);
    } catch (IOException e) {
      throw new GeneralSecurityException(e);
    }
  }

  /** What the certificate is known by. */
  public Object key() {
    return key;
  }

  /** Whether it is the answer to a challenge: then no protocol follows. */
  public boolean isProof() {
    return proof;
  }

  /** Counts one more user; false if it was released meanwhile. */
  public boolean retain() {
    return references.getAndUpdate(n -> n == 0 ? 0 : n + 1) > 0;
  }

  /** Ends the use of one user; the last one frees the memory. */
  public void release() {
    if (references.decrementAndGet() == 0) {
      synchronized (contexts) {
        contexts.values().forEach(ReferenceCountUtil::release);
        contexts.clear();
      }
    }
  }

  /**
   * Makes what handshakes need on listen addresses with these profiles, so that the first ones do
   * not wait for it. Takes a millisecond, so not on a loop.
   *
   * @throws SSLException if the engine does not take the certificate
   */
  public void prepare(Collection<TlsProfile> profiles) throws SSLException {
    for (TlsProfile profile : profiles) {
      synchronized (contexts) {
        context(profile);
      }
    }
  }

  /** For how many profiles it is prepared. */
  int contexts() {
    synchronized (contexts) {
      return contexts.size();
    }
  }

  /**
   * A handler for one handshake and its connection, which keeps what it needs. The caller has
   * retained this.
   *
   * @throws SSLException if the engine does not take the certificate
   */
  public SslHandler newHandler(TlsProfile profile, ByteBufAllocator allocator) throws SSLException {
    SslHandler handler;
    synchronized (contexts) {
      handler = context(proof ? OF_PROOFS : profile).newHandler(allocator);
    }
    handler.setHandshakeTimeoutMillis(0); // the connection has a deadline of its own
    return handler;
  }

  private SslContext context(TlsProfile profile) throws SSLException {
    SslContext context = contexts.get(profile);
    boolean isNew = context == null;
    if (context == null) {
      context = newContext(profile);
      contexts.put(profile, context);
    }
    long generation = tickets.generation();
    if (isNew || ticketGeneration != generation) {
      contexts.values().forEach(tickets::applyTo);
      ticketGeneration = generation;
    }
    return context;
  }

  private SslContext newContext(TlsProfile profile) throws SSLException {
    SslContextBuilder builder =
        TlsPolicy.apply(SslContextBuilder.forServer(keys))
            .sessionTimeout(TicketKeys.LIFETIME_SECONDS)
            .applicationProtocolConfig(protocols(profile));
    ClientCa clients = profile.clients();
    if (clients == null) {
      builder.trustManager(NoClientCertificates.INSTANCE);
    } else {
      builder
          .trustManager(clients.certificates())
          .clientAuth(clients.required() ? ClientAuth.REQUIRE : ClientAuth.OPTIONAL);
    }
    SslContext context = builder.build();
    if (context.sessionContext() instanceof OpenSslServerSessionContext sessions) {
      sessions.setSessionCacheEnabled(false); // tickets are enough, and cost no memory here
      // A ticket must not resume a session of another site, nor where another authority signs the
      // certificates of clients: they would not be verified again (CVE-2025-23419).
      sessions.setSessionIdContext(sessionContext(clients));
    }
    return context;
  }

  private byte[] sessionContext(@Nullable ClientCa clients) throws SSLException {
    if (clients == null) {
      return sessionContext;
    }
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(sessionContext);
      for (X509Certificate certificate : clients.certificates()) {
        digest.update(certificate.getEncoded());
      }
      digest.update((byte) (clients.required() ? 1 : 0));
      return digest.digest();
    } catch (GeneralSecurityException e) {
      throw new SSLException(e);
    }
  }

  private ApplicationProtocolConfig protocols(TlsProfile profile) {
    return new ApplicationProtocolConfig(
        Protocol.ALPN,
        SelectorFailureBehavior.NO_ADVERTISE,
        SelectedListenerFailureBehavior.ACCEPT,
        proof
            ? List.of(PROOF)
            : profile.http2()
                ? List.of(ApplicationProtocolNames.HTTP_2, ApplicationProtocolNames.HTTP_1_1)
                : List.of(ApplicationProtocolNames.HTTP_1_1));
  }
}
