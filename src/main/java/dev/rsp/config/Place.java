// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.proxy.ProxyVersion;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The address of a backend, with its protocol: a TCP port or a Unix stream socket.
 *
 * <p>It is identified by its text, in the form {@code host:port}, {@code [v6]:port} or {@code
 * unix:/absolute/path}, with the prefix {@code uwsgi:} if that is its protocol, and by the PROXY
 * header that connections to it begin with: those with and without one are not interchangeable. It
 * stays the same place if its name resolves to another address later.
 */
public final class Place {
  private final String text;
  private final Protocol protocol;
  private final @Nullable String unixPath;
  private final @Nullable ProxyVersion sendProxy;
  private volatile @Nullable InetSocketAddress address;

  private Place(
      String text,
      @Nullable String unixPath,
      @Nullable ProxyVersion sendProxy,
      @Nullable InetSocketAddress address) {
    this.text = text;
    this.protocol = Protocol.ofText(text);
    this.unixPath = unixPath;
    this.sendProxy = sendProxy;
    this.address = address;
  }

  /**
   * A TCP port; {@code address} is resolved, or null if the place must not be connected to, because
   * its slot is down or its name does not resolve.
   */
  public static Place tcp(String text, @Nullable InetSocketAddress address) {
    return new Place(text, null, null, address);
  }

  /** A Unix stream socket by its absolute path. */
  public static Place unix(String path) {
    return unix(Protocol.HTTP, path);
  }

  static Place unix(Protocol protocol, String path) {
    return new Place(protocol.at("unix:" + path), path, null, null);
  }

  /** A copy to which connections begin with a PROXY header; this one if there is none. */
  public Place sending(@Nullable ProxyVersion version) {
    return version == sendProxy ? this : new Place(text, unixPath, version, address);
  }

  /**
   * Parses an address that a script returns and that is not in the list of backends. Makes no DNS
   * query. Any thread.
   *
   * @return null if the text is no address or contains a name that must be resolved
   */
  public static @Nullable Place ofLiteral(String text) {
    Address address = Address.parse(Protocol.addressIn(text), 1);
    if (address instanceof Address.Unix unix) {
      return unix(Protocol.ofText(text), unix.path());
    }
    return address instanceof Address.Literal literal ? tcp(text, literal.socket()) : null;
  }

  /** The address as a configuration file writes it. */
  public String text() {
    return text;
  }

  /** The protocol of the backend. */
  public Protocol protocol() {
    return protocol;
  }

  /** The path of the Unix socket; null for a TCP port. */
  public @Nullable String unixPath() {
    return unixPath;
  }

  /** The version of the PROXY header with which connections begin; null for none. */
  public @Nullable ProxyVersion sendProxy() {
    return sendProxy;
  }

  /** Whether its address is known, so that rsp can connect. Any thread. */
  public boolean isResolved() {
    return unixPath != null || address != null;
  }

  /** The address last resolved; null for a Unix socket, and if it is not known. Any thread. */
  public @Nullable InetSocketAddress address() {
    return address;
  }

  /** Sets the address that the name resolves to now. Any thread. */
  public void updateAddress(InetSocketAddress newer) {
    address = newer;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Place that && text.equals(that.text) && sendProxy == that.sendProxy;
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
