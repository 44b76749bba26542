// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.jspecify.annotations.Nullable;

/** The properties of a request that a script can read. Called on the script's thread. */
public interface RequestView {
  /**
   * A TLS session.
   *
   * @param version such as {@code TLSv1.3}
   * @param name that the client asked for in its handshake; null if none
   * @param protocol agreed on by ALPN; null if none
   * @param subject of the client's certificate; empty if it has none; null if not asked for one
   */
  record Tls(
      String version, @Nullable String name, @Nullable String protocol, @Nullable String subject) {}

  /** The canonical host: lower case, no port, no trailing dot. */
  String host();

  /** The host of the request itself, if {@link #host} was taken from its path. */
  default String originalHost() {
    return host();
  }

  /** The method, as received. */
  String method();

  /** The target up to the question mark, as received. */
  String path();

  /** The part after the question mark, or the empty string. */
  String query();

  /** {@code http} or {@code https}. */
  String scheme();

  /** The TLS session of the client's connection; null if it is in clear. */
  default @Nullable Tls tls() {
    return null;
  }

  /** The client's address without its port, or {@code unix:}. */
  String client();

  /**
   * The value of the first field with that name, case-insensitive; null if there is none. One
   * character per byte (ISO 8859-1).
   */
  @Nullable String header(String name);
}
