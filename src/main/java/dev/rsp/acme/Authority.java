// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.io.Closeable;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A certificate authority. All methods block, and return failures as results. Thread-safe. */
interface Authority extends Closeable {
  /** Whose failure it is that there is no certificate. */
  enum Blame {
    /** That of the host: its DNS, its policy, its limits. */
    HOST,
    /** The CA cannot be reached, does not work, or refuses all orders for some time. */
    AUTHORITY
  }

  /**
   * Why there is no certificate.
   *
   * @param reason for operators
   * @param retryMillis how long the CA asks to wait; 0 if it does not say
   * @param domain the domain for which the CA refuses orders until then; null if it has named none
   */
  record Failure(Blame blame, String reason, long retryMillis, @Nullable String domain) {
    static Failure ofHost(String reason) {
      return new Failure(Blame.HOST, reason, 0, null);
    }

    static Failure ofAuthority(String reason) {
      return new Failure(Blame.AUTHORITY, reason, 0, null);
    }
  }

  /**
   * How an order has ended.
   *
   * @param chain the certificate first; empty if there is none
   * @param failure null if there is a certificate
   */
  record Answer(List<X509Certificate> chain, @Nullable Failure failure) {
    public Answer {
      chain = List.copyOf(chain);
    }

    static Answer of(Failure failure) {
      return new Answer(List.of(), failure);
    }
  }

  /**
   * When the CA wants a certificate to be renewed (RFC 9773 §4.2).
   *
   * @param againMillis how long until it is asked again
   */
  record Window(long startMillis, long endMillis, long againMillis) {}

  /**
   * Orders a certificate.
   *
   * @param request for this host, in DER
   * @param replaces the name of the certificate that it replaces; null if there is none
   * @param challenges gets the answers to challenges while they are needed
   */
  Answer order(String host, byte[] request, @Nullable String replaces, Challenges challenges);

  /**
   * When a certificate should be renewed; null if the CA does not say.
   *
   * @param id its name
   */
  @Nullable Window window(String id);

  /** Gives up orders under way soon: an interrupt may be lost in the client of HTTP. */
  @Override
  void close();
}
