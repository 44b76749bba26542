// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * A certificate for the training run, made by Java's keytool and trusted by nobody else, and a
 * client that shakes hands with it.
 */
final class TrainingCertificate {
  static final String NAME = "www.example.com";

  private final KeyStore store;

  private TrainingCertificate(KeyStore store) {
    this.store = store;
  }

  /**
   * Makes one, and writes it with its key into a folder that exists.
   *
   * @throws IOException if this Java has no keytool, or it fails
   */
  static TrainingCertificate in(Path folder) throws IOException {
    OwnCertificate own = OwnCertificate.make(folder, "rsp training", List.of("*.example.com"), 2);
    own.writeTo(folder.resolve("training.pem"));
    return new TrainingCertificate(own.store());
  }

  /** A connection that has shaken hands. */
  Socket connect(int port) throws IOException {
    try {
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      trusted.setCertificateEntry("own", store.getCertificate(OwnCertificate.ALIAS));
      var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, factory.getTrustManagers(), null);
      Socket plain = new Socket(InetAddress.getLoopbackAddress(), port);
      SSLSocket socket =
          (SSLSocket) context.getSocketFactory().createSocket(plain, NAME, port, true);
      socket.startHandshake();
      return socket;
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }
}
