// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * An address to accept connections on. Exactly one of {@code socket} and {@code unixPath} is set.
 *
 * @param text as in the configuration file; it identifies the listener
 * @param access who may connect to a Unix socket
 * @param options what its connections speak
 */
public record ListenAddress(
    String text,
    @Nullable InetSocketAddress socket,
    @Nullable String unixPath,
    SocketAccess access,
    ListenOptions options) {
  public ListenAddress {
    if ((socket == null) == (unixPath == null)) {
      throw new IllegalArgumentException(
          text + ": " + socket + ", " + unixPath + " (expected: exactly one)");
    }
  }

  /** An address to which the system's defaults apply. */
  public ListenAddress(String text, @Nullable InetSocketAddress socket, @Nullable String unixPath) {
    this(text, socket, unixPath, SocketAccess.DEFAULTS, ListenOptions.PLAIN);
  }
}
