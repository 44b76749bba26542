// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import dev.rsp.Eventually;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * A certificate authority for tests: a root, an intermediate, and the leaves that it signs. Made in
 * memory by the JDK, in milliseconds. Its keys are ECDSA P-256. Thread-safe.
 *
 * <pre>
 * TestCa ca = TestCa.create();
 * TestCa.Leaf leaf = ca.ecdsa("example.com", "*.example.com", "127.0.0.1");
 * leaf.writeTo(folder, "example.com");      // example.com.crt (leaf, intermediate) and example.com.key (0600)
 * ca.rootPem()                              // what clients trust
 * </pre>
 */
public final class TestCa {
  private static final String ECDSA_SHA256 = "1.2.840.10045.4.3.2";
  private static final AtomicLong SERIALS = new AtomicLong(System.nanoTime() & 0xffffffffffffL);

  private final Signer root;
  private final Signer intermediate;

  private TestCa(Signer root, Signer intermediate) {
    this.root = root;
    this.intermediate = intermediate;
  }

  /** A new authority with new keys. */
  public static TestCa create() {
    KeyPair rootKeys = ecdsaKeys();
    KeyPair intermediateKeys = ecdsaKeys();
    byte[] rootName = name("rsp test root");
    byte[] intermediateName = name("rsp test intermediate");
    X509Certificate rootCertificate =
        authority(
            rootName, rootName, rootKeys.getPublic(), rootKeys.getPublic(), rootKeys.getPrivate());
    X509Certificate intermediateCertificate =
        authority(
            rootName,
            intermediateName,
            intermediateKeys.getPublic(),
            rootKeys.getPublic(),
            rootKeys.getPrivate());
    return new TestCa(
        new Signer(rootName, rootKeys, rootCertificate),
        new Signer(intermediateName, intermediateKeys, intermediateCertificate));
  }

  /** The certificate that clients must trust. */
  public X509Certificate root() {
    return root.certificate;
  }

