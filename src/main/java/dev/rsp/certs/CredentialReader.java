// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import dev.rsp.log.IoReason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** Reads the files of a certificate, and checks that they can be served. All methods block. */
final class CredentialReader {
  /** A chain of ten certificates with RSA keys has 20 KiB. */
  static final int MAX_FILE_BYTES = 1 << 20;

  /** Longer ones are refused by clients: OpenSSL's default depth is 100, that of browsers less. */
  private static final int MAX_CHAIN = 20;

  /** What the CA/Browser Forum requires of RSA keys since 2014. */
  private static final int LEAST_RSA_BITS = 2048;

  /** As many refused names are in a note. */
  private static final int MAX_NAMED = 20;

  private CredentialReader() {}

  /**
   * Reads a certificate.
   *
   * @return null if it needs no report: the certificate of an authority, or no certificate at all,
   *     beside which there is no key
   * @throws UnusableException if it cannot be served
   */
  static @Nullable Credential read(CertificateFiles files) throws UnusableException {
    List<String> notes = new ArrayList<>();
    var sum = new CRC32();
    FileStamps stamps = stamps(files);
    List<PemText.Block> blocks =
        PemText.blocks(bytes(files.certificatePath(), files.certificate(), sum));
    List<X509Certificate> certificates = certificates(blocks);
    PemText.Block key = key(blocks);
    String keyFile = files.key();
    if (key == null && keyFile != null) {
      key = key(PemText.blocks(bytes(files.keyPath(), keyFile, sum)));
      if (key == null) {
        throw new UnusableException("no private key in " + keyFile);
      }
    }
    if (key == null) {
      if (certificates.isEmpty() || isAuthority(certificates.get(0))) {
        return null;
      }
      throw new UnusableException(
          "no private key (expected: in the same file, or in "
              + CertificateFolders.keyNameOf(files.certificate())
              + ")");
    }
    if (certificates.isEmpty()) {
      if (keyFile == null) {
        return null; // a key for another use
      }
      throw new UnusableException("no certificate in it");
    }
    String issuer = files.issuer();
    if (issuer != null && certificates.size() == 1) {
      certificates.addAll(
          certificates(PemText.blocks(bytes(files.folder().resolve(issuer), issuer, sum))));
    }
    X509Certificate leaf = leafOf(key, certificates);
    PrivateKey privateKey = PrivateKeys.read(key, leaf.getPublicKey());
    List<X509Certificate> chain = chain(leaf, certificates, notes);
    noteOthers(files, notes);
    int contents = Math.max(1, (int) sum.getValue() & Integer.MAX_VALUE);
    return new Credential(entry(files, stamps, contents, leaf, notes), privateKey, chain);
  }

  private static FileStamps stamps(CertificateFiles files) throws UnusableException {
    try {
      return FileStamps.of(files);
    } catch (IOException e) {
      throw new UnusableException(IoReason.of(e));
    }
  }

  private static CertificateEntry entry(
      CertificateFiles files,
      FileStamps stamps,
      int contents,
      X509Certificate leaf,
      List<String> notes)
      throws UnusableException {
    List<String> refused = new ArrayList<>();
    List<String> names = CertificateNames.of(leaf, refused);
    if (!refused.isEmpty()) {
      notes.add("names that clients do not accept: " + some(refused));
    }
    if (names.isEmpty()) {
      notes.add("no DNS name in its subjectAltName: it serves only as the default");
    }
    return new CertificateEntry(
        files,
        stamps.number(),
        contents,
        stamps.areRecent(),
        leaf.getNotBefore().toInstant().toEpochMilli(),
        leaf.getNotAfter().toInstant().toEpochMilli(),
        keyType(leaf.getPublicKey(), notes).intern(), // few different ones
        names,
        notes);
  }

  /** A certificate may have 100,000 of them. */
  private static String some(List<String> names) {
    int more = names.size() - MAX_NAMED;
    return more <= 0
        ? String.join(", ", names)
        : String.join(", ", names.subList(0, MAX_NAMED)) + " and " + more + " more";
  }

