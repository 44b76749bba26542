// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.http.Parsed;
import io.netty.buffer.ByteBuf;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The header of the PROXY protocol at the start of the bytes that a connection has received so far.
 *
 * @param parsed whether it is complete, or why not
 * @param length of the complete header, in bytes
 * @param source the client's address: an IP address and port, or an unnamed Unix socket. Null if
 *     the header names none ({@code UNKNOWN}, {@code LOCAL}): then it is the connection's own
 * @param destination the address that the client connected to; null if the header names none
 * @param fault why it is refused; a constant, so it is safe to log. Empty otherwise
 */
public record ProxyHeader(
    Parsed parsed,
    int length,
    @Nullable SocketAddress source,
    @Nullable SocketAddress destination,
    String fault) {
  /** No complete header yet. */
  static final ProxyHeader MORE = new ProxyHeader(Parsed.MORE, 0, null, null, "");

  /** A header that is malformed or too long, or no header. */
  static ProxyHeader refused(String fault) {
    return new ProxyHeader(Parsed.REFUSED, 0, null, null, fault);
  }

  /** A complete header that names no addresses. */
  static ProxyHeader local(int length) {
    return new ProxyHeader(Parsed.DONE, length, null, null, "");
  }

  /** A complete header. */
  static ProxyHeader of(int length, SocketAddress source, SocketAddress destination) {
    return new ProxyHeader(Parsed.DONE, length, source, destination, "");
  }

  /** Whether the readable bytes are a part of some bytes, as far as there are any. */
  static boolean begin(ByteBuf bytes, byte[] expected) {
    int known = Math.min(bytes.readableBytes(), expected.length);
    for (int i = 0; i < known; i++) {
      if (bytes.getByte(bytes.readerIndex() + i) != expected[i]) {
        return false;
      }
    }
    return true;
  }
}
