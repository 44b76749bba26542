// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * What an installation may choose of how messages are read: its name, and where it is less strict.
 *
 * @param viaName the name by which rsp knows itself in Via fields (RFC 9110 §7.6.3): a token
 * @param responseLf whether a line of a response head may end with LF alone (RFC 9112 §2.2)
 * @param equalLengths whether a Content-Length may be said several times, if always the same
 */
public record WireOptions(String viaName, boolean responseLf, boolean equalLengths) {
  /** Longest name for Via: a host name's label, about. */
  public static final int MAX_VIA_NAME = 64;

  /** Strict, under a name that any other rsp might have. */
  public static final WireOptions DEFAULTS = new WireOptions("rsp", false, false);

  public WireOptions {
    if (!validViaName(viaName)) {
      throw new IllegalArgumentException(viaName + " (expected: a token)");
    }
  }

  /**
   * Whether a text can stand for a proxy in Via: a token of at most {@value #MAX_VIA_NAME}
   * characters.
   */
  public static boolean validViaName(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return bytes.length > 0
        && bytes.length <= MAX_VIA_NAME
        && Octets.skipToken(bytes, 0, bytes.length) == bytes.length;
  }

  /** The name in lower case: host names and pseudonyms compare without case. */
  byte[] viaKey() {
    return viaName.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.US_ASCII);
  }
}
