// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import dev.rsp.certs.TestCa;
import dev.rsp.config.ListenAddress;
import dev.rsp.config.ListenOptions;
import dev.rsp.net.tls.CertificateSource;
import dev.rsp.net.tls.ClientHello;
import dev.rsp.net.tls.ServerIdentity;
import dev.rsp.net.tls.TicketKeys;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** Certificates of a CA of the test for some names, in memory, and clients that trust it. */
final class TestTls implements CertificateSource, AutoCloseable {
  private final TestCa ca = TestCa.create();
  private final TicketKeys tickets = TicketKeys.random();
  private final Map<String, ServerIdentity> byName = new HashMap<>();
  private final SSLContext clients;
  private final Map<String, String> challenges = new HashMap<>();
  private final BlockingQueue<Runnable> ordered = new LinkedBlockingQueue<>();
  private ListenOptions options = ListenOptions.TLS;
  private boolean orders;
  private int orderMillis;
  private @Nullable ServerIdentity proof;

  /** With an ECDSA certificate for each name; the first is also that for clients without a name. */
  TestTls(String... names) throws Exception {
    for (String name : names) {
      ServerIdentity identity = identity(name, ca.ecdsa(name));
      byName.put(name, identity);
      byName.putIfAbsent("", identity);
    }
    clients = ca.clientContext();
  }

  /** From now on rigs that are made with these certificates listen like that. */
  TestTls with(ListenOptions other) {
    options = other;
    return this;
  }

  /** From now on these are certificates that are ordered. */
  TestTls ordering() {
    orders = true;
    return this;
  }

  /** Answers an authority that asks this host for this token. */
  TestTls withChallenge(String host, String token, String answer) {
    challenges.put(host + " " + token, answer);
    return ordering();
  }

  /** Answers an authority that asks by tls-alpn-01. */
  TestTls withProof(TestCa.Leaf leaf) throws GeneralSecurityException {
    proof = ServerIdentity.ofProof(leaf.key(), leaf.certificate(), tickets);
    return ordering();
  }

  /** From now on each handshake is told to wait so long, until it is answered by {@link #order}. */
  TestTls withOrders(int millis) {
    orderMillis = millis;
    return ordering();
  }

  /** Answers the handshake that has waited longest. */
  void order() throws InterruptedException {
    ordered.take().run();
  }

  /** Handshakes that wait. */
  int ordered() {
    return ordered.size();
  }

  ServerIdentity identity(String key, TestCa.Leaf leaf) throws GeneralSecurityException {
    return ServerIdentity.of(key, leaf.key(), leaf.chain(), tickets);
  }

  TestCa ca() {
    return ca;
  }

  TicketKeys tickets() {
    return tickets;
  }

  SSLContext clients() {
    return clients;
  }

  ListenAddress listenAt(ListenAddress plain) {
    return new ListenAddress(
        plain.text(),
        plain.socket(),
        plain.unixPath(),
        plain.access(),
        options.introducedBy(plain.options().proxyProtocol()));
  }

  /** A client with a certificate of an authority. */
  SSLSocket over(Socket socket, String name, TestCa.Leaf own) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    char[] none = new char[0];
    store.setKeyEntry("own", own.key(), none, own.chain().toArray(new X509Certificate[0]));
    var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, none);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), ca.trust(), null);
    return (SSLSocket)
        context.getSocketFactory().createSocket(socket, name, socket.getPort(), true);
  }

  /** A client on a connection, which shakes hands with its first byte. */
  SSLSocket over(Socket socket) throws IOException {
    return over(socket, null);
  }

  /** The same for a client that asks for a name. */
  SSLSocket over(Socket socket, @Nullable String name) throws IOException {
    return (SSLSocket)
        clients.getSocketFactory().createSocket(socket, name, socket.getPort(), true);
  }

  @Override
  public int find(
      ClientHello hello, EventExecutor loop, Consumer<@Nullable ServerIdentity> answer) {
    String name = hello.serverName();
    ServerIdentity named = byName.get(name == null ? "" : name);
    ServerIdentity identity = orders && hello.asksForProof() ? proof : named;
    if (identity != null) {
      identity.retain();
    }
    if (orderMillis > 0) {
      ordered.add(() -> loop.execute(() -> answer.accept(identity)));
    } else {
      answer.accept(identity);
    }
    return orderMillis;
  }

  @Override
  public boolean ordersCertificates() {
    return orders;
  }

  @Override
  public @Nullable String keyAuthorization(String host, String token) {
    return challenges.get(host + " " + token);
  }

  @Override
  public boolean isMisdirected(String host, Object used) {
    ServerIdentity better = byName.get(host);
    return better == null || !better.key().equals(used);
  }

  @Override
  public void close() {
    byName.remove("");
    byName.values().forEach(ServerIdentity::release);
    if (proof != null) {
      proof.release();
    }
  }
}
