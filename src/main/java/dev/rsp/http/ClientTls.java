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
 */
public record ClientTls(
    String version, String cipher, @Nullable String serverName, @Nullable String protocol) {}
