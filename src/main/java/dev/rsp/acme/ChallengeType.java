// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

/** How the CA sees that a host is ours. */
public enum ChallengeType {
  /** A file on port 80 (RFC 8555 §8.3). */
  HTTP_01("http-01"),
  /** A certificate on port 443 (RFC 8737). */
  TLS_ALPN_01("tls-alpn-01");

  private final String text;

  ChallengeType(String text) {
    this.text = text;
  }

  /** Its name in the IANA registry, as in the configuration. */
  public String text() {
    return text;
  }
}
