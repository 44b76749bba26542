// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * An address to accept connections on: exactly one of {@code socket} and {@code unixPath} is there.
 *
 * @param text as the configuration file writes it; two listeners are the same if it is equal
 */
public record ListenAddress(
    String text, @Nullable InetSocketAddress socket, @Nullable String unixPath) {
  public ListenAddress {
    if ((socket == null) == (unixPath == null)) {
      throw new IllegalArgumentException(
          text + ": " + socket + ", " + unixPath + " (expected: one of both)");
    }
  }
}
