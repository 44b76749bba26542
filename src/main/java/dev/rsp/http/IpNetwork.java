// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A network of IP addresses.
 *
 * @param first its first address, if it has no bits beyond the prefix
 * @param bits of the prefix, of 128; a network of IPv4 has at least 96
 */
public record IpNetwork(IpAddress first, int bits) {
  private static final int MAPPED_BITS = 96;
  private static final int ALL_BITS = 128;

  /**
   * Parses an address, or an address with a prefix length: {@code 10.0.0.0/8}, {@code
   * 2001:db8::/32}. Bits beyond the prefix are kept; see {@link #isExact}.
   *
   * @return null if it is neither
   */
  public static @Nullable IpNetwork parse(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int slash = text.indexOf('/');
    int end = slash < 0 ? bytes.length : slash;
    IpAddress address = IpAddress.parse(bytes, 0, end);
    if (address == null) {
      return null;
    }
    if (slash < 0) {
      return new IpNetwork(address, ALL_BITS);
    }
    boolean ipv4 = address.isIpv4() && text.indexOf(':') < 0;
    int prefix = prefix(bytes, slash + 1);
    int bits = ipv4 ? prefix + MAPPED_BITS : prefix;
    return prefix < 0 || bits > ALL_BITS ? null : new IpNetwork(address, bits);
  }

  /** A number without leading zeros, or -1. */
  private static int prefix(byte[] bytes, int start) {
    int digits = bytes.length - start;
    if (digits < 1 || digits > 3 || (digits > 1 && bytes[start] == '0')) {
      return -1;
    }
    int value = 0;
    for (int at = start; at < bytes.length; at++) {
      if (bytes[at] < '0' || bytes[at] > '9') {
        return -1;
      }
      value = value * 10 + bytes[at] - '0';
    }
    return value;
  }

  /** Whether the address has no bits beyond the prefix. */
  public boolean isExact() {
    return exact().equals(this);
  }

  /** The network without the bits beyond the prefix. */
  public IpNetwork exact() {
    return new IpNetwork(new IpAddress(first.high() & highMask(), first.low() & lowMask()), bits);
  }

  /** As in {@link #parse}. Only if it {@link #isExact}. */
  public String text() {
    return first.text() + "/" + (first.isIpv4() ? bits - MAPPED_BITS : bits);
  }

  /** Whether it contains an address. A network of IPv6, such as ::/0, contains none of IPv4. */
  boolean contains(IpAddress address) {
    return (address.high() & highMask()) == first.high()
        && (address.low() & lowMask()) == first.low()
        && (bits >= MAPPED_BITS || !address.isIpv4());
  }

  private long highMask() {
    return mask(Math.min(bits, 64));
  }

  private long lowMask() {
    return mask(Math.max(bits - 64, 0));
  }

  private static long mask(int ones) {
    return ones == 0 ? 0 : -1L << (64 - ones);
  }
}
