// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A P-256 certificate that signs itself, made by Java's keytool: for the demo and the training run.
 */
final class OwnCertificate {
  static final String ALIAS = "rsp";

  /** Not secret: the store is deleted at once, and the key is written without one. */
  private static final String PASSWORD = "unused";

  private final KeyStore store;

  private OwnCertificate(KeyStore store) {
    this.store = store;
  }

  /**
   * Makes one.
   *
   * @param folder where keytool may write
   * @param names for which it is, as in DNS
   * @throws IOException if this Java has no keytool, or it fails
   */
  static OwnCertificate make(Path folder, String commonName, List<String> names, int days)
      throws IOException {
    Path file = folder.resolve("keys.p12");
    String san = names.stream().map(name -> "dns:" + name).collect(Collectors.joining(","));
    List<String> keytool =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-genkeypair",
            "-alias",
            ALIAS,
            "-keyalg",
            "EC",
            "-groupname",
            "secp256r1",
            "-dname",
            "CN=" + commonName,
            "-ext",
            "san=" + san,
            "-validity",
            Integer.toString(days),
            "-storetype",
            "PKCS12",
            "-keystore",
            file.toString(),
            "-storepass",
            PASSWORD);
    try {
      Process process = new ProcessBuilder(keytool).redirectErrorStream(true).start();
      process.getInputStream().readAllBytes();
      if (process.waitFor() != 0) {
        throw new IOException("keytool failed");
      }
      KeyStore store = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(file)) {
        store.load(in, PASSWORD.toCharArray());
      }
      return new OwnCertificate(store);
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  KeyStore store() {
    return store;
  }

  /** Writes the certificate and its key, for the owner of the file only. */
  void writeTo(Path pem) throws IOException {
    try {
      Files.deleteIfExists(pem);
      Files.createFile(
          pem, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      byte[] key = store.getKey(ALIAS, PASSWORD.toCharArray()).getEncoded();
      Files.writeString(pem, certificate() + pem("PRIVATE KEY", key));
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  /** The certificate, which also is the authority that signed it. */
  String certificate() throws IOException {
    try {
      return pem("CERTIFICATE", store.getCertificate(ALIAS).getEncoded());
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  private static String pem(String label, byte[] der) {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return "-----BEGIN %s-----%n%s%n-----END %s-----%n".formatted(label, body, label);
  }
}
