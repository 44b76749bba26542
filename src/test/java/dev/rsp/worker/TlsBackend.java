// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import dev.rsp.certs.TestCa;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** A backend with TLS that a test plays: the JDK's, behind a socket that can be broken. */
final class TlsBackend implements AutoCloseable {
  private static final char[] PASSWORD = "x".toCharArray();

  private final Rig rig;
  private final ServerSocket socket;
  private final SSLContext context;
  private final boolean asksForCertificate;

  /**
   * Listens at an address of a rig.
   *
   * @param leaf the certificate
   * @param clientCa who must have signed the client's certificate; null if it needs none
   */
  TlsBackend(Rig rig, TestCa.Leaf leaf, @Nullable X509Certificate clientCa) throws Exception {
    this.rig = rig;
    this.socket = Rig.listen(rig.address(), 0);
    this.asksForCertificate = clientCa != null;
    this.context = SSLContext.getInstance("TLS");
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry("a", leaf.key(), PASSWORD, leaf.chain().toArray(new X509Certificate[0]));
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(store, PASSWORD);
    context.init(keys.getKeyManagers(), clientCa == null ? null : trusting(clientCa), null);
  }

  TlsBackend(Rig rig, TestCa.Leaf leaf) throws Exception {
    this(rig, leaf, null);
  }

  private static TrustManager[] trusting(X509Certificate authority)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry("a", authority);
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(store);
    return factory.getTrustManagers();
  }

  /** As a configuration file writes it. */
  String address() {
    return rig.address().getHostAddress() + ":" + socket.getLocalPort();
  }

  /** The entry of a list of backends, with these keys in its {@code tls}. */
  String entry(String tls) {
    return "{address = '" + address() + "', protocol = 'https', tls = {" + tls + "}}";
  }

  /** The next connection; the handshake happens with its first bytes. */
  Peer accept(String... protocols) throws IOException {
    return rig.backend(shake(raw(), protocols));
  }

  /** The next connection, without TLS. */
  Socket raw() throws IOException {
    Socket raw = socket.accept();
    raw.setSoTimeout(Peer.PATIENCE_MILLIS);
    return raw;
  }

  /** TLS on a connection. */
  SSLSocket shake(Socket raw, String... protocols) throws IOException {
    SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(raw, null, true);
    tls.setNeedClientAuth(asksForCertificate);
    if (protocols.length > 0) {
      tls.setEnabledProtocols(protocols);
    }
    return tls;
  }

  /** The name that the proxy has asked for; empty for none. */
  static String askedName(Peer peer) {
    return session(peer).getRequestedServerNames().stream()
        .map(SNIServerName::getEncoded)
        .map(String::new)
        .findFirst()
        .orElse("");
  }

  static ExtendedSSLSession session(Peer peer) {
    return (ExtendedSSLSession) ((SSLSocket) peer.socket()).getSession();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
