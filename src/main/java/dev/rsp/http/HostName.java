// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The canonical form of a host, by which requests are routed.
 *
 * <p>Host names are compared without case (RFC 3986 §3.2.2), the port does not identify the site,
 * and a trailing dot only marks the name as complete (RFC 1034 §3.1), so every spelling of one name
 * becomes the same bytes: US-ASCII, lower case, no port, no trailing dot. An IPv6 literal becomes
 * the text of RFC 5952, in brackets. No other class does this.
 *
 * <p>Refused: an empty name or label, more than {@value #MAX_LENGTH} bytes or {@value #MAX_LABEL}
 * in a label, anything but letters, digits, hyphen, underscore and dot (so also user information,
 * percent-encoding and every octet above 127; IDNA names come as {@code xn--}), a port that is not
 * a number of up to five digits and up to 65535, and IPv6 literals with a zone or of a future
 * version.
 */
public final class HostName {
  /** The longest DNS name, as text (RFC 1035 §2.3.4). */
  public static final int MAX_LENGTH = 253;

  /** The longest label (RFC 1035 §2.3.4). */
  static final int MAX_LABEL = 63;

  private static final int MAX_PORT = 65_535;

  /** As many as 65535 has. Leading zeros are forwarded, so their number must be limited. */
  private static final int MAX_PORT_DIGITS = 5;

  private HostName() {}

  /**
   * Writes the canonical form of a host with an optional port.
   *
   * @param canonical receives the result, from 0; {@value #MAX_LENGTH} bytes are enough
   * @return its length, or -1 if the host is invalid
   */
  static int canonicalise(byte[] bytes, int start, int end, byte[] canonical) {
    if (start < end && bytes[start] == '[') {
      return literal(bytes, start, end, canonical);
    }
    int length = 0;
    int labelStart = 0;
    int at = start;
    while (at < end && bytes[at] != ':') {
      byte octet = bytes[at++];
      if (!Octets.is(Octets.HOST, octet) || length == MAX_LENGTH) {
        // One dot may follow the longest name; it is not copied.
        if (octet != '.' || canonical[length - 1] == '.' || (at < end && bytes[at] != ':')) {
          return -1;
        }
        break;
      }
      if (octet == '.') {
        int label = length - labelStart;
        if (label == 0 || label > MAX_LABEL) {
          return -1;
        }
        labelStart = length + 1;
      }
      canonical[length++] = Octets.lower(octet);
    }
    if (length > 0 && canonical[length - 1] == '.') {
      length--;
    } else if (length - labelStart > MAX_LABEL) {
      return -1;
    }
    return length > 0 && validPort(bytes, at, end) ? length : -1;
  }

  /** The canonical form of a host with an optional port; null if the host is invalid. */
  public static @Nullable String canonicalise(String host) {
    byte[] bytes = host.getBytes(StandardCharsets.UTF_8);
    byte[] canonical = new byte[MAX_LENGTH];
    int length = canonicalise(bytes, 0, bytes.length, canonical);
    return length < 0 ? null : new String(canonical, 0, length, StandardCharsets.US_ASCII);
  }

  private static int literal(byte[] bytes, int start, int end, byte[] canonical) {
    int close = start + 1;
    while (close < end && bytes[close] != ']') {
      close++;
    }
    if (close == end || !validPort(bytes, close + 1, end)) {
      return -1;
    }
    String text = Ipv6Literal.canonicalise(bytes, start + 1, close);
    if (text == null) {
      return -1;
    }
    int length = 0;
    canonical[length++] = '[';
    for (int i = 0; i < text.length(); i++) {
      canonical[length++] = (byte) text.charAt(i);
    }
    canonical[length++] = ']';
    return length;
  }

  /** Whether a range is empty, or a colon and a port. RFC 3986 §3.2.3: the digits are optional. */
  private static boolean validPort(byte[] bytes, int start, int end) {
    if (start == end) {
      return true;
    }
    if (bytes[start] != ':' || end - start > 1 + MAX_PORT_DIGITS) {
      return false;
    }
    int port = 0;
    for (int at = start + 1; at < end; at++) {
      int digit = bytes[at] - '0';
      if (digit < 0 || digit > 9) {
        return false;
      }
      port = port * 10 + digit;
      if (port > MAX_PORT) {
        return false;
      }
    }
    return true;
  }
}
