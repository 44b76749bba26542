// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Certificates and a key in the text form of RFC 7468, with any text around them. Blocks. */
final class PemFile {
  /** All authorities of a system are about 220 KiB. */
  private static final int MAX_BYTES = 8 << 20;

  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----\\s+([A-Za-z0-9+/=\\s]+)-----END \\1-----");

  private static final String CERTIFICATE = "CERTIFICATE";
  private static final String KEY = "PRIVATE KEY";

  private final String text;

  private PemFile(String text) {
    this.text = text;
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
      return new PemFile(new String(bytes, StandardCharsets.ISO_8859_1));
    } catch (NoSuchFileException e) {
      throw new IOException("No such file or directory", e);
    } catch (AccessDeniedException e) {
      throw new IOException("Permission denied", e);
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
    Matcher block = BLOCK.matcher(text);
    while (block.find()) {
      if (block.group(1).equals(CERTIFICATE)) {
        var in = new ByteArrayInputStream(bytes(block));
        found.add((X509Certificate) factory.generateCertificate(in));
      }
    }
    if (found.isEmpty()) {
      throw new GeneralSecurityException("no BEGIN CERTIFICATE in it");
    }
    return found;
  }

  /**
   * The key, which must be RSA or EC, in PKCS #8, and not encrypted.
   *
   * @throws GeneralSecurityException if there is none; the message says why
   */
  PrivateKey key() throws GeneralSecurityException {
    String other = null;
    Matcher block = BLOCK.matcher(text);
    while (block.find()) {
      if (block.group(1).equals(KEY)) {
        return key(new PKCS8EncodedKeySpec(bytes(block)));
      }
      if (block.group(1).endsWith(KEY)) {
        other = block.group(1);
      }
    }
    throw new GeneralSecurityException(
        other == null
            ? "no BEGIN PRIVATE KEY in it"
            : "BEGIN " + other + " in it: 'openssl pkcs8 -topk8 -nodes' makes the form for rsp");
  }

  private static PrivateKey key(PKCS8EncodedKeySpec spec) throws GeneralSecurityException {
    try {
      return KeyFactory.getInstance("EC").generatePrivate(spec);
    } catch (InvalidKeySpecException other) {
      try {
        return KeyFactory.getInstance("RSA").generatePrivate(spec);
      } catch (InvalidKeySpecException e) {
        throw new GeneralSecurityException("its key is neither RSA nor EC", e);
      }
    }
  }

  private static byte[] bytes(Matcher block) throws GeneralSecurityException {
    try {
      return Base64.getMimeDecoder().decode(block.group(2));
    } catch (IllegalArgumentException e) {
      throw new GeneralSecurityException("BEGIN " + block.group(1) + " is not Base64", e);
    }
  }

  /** Whether a key is that of a certificate. */
  static boolean isKeyOf(X509Certificate certificate, PrivateKey key)
      throws GeneralSecurityException {
    if (!certificate.getPublicKey().getAlgorithm().equals(key.getAlgorithm())) {
      return false;
    }
    String algorithm = key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
    byte[] sample = {1};
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(key);
    signature.update(sample);
    byte[] signed = signature.sign();
    signature.initVerify(certificate.getPublicKey());
    signature.update(sample);
    return signature.verify(signed);
  }
}