  private static String keyType(PublicKey key, List<String> notes) throws UnusableException {
    if (key instanceof RSAPublicKey rsa) {
      int bits = rsa.getModulus().bitLength();
      if (bits < LEAST_RSA_BITS) {
        notes.add("an RSA key of " + bits + " bits is too short for most clients");
      }
      return "RSA " + bits;
    }
    if (key instanceof ECPublicKey ec) {
      return "ECDSA P-" + ec.getParams().getOrder().bitLength();
    }
    throw new UnusableException(
        "its key is of type " + key.getAlgorithm() + " (expected: ECDSA or RSA)");
  }

  private static void noteOthers(CertificateFiles files, List<String> notes) {
    try {
      if (FileStamps.isReadableByOthers(files.keyPath())) {
        notes.add("every user of this machine can read its private key (expected: chmod o-r)");
      }
    } catch (IOException e) {
      notes.add("cannot see who may read its key: " + IoReason.of(e));
    }
  }

  private static List<X509Certificate> certificates(List<PemText.Block> blocks)
      throws UnusableException {
    List<X509Certificate> certificates = new ArrayList<>();
    for (PemText.Block block : blocks) {
      if (block.label().equals("CERTIFICATE") || block.label().equals("X509 CERTIFICATE")) {
        if (certificates.size() == MAX_CHAIN) {
          throw new UnusableException("more than " + MAX_CHAIN + " certificates in one file");
        }
        certificates.add(certificate(block));
      }
    }
    return certificates;
  }

  private static X509Certificate certificate(PemText.Block block) throws UnusableException {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(block.der()));
    } catch (CertificateException e) {
      throw new UnusableException("a certificate in it is damaged");
    }
  }

  private static PemText.@Nullable Block key(List<PemText.Block> blocks) throws UnusableException {
    PemText.Block found = null;
    for (PemText.Block block : blocks) {
      if (PrivateKeys.isKey(block)) {
        if (found != null) {
          throw new UnusableException("more than one private key in one file");
        }
        found = block;
      }
    }
    return found;
  }

  private static boolean isAuthority(X509Certificate certificate) {
    return certificate.getBasicConstraints() >= 0;
  }

  /** The certificate of the key: the first, or, if the chain is not in order, another one. */
  private static X509Certificate leafOf(PemText.Block key, List<X509Certificate> certificates) {
    if (isAuthority(certificates.get(0))) {
      for (X509Certificate certificate : certificates) {
        if (!isAuthority(certificate) && isKeyOf(key, certificate)) {
          return certificate;
        }
      }
    }
    return certificates.get(0);
  }

  private static boolean isKeyOf(PemText.Block key, X509Certificate certificate) {
    try {
      PrivateKeys.read(key, certificate.getPublicKey());
      return true;
    } catch (UnusableException e) {
      return false;
    }
  }

  /** From the leaf, each followed by the one that signed it (RFC 5246 §7.4.2, RFC 8446 §4.4.2). */
  private static List<X509Certificate> chain(
      X509Certificate leaf, List<X509Certificate> certificates, List<String> notes) {
    List<X509Certificate> left = new ArrayList<>(certificates);
    List<X509Certificate> chain = new ArrayList<>();
    X509Certificate next = leaf;
    while (next != null) {
      X509Certificate last = next;
      chain.add(last);
      left.removeIf(last::equals);
      next =
          left.stream()
              .filter(one -> one.getSubjectX500Principal().equals(last.getIssuerX500Principal()))
              .findFirst()
              .orElse(null);
    }
    if (!left.isEmpty()) {
      notes.add(left.size() + " certificate(s) in it are not of its chain, and are not sent");
    } else if (!chain.equals(certificates)) {
      notes.add("its chain is not in order; rsp sends it in order");
    }
    return chain;
  }

  private static byte[] bytes(Path file, String name, CRC32 sum) throws UnusableException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_FILE_BYTES + 1);
      if (bytes.length > MAX_FILE_BYTES) {
        throw new UnusableException(name + " is larger than " + MAX_FILE_BYTES + " bytes");
      }
      sum.update(bytes);
      return bytes;
    } catch (IOException e) {
      throw new UnusableException("cannot read " + name + ": " + IoReason.of(e));
    }
  }
}
