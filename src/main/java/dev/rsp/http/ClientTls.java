// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import org.jspecify.annotations.Nullable;

/**
 * The TLS session of a client's connection, as scripts and logs see it.
 *
 * @param version {@code TLSv1.2} or {@code TLSv1.3}
 * @param cipher the suite by the name of the standard (RFC 8446 §B.4, RFC 5246 §A.5)
 * @param serverName as the client asked for it, in lower case; null if it named none
 * @param protocol as agreed on by ALPN (RFC 7301): {@code h2} or {@code http/1.1}; null if the
 *     client offered none
 * @param subject of the client's verified certificate (RFC 4514), in visible ASCII and spaces;
 *     empty if it has sent none; null if it was not asked for one
 */
public record ClientTls(
    String version,
    String cipher,
    @Nullable String serverName,
    @Nullable String protocol,
    @Nullable String subject) {
  /** Is added to requests, with {@link #verified}: applications know it from nginx. */
  public static final String VERIFY_FIELD = "X-SSL-Client-Verify";

  /** Is added to requests of a client with a certificate, with its {@link #subject}. */
  public static final String SUBJECT_FIELD = "X-SSL-Client-S-DN";

  /** {@code SUCCESS} or {@code NONE}; null if the client was not asked for a certificate. */
  public @Nullable String verified() {
    return subject == null ? null : subject.isEmpty() ? "NONE" : "SUCCESS";
  }
}
