// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * An address to accept connections on. Exactly one of {@code socket} and {@code unixPath} is set.
 *
 * @param text as in the configuration file; it identifies the listener
 */
public record ListenAddress(
    String text, @Nullable InetSocketAddress socket, @Nullable String unixPath) {
  public ListenAddress {
    if ((socket == null) == (unixPath == null)) {
      throw new IllegalArgumentException(
          text + ": " + socket + ", " + unixPath + " (expected: exactly one)");
    }
  }
}
