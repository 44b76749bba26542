// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;

/**
 * The answer to a challenge tls-alpn-01 (RFC 8737 §3): for connections with ALPN {@code acme-tls/1}
 * and the server name of the host, and for no others.
 *
 * @param certificate signs itself, for this host only
 */
public record AlpnCredential(PrivateKey key, X509Certificate certificate) {}
