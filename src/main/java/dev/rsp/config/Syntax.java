// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import io.netty.util.NetUtil;
import java.util.Arrays;
import java.util.regex.Pattern;

/** The lexical rules of names and addresses. All are ASCII and independent of the locale. */
final class Syntax {
  /** Longest name in DNS, in characters (RFC 1035 §2.3.4). */
  private static final int MAX_NAME = 253;

  /** A label of a name (RFC 1123 §2.1), and the underscore that container networks use. */
  private static final Pattern LABEL =
      Pattern.compile("[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?");

  private static final Pattern ENDS_IN_NUMBER = Pattern.compile("(?:.*\\.)?[0-9]+\\.?");
  private static final Pattern DECIMAL = Pattern.compile("0|[1-9][0-9]*");

  private Syntax() {}

  /** A host name, with or without the final dot. */
  static boolean isName(String text) {
    String name = text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    return name.length() <= MAX_NAME
        && Arrays.stream(name.split("\\.", -1)).allMatch(LABEL.asMatchPredicate())
        && !endsInNumber(name);
  }

  /** Whether the last label is a number: then it is no name but an IPv4 address (RFC 1123 §2.1). */
  static boolean endsInNumber(String text) {
    return ENDS_IN_NUMBER.matcher(text).matches();
  }

  /** Four decimal numbers without leading zeros, which some parsers read as octal. */
  static boolean isV4(String text) {
    return NetUtil.isValidIpV4Address(text)
        && Arrays.stream(text.split("\\.", -1)).allMatch(DECIMAL.asMatchPredicate());
  }

  /** Digits without a leading zero. */
  static boolean isDecimal(String text, int maxDigits) {
    return text.length() <= maxDigits && DECIMAL.matcher(text).matches();
  }

  /** Whether all characters are visible ASCII: no space, no control character. */
  static boolean isVisible(String text) {
    return text.chars().allMatch(c -> c > ' ' && c <= '~');
  }
}
