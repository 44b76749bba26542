// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import org.jspecify.annotations.Nullable;

/** The certificates for one name: the best one with an ECDSA key, and the best one with RSA. */
public final class Named {
  private final String name;
  private @Nullable CertificateEntry ecdsa;
  private @Nullable CertificateEntry rsa;

  Named(String name) {
    this.name = name;
  }

  /** Takes a certificate if it is better than the one there is. Only while the index is built. */
  void offer(CertificateEntry entry, long nowMillis) {
    if (entry.isEcdsa()) {
      ecdsa = better(ecdsa, entry, nowMillis);
    } else {
      rsa = better(rsa, entry, nowMillis);
    }
  }

  /** One that is valid; then the one that is valid longer; then the one whose path is first. */
  private static CertificateEntry better(
      @Nullable CertificateEntry known, CertificateEntry other, long nowMillis) {
    if (known == null) {
      return other;
    }
    if (known.isValidAt(nowMillis) != other.isValidAt(nowMillis)) {
      return known.isValidAt(nowMillis) ? known : other;
    }
    int longer = Long.compare(known.notAfterMillis(), other.notAfterMillis());
    boolean isFirst = longer == 0 && known.path().compareTo(other.path()) <= 0;
    return longer > 0 || isFirst ? known : other;
  }

  /** The name in the certificates; a wildcard as {@code *.example.com}. */
  public String name() {
    return name;
  }

  boolean isValidAt(long millis) {
    return isValid(ecdsa, millis) || isValid(rsa, millis);
  }

  private static boolean isValid(@Nullable CertificateEntry entry, long millis) {
    return entry != null && entry.isValidAt(millis);
  }

  /**
   * The certificate for a client: ECDSA before RSA, and one that is expired only without a better.
   *
   * @param takesEcdsa whether the client verifies ECDSA signatures
   * @return null if the client takes none of them
   */
  public @Nullable CertificateEntry choose(boolean takesEcdsa, long nowMillis) {
    CertificateEntry first = takesEcdsa ? ecdsa : null;
    return first == null || (!first.isValidAt(nowMillis) && isValid(rsa, nowMillis)) ? rsa : first;
  }

  /** Whether one of these is the certificate. */
  @SuppressWarnings("ReferenceEquality") // entries are equal only to themselves
  public boolean has(Object certificate) {
    return certificate == ecdsa || certificate == rsa;
  }
}
