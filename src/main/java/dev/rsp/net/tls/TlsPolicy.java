// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.util.List;

/**
 * Which TLS rsp speaks, with clients and with backends: engine, versions, cipher suites and groups.
 * Mozilla's intermediate configuration (wiki.mozilla.org, Security/Server Side TLS), without its
 * suites of finite-field Diffie-Hellman, which BoringSSL does not have.
 *
 * <p>Any thread. The first use loads BoringSSL.
 */
public final class TlsPolicy {
  /** TLS 1.0 and 1.1 are deprecated (RFC 8996). */
  private static final List<String> PROTOCOLS = List.of("TLSv1.3", "TLSv1.2");

  /** Those of TLS 1.3 (RFC 8446 §B.4), then those of TLS 1.2 with forward secrecy and AEAD. */
  private static final List<String> CIPHERS =
      List.of(
          "TLS_AES_128_GCM_SHA256",
          "TLS_AES_256_GCM_SHA384",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

  /** The first is safe from quantum computers as well; only BoringSSL has it. */
  private static final String[] GROUPS = {"X25519MLKEM768", "x25519", "secp256r1", "secp384r1"};

  /** By default the JDK lets clients of TLS 1.2 renegotiate, each time with a new key exchange. */
  private static final String REJECTS_RENEGOTIATION = "jdk.tls.rejectClientInitiatedRenegotiation";

  static {
    // The JDK reads it once, with the first handshake of a server.
    if (!isNative() && System.getProperty(REJECTS_RENEGOTIATION) == null) {
      System.setProperty(REJECTS_RENEGOTIATION, "true");
    }
  }

  private TlsPolicy() {}

  /** Whether BoringSSL is the engine; the JDK is where it does not load. */
  public static boolean isNative() {
    return OpenSsl.isAvailable();
  }

  /**
   * Sets engine, versions, suites and groups. The context of BoringSSL is counted: who builds it
   * releases it.
   */
  public static SslContextBuilder apply(SslContextBuilder builder) {
    return apply(builder, isNative());
  }

  /** The same for a given engine. */
  static SslContextBuilder apply(SslContextBuilder builder, boolean isNative) {
    builder
        .protocols(PROTOCOLS)
        // The JDK may have been told to do without some.
        .ciphers(CIPHERS, SupportedCipherSuiteFilter.INSTANCE);
    return isNative
        ? builder
            .sslProvider(SslProvider.OPENSSL_REFCNT)
            .option(OpenSslContextOption.GROUPS, GROUPS.clone())
        : builder.sslProvider(SslProvider.JDK);
  }
}
