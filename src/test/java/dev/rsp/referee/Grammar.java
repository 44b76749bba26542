// SPDX-License-Identifier: Apache-2.0
package dev.rsp.referee;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Rules of RFC 9110 and 9112 as patterns. Text is one character per byte. */
final class Grammar {
  private static final String TOKEN_CHARACTER = "[!#$%&'*+.^_`|~0-9A-Za-z-]";

  /** RFC 9110 §5.6.2. */
  static final Pattern TOKEN = Pattern.compile(TOKEN_CHARACTER + "+");

  /** RFC 9110 §5.5, without the control characters that it lets a recipient keep. */
  static final Pattern VALUE = Pattern.compile("[\t\\x20-\\x7e\\x80-\\xff]*");

  /**
   * A method, a target without "#", and HTTP/1.1, with single spaces. RFC 3986 does not allow some
   * of the target's octets, such as "|", but browsers send them and no reader splits there.
   */
  static final Pattern REQUEST_LINE =
      Pattern.compile("(" + TOKEN_CHARACTER + "+) ([!-~&&[^#]]+) HTTP/1\\.([0-9])");

  /** RFC 9112 §4: the space after the code is required. */
  static final Pattern STATUS_LINE =
      Pattern.compile("HTTP/1\\.1 ([1-9][0-9][0-9]) ([\t\\x20-\\x7e\\x80-\\xff]*)");

  /** RFC 9110 §8.6, without leading zeros, and below 10^18. */
  static final Pattern LENGTH = Pattern.compile("0|[1-9][0-9]{0,17}");

  /** RFC 9112 §7.1, below 2^60. */
  static final Pattern CHUNK_SIZE = Pattern.compile("[0-9A-Fa-f]{1,15}");

  /** RFC 9110 §7.2 and RFC 3986 §3.2.2: a name that is not empty or an address, and a port. */
  static final Pattern HOST =
      Pattern.compile("([0-9A-Za-z._-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{0,5})?");

  /** RFC 9110 §7.6.3: received-protocol, received-by, and an optional comment. */
  static final Pattern VIA = Pattern.compile("(HTTP/)?(?:1\\.[0-9]|2\\.0) [!-~]+( \\(.*\\))?");

  private Grammar() {}

  /** The elements of a list in lower case, without empty ones (RFC 9110 §5.6.1). */
  static List<String> list(String value) {
    List<String> elements = new ArrayList<>();
    for (String element : value.split(",", -1)) {
      String text = element.strip().toLowerCase(Locale.ROOT);
      if (!text.isEmpty()) {
        elements.add(text);
      }
    }
    return elements;
  }
}
