// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import java.io.ByteArrayOutputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPrivateKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Reads private keys, and compares them with the public keys of certificates. */
public final class PrivateKeys {
  /** OBJECT IDENTIFIERs, without tag and length: RFC 5480 §2.1.1, RFC 8017 A.1, RFC 8410 §3. */
  private static final byte[] EC = HexFormat.of().parseHex("2a8648ce3d0201");

  private static final byte[] RSA = HexFormat.of().parseHex("2a864886f70d010101");
  private static final byte[] ED25519 = HexFormat.of().parseHex("2b6570");

  /** The AlgorithmIdentifier of RSA: its OBJECT IDENTIFIER, and NULL. */
  private static final byte[] RSA_ALGORITHM =
      HexFormat.of().parseHex("300d06092a864886f70d0101010500");

  private static final byte[] VERSION_0 = {DerReader.INTEGER, 1, 0};

  private PrivateKeys() {}

  /** Whether a PEM block is a private key. */
  public static boolean isKey(PemText.Block block) {
    return block.label().endsWith("PRIVATE KEY");
  }

  /**
   * The key in a PEM block: PKCS #8 (RFC 5958), SEC 1 (RFC 5915) or PKCS #1 (RFC 8017).
   *
   * @param certificate the public key of the certificate: a SEC 1 key may leave out its curve
   * @throws UnusableException if it is encrypted, damaged, of another type, or not that of the
   *     certificate
   */
  public static PrivateKey read(PemText.Block block, PublicKey certificate)
      throws UnusableException {
    if (block.encrypted()) {
      throw new UnusableException(
          "the private key is encrypted (expected: one without a passphrase, as of: openssl pkey"
              + " -in KEY -out NEWKEY)");
    }
    byte[] pkcs8 =
        switch (block.label()) {
          case "PRIVATE KEY" -> block.der();
          case "EC PRIVATE KEY" -> pkcs8(curve(certificate), block.der());
          case "RSA PRIVATE KEY" -> pkcs8(RSA_ALGORITHM, block.der());
          default ->
              throw new UnusableException(
                  "a " + block.label() + " cannot be used (expected: ECDSA or RSA)");
        };
    DerReader info = new DerReader(pkcs8).enter(DerReader.SEQUENCE);
    info.skip(DerReader.INTEGER);
    byte[] type = info.enter(DerReader.SEQUENCE).read(DerReader.OBJECT_ID);
    String algorithm = algorithm(type);
    if (!algorithm.equals(certificate.getAlgorithm())) {
      throw new UnusableException(
          "the private key is of type %s, the certificate of type %s"
              .formatted(algorithm, certificate.getAlgorithm()));
    }
    byte[] inner = info.read(DerReader.OCTET_STRING);
    byte[] point = algorithm.equals("EC") ? publicPoint(inner) : null;
    PrivateKey key;
    try {
      key = KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    } catch (GeneralSecurityException e) {
      throw new UnusableException("the private key is damaged");
    }
    if (!matches(key, point, certificate)) {
      throw new UnusableException("the private key is that of another certificate");
    }
    return key;
  }

  private static String algorithm(byte[] type) throws UnusableException {
    if (Arrays.equals(type, EC)) {
      return "EC";
    }
    if (Arrays.equals(type, RSA)) {
      return "RSA";
    }
    String name = Arrays.equals(type, ED25519) ? "an Ed25519" : "this type of";
    throw new UnusableException(name + " private key cannot be used (expected: ECDSA or RSA)");
  }

  private static byte[] pkcs8(byte[] algorithm, byte[] key) {
    return value(
        DerReader.SEQUENCE,
        joined(VERSION_0, joined(algorithm, value(DerReader.OCTET_STRING, key))));
  }

  /** The AlgorithmIdentifier of the certificate's key, with its curve. */
  private static byte[] curve(PublicKey certificate) throws UnusableException {
    if (!(certificate instanceof ECPublicKey)) {
      throw new UnusableException(
          "the private key is of type EC, the certificate of type " + certificate.getAlgorithm());
    }
    DerReader info = new DerReader(certificate.getEncoded()).enter(DerReader.SEQUENCE);
    return value(DerReader.SEQUENCE, info.read(DerReader.SEQUENCE));
  }

  /** The public key that OpenSSL and others write into an ECPrivateKey; null if there is none. */
  private static byte @Nullable [] publicPoint(byte[] ecPrivateKey) throws UnusableException {
    DerReader key = new DerReader(ecPrivateKey).enter(DerReader.SEQUENCE);
    key.skip(DerReader.INTEGER);
    key.skip(DerReader.OCTET_STRING);
    if (key.has(DerReader.FIELD_0)) {
      key.skip(DerReader.FIELD_0);
    }
    return key.has(DerReader.FIELD_0 + 1)
        ? key.enter(DerReader.FIELD_0 + 1).read(DerReader.BIT_STRING)
        : null;
  }

  private static boolean matches(PrivateKey key, byte @Nullable [] point, PublicKey certificate)
      throws UnusableException {
    if (key instanceof RSAPrivateKey own && certificate instanceof RSAPublicKey other) {
      return own.getModulus().equals(other.getModulus());
    }
    if (point != null) {
      DerReader info = new DerReader(certificate.getEncoded()).enter(DerReader.SEQUENCE);
      info.skip(DerReader.SEQUENCE);
      return Arrays.equals(point, info.read(DerReader.BIT_STRING));
    }
    try {
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(key);
      signature.update(EC);
      byte[] signed = signature.sign();
      signature.initVerify(certificate);
      signature.update(EC);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false; // another curve
    }
  }

  private static byte[] joined(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private static byte[] value(int tag, byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(content.length + 5);
    out.write(tag);
    int length = content.length;
    // The shortest form (X.690 §10.1): one octet up to 127, else the number of octets before them.
    if (length >= 0x80) {
      int octets = length < 0x100 ? 1 : length < 0x10000 ? 2 : 3;
      out.write(0x80 | octets);
      for (int shift = 8 * (octets - 1); shift > 0; shift -= 8) {
        out.write(length >> shift);
      }
    }
    out.write(length);
    out.writeBytes(content);
    return out.toByteArray();
  }
}
