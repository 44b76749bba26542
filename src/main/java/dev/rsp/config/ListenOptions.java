// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.http.TrustedProxies;
import org.jspecify.annotations.Nullable;

/**
 * What the connections of a listen address speak. A reload changes it for new connections.
 *
 * @param tls whether each connection begins with a TLS handshake
 * @param proxyProtocol the peers whose connections begin with a PROXY header, before all else,
 *     while those of others are refused; null if no connection begins so
 */
public record ListenOptions(boolean tls, @Nullable TrustedProxies proxyProtocol) {
  /** HTTP/1 in clear. */
  public static final ListenOptions PLAIN = new ListenOptions(false);

  /** Without PROXY headers. */
  public ListenOptions(boolean tls) {
    this(tls, null);
  }

  /** Whether its connections are HTTP/1 in clear from their first byte. */
  public boolean isPlain() {
    return equals(PLAIN);
  }
}
