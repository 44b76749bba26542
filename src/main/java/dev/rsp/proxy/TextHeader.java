// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.http.IpAddress;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Version 1 of the PROXY protocol: a line of text (section 2.1 of its specification). */
final class TextHeader {
  static final byte FIRST = 'P';

  /** The longest line that a sender may write, with CRLF; section 2.1. */
  private static final int MAX_BYTES = 107;

  private static final byte[] PREFIX = "PROXY ".getBytes(StandardCharsets.US_ASCII);
  private static final String UNKNOWN = "UNKNOWN";
  private static final String IPV4 = "TCP4";
  private static final String IPV6 = "TCP6";
  private static final int MAX_PORT = 65_535;

  /** PROXY, the family, two addresses, two ports. */
  private static final int WORDS = 6;

  private TextHeader() {}

  static ProxyHeader read(ByteBuf bytes) {
    if (!ProxyHeader.begin(bytes, PREFIX)) {
      return ProxyHeader.refused("no PROXY header");
    }
    int start = bytes.readerIndex();
    int known = Math.min(bytes.readableBytes(), MAX_BYTES);
    int lf = ByteBufUtil.indexOf(bytes, start, start + known, (byte) '\n');
    if (lf < 0) {
      return known < MAX_BYTES
          ? ProxyHeader.MORE
          : ProxyHeader.refused("PROXY v1: longer than " + MAX_BYTES + " bytes");
    }
    int length = lf + 1 - start;
    if (bytes.getByte(lf - 1) != '\r') {
      return ProxyHeader.refused("PROXY v1: the line does not end with CRLF");
    }
    // A byte beyond ASCII becomes a character that no address has.
    String[] words = bytes.toString(start, length - 2, StandardCharsets.US_ASCII).split(" ", -1);
    if (words[1].equals(UNKNOWN)) {
      return ProxyHeader.local(length); // what follows is to be ignored
    }
    if (words.length != WORDS) {
      return ProxyHeader.refused("PROXY v1: not six words");
    }
    boolean ipv4 = words[1].equals(IPV4);
    if (!ipv4 && !words[1].equals(IPV6)) {
      return ProxyHeader.refused("PROXY v1: neither TCP4, TCP6 nor UNKNOWN");
    }
    InetSocketAddress source = address(ipv4, words[2], words[4]);
    InetSocketAddress destination = address(ipv4, words[3], words[5]);
    return source == null || destination == null
        ? ProxyHeader.refused("PROXY v1: an invalid address or port")
        : ProxyHeader.of(length, source, destination);
  }

  private static @Nullable InetSocketAddress address(boolean ipv4, String text, String portText) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    IpAddress address =
        ipv4 == text.indexOf(':') < 0 ? IpAddress.parse(bytes, 0, bytes.length) : null;
    int port = port(portText);
    return address == null || port < 0
        ? null
        : new InetSocketAddress(address.toInetAddress(), port);
  }

  /** A decimal number without leading zeros; -1 if it is no port. */
  private static int port(String text) {
    int length = text.length();
    if (length == 0 || length > 5 || (length > 1 && text.charAt(0) == '0')) {
      return -1;
    }
    int port = 0;
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      port = port * 10 + c - '0';
    }
    return port > MAX_PORT ? -1 : port;
  }

  /** The header about a connection; {@code UNKNOWN} if the client has no address. */
  static byte[] write(@Nullable InetSocketAddress source, @Nullable InetSocketAddress destination) {
    String line = "PROXY " + UNKNOWN + "\r\n";
    if (source != null && destination != null) {
      IpAddress from = IpAddress.of(source.getAddress());
      IpAddress to = IpAddress.of(destination.getAddress());
      // One family for both: the IPv4 address of a pair that differs is written as IPv6.
      boolean ipv4 = from.isIpv4() && to.isIpv4();
      line =
          "PROXY %s %s %s %d %d\r\n"
              .formatted(
                  ipv4 ? IPV4 : IPV6,
                  text(ipv4, from),
                  text(ipv4, to),
                  source.getPort(),
                  destination.getPort());
    }
    return line.getBytes(StandardCharsets.US_ASCII);
  }

  private static String text(boolean ipv4, IpAddress address) {
    return !ipv4 && address.isIpv4() ? "::ffff:" + address.text() : address.text();
  }
}
