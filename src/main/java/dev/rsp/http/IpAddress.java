// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * An IP address of either version as 128 bits. An IPv4 address is the IPv4-mapped one of IPv6 (RFC
 * 4291 §2.5.5.2), so the two spellings of one client are the same.
 */
public record IpAddress(long high, long low) {
  /** The 16 bits between the zeros and the IPv4 address of an IPv4-mapped one. */
  private static final int MAPPED = 0xffff;

  private static final int GROUPS = 8;

  /** An address of a socket. */
  public static IpAddress of(InetAddress address) {
    byte[] bytes = address.getAddress();
    int[] groups = new int[GROUPS];
    if (bytes.length == 4) {
      groups[5] = MAPPED;
    }
    for (int i = 0; i < bytes.length; i++) {
      int group = GROUPS - bytes.length / 2 + i / 2;
      groups[group] = groups[group] << 8 | (bytes[i] & 0xff);
    }
    return of(groups);
  }

  /**
   * Parses an address: of IPv4 as four decimal numbers without leading zeros, of IPv6 without
   * brackets and zone.
   *
   * @return null if it is not one
   */
  public static @Nullable IpAddress parse(byte[] bytes, int start, int end) {
    int[] groups = Ipv6Literal.parse(bytes, start, end);
    if (groups == null) {
      groups = new int[GROUPS];
      groups[5] = MAPPED;
      if (!Ipv6Literal.ipv4(bytes, start, end, groups, 6)) {
        return null;
      }
    }
    return of(groups);
  }

  private static IpAddress of(int[] groups) {
    long high = 0;
    long low = 0;
    for (int i = 0; i < GROUPS / 2; i++) {
      high = high << 16 | groups[i];
      low = low << 16 | groups[i + GROUPS / 2];
    }
    return new IpAddress(high, low);
  }

  /** Whether it is an IPv4 address. */
  public boolean isIpv4() {
    return high == 0 && low >>> 32 == MAPPED;
  }

  /** The same address for the Java API. */
  public InetAddress toInetAddress() {
    try {
      return InetAddress.getByAddress(bytes(isIpv4()));
    } catch (UnknownHostException e) {
      throw new AssertionError(e); // only for another number of bytes
    }
  }

  /** Its last four bytes, or all 16 (an IPv4 address as an IPv4-mapped one), in network order. */
  public byte[] bytes(boolean ipv4) {
    byte[] bytes = new byte[ipv4 ? 4 : 16];
    for (int i = 0; i < bytes.length; i++) {
      int shift = (bytes.length - 1 - i) * 8;
      bytes[i] = (byte) (shift < 64 ? low >>> shift : high >>> (shift - 64));
    }
    return bytes;
  }

  /** Four decimal numbers, or the form of RFC 5952. */
  public String text() {
    if (isIpv4()) {
      return (low >>> 24 & 0xff)
          + "."
          + (low >>> 16 & 0xff)
          + "."
          + (low >>> 8 & 0xff)
          + "."
          + (low & 0xff);
    }
    int[] groups = new int[GROUPS];
    for (int i = 0; i < GROUPS; i++) {
      long half = i < GROUPS / 2 ? high : low;
      groups[i] = (int) (half >>> ((GROUPS / 2 - 1 - i % (GROUPS / 2)) * 16)) & 0xffff;
    }
    return Ipv6Literal.write(groups);
  }
}
