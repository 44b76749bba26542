// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where operators and their browsers reach the daemon.
 *
 * @param text the address, as the file has it
 * @param unixPath a Unix socket; null if it is an IP address
 * @param address an IP address; null if it is a Unix socket
 * @param token what each request over an IP address must know; empty if it is in a file
 * @param tokenFile a file with the token; null if there is none
 * @param names by which browsers may call it, besides IP addresses and localhost; in lower case
 */
public record AdminSettings(
    String text,
    @Nullable String unixPath,
    @Nullable InetSocketAddress address,
    String token,
    @Nullable Path tokenFile,
    List<String> names) {
  /** 16 hexadecimal digits have 64 bits: too many to guess at one attempt a second. */
  public static final int LEAST_TOKEN_CHARS = 16;

  /** A request's head is limited to 8 KiB. */
  public static final int MOST_TOKEN_CHARS = 1024;

  public AdminSettings {
    names = List.copyOf(names);
  }

  /** Without the token, which no log may have. */
  @Override
  public String toString() {
    return text;
  }

  /** What is wrong with a token; null if nothing is. It does not contain the token. */
  public static @Nullable String problemOf(String token) {
    boolean fits = token.length() >= LEAST_TOKEN_CHARS && token.length() <= MOST_TOKEN_CHARS;
    return fits && Syntax.isVisible(token)
        ? null
        : "a token of "
            + LEAST_TOKEN_CHARS
            + " to "
            + MOST_TOKEN_CHARS
            + " visible ASCII characters, such as that of: openssl rand -hex 32";
  }
}
