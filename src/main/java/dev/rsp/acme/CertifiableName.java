// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import dev.rsp.http.HostName;

/** The names for which public CAs issue certificates. They are safe as names of folders, too. */
final class CertifiableName {
  /** The longest label (RFC 1035 §2.3.4). */
  private static final int MAX_LABEL = 63;

  private CertifiableName() {}

  /**
   * Whether a CA may certify this name: lower case, two labels or more of letters, digits and
   * hyphens (RFC 5280 §4.2.1.6, RFC 1034 §3.5), no IP address, no wildcard.
   */
  static boolean isOne(String host) {
    if (host.length() > HostName.MAX_LENGTH) {
      return false;
    }
    int labels = 0;
    int start = 0;
    boolean digitsOnly = true;
    for (int i = 0; i <= host.length(); i++) {
      char c = i < host.length() ? host.charAt(i) : '.';
      if (c == '.') {
        if (!isLabel(host, start, i)) {
          return false;
        }
        labels++;
        if (i < host.length()) {
          digitsOnly = true;
        }
        start = i + 1;
      } else if ((c >= 'a' && c <= 'z') || c == '-') {
        digitsOnly = false;
      } else if (c < '0' || c > '9') {
        return false;
      }
    }
    // A last label of digits only is that of an IPv4 address (RFC 3696 §2).
    return labels >= 2 && !digitsOnly;
  }

  private static boolean isLabel(String host, int start, int end) {
    return end > start
        && end - start <= MAX_LABEL
        && host.charAt(start) != '-'
        && host.charAt(end - 1) != '-';
  }
}
