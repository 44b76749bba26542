// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.CertificateParsingException;
import java.security.cert.PKIXReason;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A peer's certificate is not accepted; the message says to an operator what is wrong with it. */
public final class CertificateFault extends CertificateException {
  private static final long serialVersionUID = 1L;

  /** Of the names of a certificate, so that a line of the log stays short. */
  private static final int MOST_NAMES = 5;

  /** dNSName and iPAddress: RFC 5280 §4.2.1.6. */
  private static final List<Integer> NAME_KINDS = List.of(2, 7);

  /** How far causes are followed, against a circle of them. */
  private static final int MOST_CAUSES = 8;

  private CertificateFault(String message) {
    super(message);
  }

  /**
   * What the JDK found, for an operator.
   *
   * @param chain what the peer has sent, the leaf first; at least one
   * @param name that was expected in it
   */
  static CertificateFault of(CertificateException found, X509Certificate[] chain, String name) {
    X509Certificate leaf = chain[0];
    if (cause(found, CertificateExpiredException.class) != null) {
      X509Certificate expired = firstExpired(chain);
      return new CertificateFault(
          "the certificate of "
              + expired.getSubjectX500Principal().getName()
              + " expired at "
              + expired.getNotAfter().toInstant());
    }
    if (cause(found, CertificateNotYetValidException.class) != null) {
      return new CertificateFault(
          "the certificate is not valid before " + leaf.getNotBefore().toInstant());
    }
    CertPathValidatorException invalid = cause(found, CertPathValidatorException.class);
    boolean unanchored = invalid != null && invalid.getReason() == PKIXReason.NO_TRUST_ANCHOR;
    if (unanchored || cause(found, CertPathBuilderException.class) != null) {
      return new CertificateFault(
          "the certificate is not signed by a known CA, but by "
              + chain[chain.length - 1].getIssuerX500Principal().getName());
    }
    if (invalid == null && found.getClass() == CertificateException.class) {
      return new CertificateFault(
          "the certificate is not for " + name + ", but for " + names(leaf));
    }
    return new CertificateFault("the certificate is not valid: " + deepest(found).getMessage());
  }

  private static X509Certificate firstExpired(X509Certificate[] chain) {
    for (X509Certificate certificate : chain) {
      try {
        certificate.checkValidity();
      } catch (CertificateException e) {
        return certificate;
      }
    }
    return chain[0];
  }

  private static String names(X509Certificate leaf) {
    List<String> names = new ArrayList<>();
    try {
      Collection<List<?>> all = leaf.getSubjectAlternativeNames();
      for (List<?> name : all == null ? List.<List<?>>of() : all) {
        if (NAME_KINDS.contains(name.get(0))) {
          names.add(String.valueOf(name.get(1)));
        }
      }
    } catch (CertificateParsingException e) {
      return "names that cannot be read";
    }
    if (names.isEmpty()) {
      return "no name at all";
    }
    int more = names.size() - MOST_NAMES;
    return more > 0
        ? String.join(", ", names.subList(0, MOST_NAMES)) + " and " + more + " more"
        : String.join(", ", names);
  }

  private static <T extends Throwable> @Nullable T cause(Throwable of, Class<T> type) {
    Throwable at = of;
    for (int i = 0; at != null && i < MOST_CAUSES; i++) {
      if (type.isInstance(at)) {
        return type.cast(at);
      }
      at = at.getCause();
    }
    return null;
  }

  private static Throwable deepest(Throwable of) {
    Throwable at = of;
    for (int i = 0; at.getCause() != null && i < MOST_CAUSES; i++) {
      at = at.getCause();
    }
    return at;
  }
}
