// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import org.jspecify.annotations.Nullable;

/** IPv6 addresses as text (RFC 4291 §2.2), parsed strictly and written as in RFC 5952. */
final class Ipv6Literal {
  private static final int GROUPS = 8;

  private Ipv6Literal() {}

  /** The address in the form of RFC 5952, without brackets; null if it is not an address. */
  static @Nullable String canonicalise(byte[] bytes, int start, int end) {
    int[] groups = parse(bytes, start, end);
    return groups == null ? null : write(groups);
  }

  /** The eight groups of an address, without brackets; null if it is not an address. */
  static int @Nullable [] parse(byte[] bytes, int start, int end) {
    int[] groups = new int[GROUPS];
    int count = 0;
    int gap = -1;
    int at = start;
    if (at + 1 < end && bytes[at] == ':' && bytes[at + 1] == ':') {
      gap = 0;
      at += 2;
    }
    boolean separated = true;
    while (at < end) {
      if (!separated || count == GROUPS) {
        return null;
      }
      int digits = hexDigits(bytes, at, end);
      if (at + digits < end && bytes[at + digits] == '.') {
        return count > GROUPS - 2 || !ipv4(bytes, at, end, groups, count)
            ? null
            : expand(groups, count + 2, gap);
      }
      if (digits == 0 || digits > 4) {
        return null;
      }
      groups[count++] = hexValue(bytes, at, at + digits);
      at += digits;
      separated = false;
      if (at < end && bytes[at] == ':') {
        at++;
        separated = true;
        if (at < end && bytes[at] == ':') {
          if (gap >= 0) {
            return null;
          }
          gap = count;
          at++;
        } else if (at == end) {
          return null;
        }
      }
    }
    return expand(groups, count, gap);
  }

  private static int hexDigits(byte[] bytes, int start, int end) {
    int at = start;
    while (at < end && Octets.is(Octets.HEX, bytes[at])) {
      at++;
    }
    return at - start;
  }

  private static int hexValue(byte[] bytes, int start, int end) {
    int value = 0;
    for (int at = start; at < end; at++) {
      value = value << 4 | Octets.hexValue(bytes[at]);
    }
    return value;
  }

  /** Reads a dotted tail into two groups. RFC 3986 §3.2.2: dec-octet has no leading zeros. */
  static boolean ipv4(byte[] bytes, int start, int end, int[] groups, int group) {
    int at = start;
    for (int octet = 0; octet < 4; octet++) {
      if (octet > 0 && (at == end || bytes[at++] != '.')) {
        return false;
      }
      int first = at;
      int value = 0;
      while (at < end && bytes[at] >= '0' && bytes[at] <= '9' && at - first < 3) {
        value = value * 10 + bytes[at++] - '0';
      }
      if (at == first || value > 255 || (at - first > 1 && bytes[first] == '0')) {
        return false;
      }
      groups[group + octet / 2] = groups[group + octet / 2] << 8 | value;
    }
    return at == end;
  }

  /** Puts zeros where "::" stood. */
  private static int @Nullable [] expand(int[] read, int count, int gap) {
    if (gap < 0 ? count != GROUPS : count >= GROUPS) {
      return null;
    }
    int[] groups = new int[GROUPS];
    int tail = gap < 0 ? 0 : count - gap;
    System.arraycopy(read, 0, groups, 0, count - tail);
    System.arraycopy(read, count - tail, groups, GROUPS - tail, tail);
    return groups;
  }

  /** Eight groups in the form of RFC 5952. */
  static String write(int[] groups) {
    int runStart = -1;
    int runLength = 1; // RFC 5952 §4.2.2: a single group of zeros is not shortened
    for (int i = 0; i < GROUPS; i++) {
      int j = i;
      while (j < GROUPS && groups[j] == 0) {
        j++;
      }
      if (j - i > runLength) {
        runStart = i;
        runLength = j - i;
      }
      i = Math.max(i, j - 1);
    }
    StringBuilder text = new StringBuilder(39);
    for (int i = 0; i < GROUPS; i++) {
      if (i == runStart) {
        text.append("::");
        i += runLength - 1;
      } else {
        if (text.length() > 0 && text.charAt(text.length() - 1) != ':') {
          text.append(':');
        }
        text.append(Integer.toHexString(groups[i]));
      }
    }
    return text.toString();
  }
}
