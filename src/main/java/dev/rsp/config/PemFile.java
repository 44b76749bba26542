// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.certs.PemText;
import dev.rsp.certs.PrivateKeys;
import dev.rsp.certs.UnusableException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/** Certificates and a key in the text form of RFC 7468, with any text around them. Blocks. */
final class PemFile {
  /** All authorities of a system are about 220 KiB. */
  private static final int MAX_BYTES = 8 << 20;

  private static final String CERTIFICATE = "CERTIFICATE";

  private final List<PemText.Block> blocks;

  private PemFile(List<PemText.Block> blocks) {
    this.blocks = blocks;
  }

  /**
   * Reads a file.
   *
   * @throws IOException if it cannot be read; the message says why, without the path
   */
  static PemFile read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw new IOException("larger than " + MAX_BYTES + " bytes");
      }
      return new PemFile(PemText.blocks(bytes));
    } catch (NoSuchFileException e) {
      throw new IOException("No such file or directory", e);
    } catch (AccessDeniedException e) {
      throw new IOException("Permission denied", e);
    } catch (UnusableException e) {
      throw new IOException(e.reason(), e);
    }
  }

  /**
   * The certificates, in the order of the file.
   *
   * @throws GeneralSecurityException if there is none, or one cannot be read; the message says why
   */
  List<X509Certificate> certificates() throws GeneralSecurityException {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    List<X509Certificate> found = new ArrayList<>();
    for (PemText.Block block : blocks) {
      if (block.label().equals(CERTIFICATE)) {
        var in = new ByteArrayInputStream(block.der());
        found.add((X509Certificate) factory.generateCertificate(in));
      }
    }
    if (found.isEmpty()) {
      throw new GeneralSecurityException("no BEGIN CERTIFICATE in it");
    }
    return found;
  }

  /**
   * The key of a certificate, RSA or EC, not encrypted.
   *
   * @throws GeneralSecurityException if there is none, or another one; the message says why
   */
  PrivateKey keyOf(X509Certificate certificate) throws GeneralSecurityException {
    for (PemText.Block block : blocks) {
      if (PrivateKeys.isKey(block)) {
        try {
          return PrivateKeys.read(block, certificate.getPublicKey());
        } catch (UnusableException e) {
          throw new GeneralSecurityException(e.reason(), e);
        }
      }
    }
    throw new GeneralSecurityException("no BEGIN PRIVATE KEY in it");
  }
}
