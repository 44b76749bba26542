// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

/**
 * What the connections of a listen address speak. A reload changes it for new connections.
 *
 * @param tls whether each connection begins with a TLS handshake
 */
public record ListenOptions(boolean tls) {
  /** HTTP/1 in clear. */
  public static final ListenOptions PLAIN = new ListenOptions(false);

  /** Whether its connections are HTTP/1 in clear from their first byte. */
  public boolean isPlain() {
    return equals(PLAIN);
  }
}
