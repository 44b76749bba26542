// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.proxy.ProxyVersion;
import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The address of a backend, with its protocol: a TCP port or a Unix stream socket.
 *
 * <p>It is identified by its text, in the form {@code host:port}, {@code [v6]:port} or {@code
 * unix:/absolute/path}, with the prefix {@code https://}, {@code h2c://}, {@code h2://} or {@code
 * uwsgi:} if that is its protocol; by its {@link BackendTls}, because a connection that was made
 * for one name must not be used for another; and by the PROXY header that connections to it begin
 * with: those with and without one are not interchangeable. It stays the same place if its name
 * resolves to another address later.
 */
public final class Place {
  private final String text;
  private final Protocol protocol;
  private final @Nullable String unixPath;
  private final @Nullable ProxyVersion sendProxy;
  private final @Nullable BackendTls tls;
  private volatile @Nullable InetSocketAddress address;

  private Place(
      String text,
      @Nullable String unixPath,
      @Nullable BackendTls tls,
      @Nullable ProxyVersion sendProxy,
      @Nullable InetSocketAddress address) {
    this.text = text;
    this.protocol = Protocol.ofText(text);
    this.unixPath = unixPath;
    this.sendProxy = sendProxy;
    this.address = address;
    this.tls = tls;
    if (protocol.secure() != (tls != null)) {
      throw new IllegalArgumentException(text + ": TLS settings are for https and h2 alone");
    }
  }

  /**
   * A TCP port; {@code address} is resolved, or null if the place must not be connected to, because
   * its slot is down or its name does not resolve.
   */
  public static Place tcp(String text, @Nullable InetSocketAddress address) {
    return new Place(text, null, null, null, address);
  }

  /** The same, with TLS if the text begins with {@code https://} or {@code h2://}. */
  static Place tcp(String text, @Nullable InetSocketAddress address, @Nullable BackendTls tls) {
    return new Place(text, null, tls, null, address);
  }

  /** A Unix stream socket by its absolute path. */
  public static Place unix(String path) {
    return unix(Protocol.HTTP, path, null);
  }

  static Place unix(Protocol protocol, String path, @Nullable BackendTls tls) {
    return new Place(protocol.at("unix:" + path), path, tls, null, null);
  }

  /** A copy to which connections begin with a PROXY header; this one if there is none. */
  public Place sending(@Nullable ProxyVersion version) {
    return version == sendProxy ? this : new Place(text, unixPath, tls, version, address);
  }

  /**
   * Parses an address that a script returns and that is not in the list of backends. Makes no DNS
   * query. Any thread.
   *
   * @param tls for an address that begins with {@code https://} or {@code h2://}; null if the file
   *     has none
   * @return null if the text is no address, or contains a name that must be resolved, or if it
   *     cannot be known whose certificate to expect
   */
  public static @Nullable Place ofLiteral(String text, @Nullable BackendTls tls) {
    Protocol protocol = Protocol.ofText(text);
    BackendTls its = protocol.secure() ? tls : null;
    if (protocol.secure() && its == null) {
      return null;
    }
    Address address = Address.parse(Protocol.addressIn(text), 1);
    if (address instanceof Address.Unix unix) {
      return its == null || canCheck(unix, its) ? unix(protocol, unix.path(), its) : null;
    }
    return address instanceof Address.Literal literal ? tcp(text, literal.socket(), its) : null;
  }

  /** Whether the name in the certificate is known: a Unix socket has none. */
  static boolean canCheck(Address address, BackendTls tls) {
    return !(address instanceof Address.Unix) || tls.name() != null || !tls.verified();
  }

  /** The address as a configuration file writes it. */
  public String text() {
    return text;
  }

  /** The protocol of the backend. */
  public Protocol protocol() {
    return protocol;
  }

  /** How rsp speaks TLS with it; null if it does not. */
  public @Nullable BackendTls tls() {
    return tls;
  }

  /**
   * The name or IP address that its certificate must be for: that of its {@link BackendTls}, else
   * the host of its address. Empty for a Unix socket without the former.
   */
  public String certificateName() {
    String given = tls == null ? null : tls.name();
    if (given != null) {
      return given;
    }
    String bare = Protocol.addressIn(text);
    if (unixPath != null) {
      return "";
    }
    String host = bare.substring(0, bare.lastIndexOf(':')).toLowerCase(Locale.ROOT);
    int last = host.length() - 1;
    // The brackets of an IPv6 address, and the final dot of a name, are not in certificates.
    return host.startsWith("[")
        ? host.substring(1, last)
        : host.endsWith(".") ? host.substring(0, last) : host;
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
    return other == this
        || (other instanceof Place that
            && text.equals(that.text)
            && sendProxy == that.sendProxy
            && Objects.equals(tls, that.tls));
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
