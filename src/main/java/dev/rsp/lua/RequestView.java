// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.jspecify.annotations.Nullable;

/** What a script may ask about the request that it places. Called on the script's own thread. */
public interface RequestView {
  /** The canonical host: lower case, no port, no trailing dot. */
  String host();

  /** The host that the request was sent to, if {@link #host} was taken from its path. */
  default String originalHost() {
    return host();
  }

  /** The method, as the client wrote it. */
  String method();

  /** The target up to the question mark, as the client wrote it. */
  String path();

  /** What follows the question mark, or the empty string. */
  String query();

  /** {@code http} or {@code https}. */
  String scheme();

  /** The client's address without its port, or {@code unix:}. */
  String client();

  /**
   * The value of the first field of that name, compared without case; null if there is none. One
   * character per byte (ISO 8859-1).
   */
  @Nullable String header(String name);
}
