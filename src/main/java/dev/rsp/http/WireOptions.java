// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The options of an installation for reading messages: its name, and where it is less strict.
 *
 * @param viaName the name of this proxy in Via fields (RFC 9110 §7.6.3): a token
 * @param responseLf whether a line of a response head may end with LF alone (RFC 9112 §2.2)
 * @param equalLengths whether a Content-Length may be repeated, if it is always the same
 * @param rawTargets whether a request target may have octets from 0x80 on, which are forwarded
 *     percent-encoded (RFC 3986 §2.1)
 */
public record WireOptions(
    String viaName, boolean responseLf, boolean equalLengths, boolean rawTargets) {
  /** The key of {@code lenient} for {@link #responseLf}. */
  public static final String RESPONSE_LF = "response_lf";

  /** The key of {@code lenient} for {@link #equalLengths}. */
  public static final String EQUAL_LENGTHS = "equal_lengths";

  /** The key of {@code lenient} for {@link #rawTargets}. */
  public static final String RAW_TARGETS = "raw_targets";

  /** Longest name for Via: about the length of a label of a host name. */
  public static final int MAX_VIA_NAME = 64;

  /** Strict, with a name that other installations of rsp may have too. */
  public static final WireOptions DEFAULTS = new WireOptions("rsp", false, false, false);

  public WireOptions {
    if (!validViaName(viaName)) {
      throw new IllegalArgumentException(viaName + " (expected: a token)");
    }
  }

  /** The same, where {@link #responseLf} is set. */
  public WireOptions withResponseLf() {
    return new WireOptions(viaName, true, equalLengths, rawTargets);
  }

  /** The same, where {@link #equalLengths} is set. */
  public WireOptions withEqualLengths() {
    return new WireOptions(viaName, responseLf, true, rawTargets);
  }

  /**
   * Whether a text can be the name of a proxy in Via: a token of at most {@value #MAX_VIA_NAME}
   * characters.
   */
  public static boolean validViaName(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return bytes.length > 0
        && bytes.length <= MAX_VIA_NAME
        && Octets.skipToken(bytes, 0, bytes.length) == bytes.length;
  }

  /** The name in lower case, since host names and pseudonyms are compared without case. */
  byte[] viaKey() {
    return viaName.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.US_ASCII);
  }
}
