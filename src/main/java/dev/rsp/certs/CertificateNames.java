// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The names that a certificate covers: the DNS names of its subjectAltName, in lower case, and
 * without those that no client accepts. The common name does not count (RFC 9525 §2).
 */
final class CertificateNames {
  private static final int DNS_NAME = 2;

  /** RFC 1035 §2.3.4, in text without the final dot. */
  private static final int MAX_LENGTH = 253;

  private CertificateNames() {}

  /**
   * The names of a certificate.
   *
   * @param refused gets those that are not used
   */
  static List<String> of(X509Certificate certificate, List<String> refused)
      throws UnusableException {
    Collection<List<?>> alternatives;
    try {
      alternatives = certificate.getSubjectAlternativeNames();
    } catch (CertificateParsingException e) {
      throw new UnusableException("its subjectAltName is damaged");
    }
    if (alternatives == null) {
      return List.of();
    }
    Set<String> names = new LinkedHashSet<>();
    for (List<?> alternative : alternatives) {
      if (Integer.valueOf(DNS_NAME).equals(alternative.get(0))) {
        String name = canonical(String.valueOf(alternative.get(1)));
        String tested = name.startsWith("*.") ? name.substring(2) : name;
        if (isName(tested)) {
          names.add(name);
        } else {
          refused.add(printable(name));
        }
      }
    }
    return new ArrayList<>(names);
  }

  /** In lower case, without a final dot. */
  static String canonical(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
  }

  /** The name with which a wildcard covers this one: one label only (RFC 9525 §6.3). */
  static @Nullable String wildcardOf(String name) {
    int dot = name.indexOf('.');
    return dot > 0 && dot < name.length() - 1 ? "*" + name.substring(dot) : null;
  }

  /** Letters, digits, hyphens, and underscores, which names of real sites have. */
  private static boolean isName(String name) {
    if (name.isEmpty() || name.length() > MAX_LENGTH || name.charAt(0) == '.') {
      return false;
    }
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
      boolean dot = c == '.' && name.charAt(i - 1) != '.';
      if (!plain && !dot) {
        return false;
      }
    }
    return true;
  }

  private static String printable(String name) {
    String shown = name.length() > MAX_LENGTH ? name.substring(0, MAX_LENGTH) : name;
    return shown.replaceAll("[^!-~]", "?");
  }
}
