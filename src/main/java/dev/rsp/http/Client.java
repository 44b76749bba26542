// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import org.jspecify.annotations.Nullable;

/** The client that sent a request. */
public interface Client {
  /** The IP address without port, or {@code unix:}. Behind a trusted proxy that of its client. */
  String text();

  /** The address of the proxy that has sent the request; null if the client itself has. */
  default @Nullable String sender() {
    return null;
  }

  /** {@code http} or {@code https}: the client's own connection, or what a trusted proxy says. */
  default String scheme() {
    return "http";
  }

  /** The TLS session of the connection; null if it is in clear. */
  default @Nullable ClientTls tls() {
    return null;
  }
}