  /** Trusts this authority alone. */
  public TrustManager[] trust() {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setCertificateEntry("ca", root.certificate);
      var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      return trust.getTrustManagers();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // it is well formed
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** For clients that trust this authority alone. */
  public SSLContext clientContext() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // each Java has TLS
    }
  }

  /**
   * The certificate that a client gets that trusts this authority alone.
   *
   * @param name that it asks for; null for none
   * @throws SSLException if the server refuses the handshake, or its certificate is not trusted
   */
  public X509Certificate servedAt(InetSocketAddress server, @Nullable String name)
      throws IOException {
    try (SSLSocket socket =
        (SSLSocket)
            clientContext()
                .getSocketFactory()
                .createSocket(server.getAddress(), server.getPort())) {
      socket.setSoTimeout((int) Eventually.PATIENCE.toMillis());
      SSLParameters parameters = socket.getSSLParameters();
      if (name != null) {
        parameters.setServerNames(List.of(new SNIHostName(name)));
      }
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    }
  }

  public X509Certificate intermediate() {
    return intermediate.certificate;
  }

  public String rootPem() {
    return pem("CERTIFICATE", encoded(root.certificate));
  }

  /**
   * A leaf with an ECDSA P-256 key, valid from yesterday for 90 days. Names that look like IPv4
   * addresses are IP SANs.
   */
  public Leaf ecdsa(String... names) {
    return leaf(ecdsaKeys(), Duration.ofDays(90), names);
  }

  /** A leaf with an RSA key of 2048 bits, valid from yesterday for 90 days. */
  public Leaf rsa(String... names) {
    return leaf(rsaKeys(), Duration.ofDays(90), names);
  }

  /** A leaf with an ECDSA key whose validity ended an hour ago. */
  public Leaf expired(String... names) {
    return leaf(ecdsaKeys(), Duration.ofHours(-1), names);
  }

  /**
   * A leaf that is valid from yesterday until this long from now; a negative time makes one that is
   * expired.
   */
  public Leaf leaf(KeyPair keys, Duration fromNow, String... names) {
    Instant now = Instant.now();
    Instant end = now.plus(fromNow);
    Instant begin = (end.isBefore(now) ? end : now).minus(Duration.ofDays(1));
    return leaf(keys, begin, end, names);
  }

  public Leaf leaf(KeyPair keys, Instant notBefore, Instant notAfter, String... names) {
    byte[] subject = name(names.length == 0 ? "no name" : names[0]);
    List<byte[]> extensions = new ArrayList<>();
    // digitalSignature; keyEncipherment is for RSA key exchange, which nobody uses.
    extensions.add(extension("2.5.29.15", true, Der.bits(7, new byte[] {(byte) 0x80})));
    extensions.add(
        extension(
            "2.5.29.37",
            false,
            Der.sequence(Der.oid("1.3.6.1.5.5.7.3.1"), Der.oid("1.3.6.1.5.5.7.3.2"))));
    extensions.add(
        extension(
            "2.5.29.35",
            false,
            Der.sequence(Der.value(0x80, keyId(intermediate.keys.getPublic())))));
    if (names.length > 0) {
      byte[][] alternatives = new byte[names.length][];
      for (int i = 0; i < names.length; i++) {
        alternatives[i] = alternative(names[i]);
      }
      extensions.add(extension("2.5.29.17", false, Der.sequence(alternatives)));
    }
    X509Certificate certificate =
        signed(
            intermediate.name,
            subject,
            keys.getPublic(),
            notBefore,
            notAfter,
            extensions,
            intermediate.keys.getPrivate());
    return new Leaf(keys.getPrivate(), certificate, intermediate.certificate);
  }

  public static KeyPair ecdsaKeys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  public static KeyPair rsaKeys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** One PEM block (RFC 7468). */
  public static String pem(String label, byte[] der) {
    return "-----BEGIN "
        + label
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END "
        + label
        + "-----\n";
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Signer(byte[] name, KeyPair keys, X509Certificate certificate) {}

  /** A certificate, its key, and the intermediate that signed it. */
  public static final class Leaf {
    private final PrivateKey key;
    private final X509Certificate certificate;
    private final X509Certificate intermediate;

    private Leaf(PrivateKey key, X509Certificate certificate, X509Certificate intermediate) {
      this.key = key;
      this.certificate = certificate;
      this.intermediate = intermediate;
    }

    public PrivateKey key() {
      return key;
    }

    public X509Certificate certificate() {
      return certificate;
    }

    /** The leaf, then the intermediate. */
    public List<X509Certificate> chain() {
      return List.of(certificate, intermediate);
    }

    public String certificatePem() {
      return pem("CERTIFICATE", encoded(certificate));
    }

    public String intermediatePem() {
      return pem("CERTIFICATE", encoded(intermediate));
    }

    public String chainPem() {
      return certificatePem() + intermediatePem();
    }

    /** The key in PKCS#8: {@code BEGIN PRIVATE KEY}. */
    public String keyPem() {
      return pem("PRIVATE KEY", key.getEncoded());
    }

    /** The ECDSA key in PKCS#8 with its public key, as OpenSSL, Go and certbot write it. */
    public String keyPemWithPublicKey() {
      byte[] inner = innerKey();
      int one = Der.content(inner, 0);
      int secret = one + Der.at(inner, one).length;
      byte[] info = certificate.getPublicKey().getEncoded();
      int algorithm = Der.content(info, 0);
      byte[] point = Der.at(info, algorithm + Der.at(info, algorithm).length);
      byte[] key = Der.sequence(Der.integer(1), Der.at(inner, secret), Der.value(0xa1, point));
      return pem(
          "PRIVATE KEY", Der.sequence(Der.integer(0), Der.at(info, algorithm), Der.octets(key)));
    }

    /** What PKCS#8 has around: RFC 5915 or PKCS#1. */
    private byte[] innerKey() {
      byte[] pkcs8 = key.getEncoded();
      int version = Der.content(pkcs8, 0);
      int algorithm = version + Der.at(pkcs8, version).length;
      int octets = algorithm + Der.at(pkcs8, algorithm).length;
      return Der.at(pkcs8, Der.content(pkcs8, octets));
    }

    /**
     * The key as OpenSSL wrote it before version 3: {@code BEGIN EC PRIVATE KEY} (RFC 5915) after
     * {@code BEGIN EC PARAMETERS}, or {@code BEGIN RSA PRIVATE KEY} (PKCS#1).
     */
    public String oldKeyPem() {
      byte[] inner = innerKey();
      if (key.getAlgorithm().equals("RSA")) {
        return pem("RSA PRIVATE KEY", inner);
      }
      byte[] curve = Der.oid("1.2.840.10045.3.1.7");
      int one = Der.content(inner, 0);
      int secret = one + Der.at(inner, one).length;
      byte[] sec1 = Der.sequence(Der.integer(1), Der.at(inner, secret), Der.value(0xa0, curve));
      return pem("EC PARAMETERS", curve) + pem("EC PRIVATE KEY", sec1);
    }

    /**
     * Writes {@code NAME.crt} (leaf and intermediate) and {@code NAME.key} (PKCS#8, readable by its
     * owner only).
     */
    public void writeTo(Path folder, String name) {
      write(folder.resolve(name + ".crt"), chainPem());
      write(folder.resolve(name + ".key"), keyPem());
    }

    /**
     * Writes {@code NAME.pem}: leaf, intermediate and key in one file, readable by its owner only.
     */
    public Path writePem(Path folder, String name) {
      return write(folder.resolve(name + ".pem"), chainPem() + keyPem());
    }
  }

  /**
   * Writes a file that only its owner may read, by rename: a reader sees the old bytes or the new
   * ones.
   */
  public static Path write(Path file, String text) {
    try {
      Path parent = file.toAbsolutePath().getParent();
      Files.createDirectories(parent);
      Path temporary = Files.createTempFile(parent, ".new", "");
      Files.writeString(temporary, text, StandardCharsets.US_ASCII);
      return Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static X509Certificate authority(
      byte[] issuer, byte[] subject, PublicKey key, PublicKey issuerKey, PrivateKey signer) {
    Instant now = Instant.now();
    return signed(
        issuer,
        subject,
        key,
        now.minus(Duration.ofDays(10)),
        now.plus(Duration.ofDays(3650)),
        List.of(
            extension("2.5.29.19", true, Der.sequence(Der.yes())),
            // keyCertSign and cRLSign.
            extension("2.5.29.15", true, Der.bits(1, new byte[] {0x06})),
            extension("2.5.29.14", false, Der.octets(keyId(key))),
            extension("2.5.29.35", false, Der.sequence(Der.value(0x80, keyId(issuerKey))))),
        signer);
  }

  private static X509Certificate signed(
      byte[] issuer,
      byte[] subject,
      PublicKey key,
      Instant notBefore,
      Instant notAfter,
      List<byte[]> extensions,
      PrivateKey signer) {
    byte[] algorithm = Der.sequence(Der.oid(ECDSA_SHA256));
    byte[] body =
        Der.sequence(
            Der.value(0xa0, Der.integer(2)),
            Der.integer(SERIALS.incrementAndGet()),
            algorithm,
            issuer,
            Der.sequence(Der.time(notBefore), Der.time(notAfter)),
            subject,
            key.getEncoded(),
            Der.value(0xa3, Der.sequence(extensions.toArray(new byte[0][]))));
    try {
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(signer);
      signature.update(body);
      byte[] der = Der.sequence(body, algorithm, Der.bits(0, signature.sign()));
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(der));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] extension(String oid, boolean critical, byte[] value) {
    return critical
        ? Der.sequence(Der.oid(oid), Der.yes(), Der.octets(value))
        : Der.sequence(Der.oid(oid), Der.octets(value));
  }

  private static byte[] alternative(String name) {
    if (name.matches("[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+")) {
      byte[] address = new byte[4];
      String[] parts = name.split("\\.", -1);
      for (int i = 0; i < address.length; i++) {
        address[i] = (byte) Integer.parseInt(parts[i]);
      }
      return Der.value(0x87, address);
    }
    return Der.ascii(0x82, name);
  }

  private static byte[] name(String commonName) {
    return Der.sequence(Der.set(Der.sequence(Der.oid("2.5.4.3"), Der.utf8(commonName))));
  }

  /** RFC 5280, section 4.2.1.2, method 1: SHA-1 of the bits of the public key. */
  private static byte[] keyId(PublicKey key) {
    byte[] info = key.getEncoded();
    int algorithm = Der.content(info, 0);
    int bits = algorithm + Der.at(info, algorithm).length;
    byte[] value = Der.at(info, bits);
    try {
      return MessageDigest.getInstance("SHA-1")
          .digest(Arrays.copyOfRange(value, Der.content(value, 0) + 1, value.length));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] encoded(X509Certificate certificate) {
    try {
      return certificate.getEncoded();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
