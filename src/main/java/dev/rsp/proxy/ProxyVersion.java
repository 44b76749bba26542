// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/** A version of the PROXY protocol in which headers are written. */
public enum ProxyVersion {
  /** A line of text. */
  V1("v1"),
  /** A block of bytes. */
  V2("v2");

  private final String label;

  ProxyVersion(String label) {
    this.label = label;
  }

  /** The name in a configuration file. */
  public String label() {
    return label;
  }

  /**
   * The header about a connection. Any thread.
   *
   * @param source the client's address; null if it has no IP address, then the header says so
   *     ({@code UNKNOWN}, {@code LOCAL})
   * @param destination the address that it connected to; if that is no IP address, the unspecified
   *     one of the client's family and port 0 are written
   */
  public byte[] header(@Nullable InetSocketAddress source, @Nullable SocketAddress destination) {
    InetSocketAddress to =
        source == null
            ? null
            : destination instanceof InetSocketAddress socket ? socket : unspecified(source);
    return this == V1 ? TextHeader.write(source, to) : BinaryHeader.write(source, to);
  }

  private static InetSocketAddress unspecified(InetSocketAddress of) {
    byte[] zeros = new byte[of.getAddress() instanceof Inet4Address ? 4 : 16];
    try {
      return new InetSocketAddress(InetAddress.getByAddress(zeros), 0);
    } catch (UnknownHostException e) {
      throw new AssertionError(e); // only for another number of bytes
    }
  }
}
