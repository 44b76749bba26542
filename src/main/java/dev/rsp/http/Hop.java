// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The hop from a client to this proxy: what scripts and logs see of the client, and what rsp adds
 * to requests about it. Texts are made on first use. One per connection, on its loop.
 */
public final class Hop implements Client {
  /** RFC 7239 §6.1: a client without an IP address, here one on a Unix socket. */
  private static final String UNKNOWN = "unknown";

  private static final String UNIX = "unix:";

  private final String scheme;
  private final @Nullable SocketAddress remote;
  private final Supplier<@Nullable SocketAddress> local;
  private @Nullable String text;
  private byte @Nullable [] fields;
  private boolean fieldsFor10;
  private @Nullable String fieldsBy;

  /**
   * A hop.
   *
   * @param scheme of the client's connection: {@code http} or {@code https}
   * @param remote the client's address, which is an IP address or a Unix socket
   * @param local says which address it connected to
   */
  public Hop(
      String scheme, @Nullable SocketAddress remote, Supplier<@Nullable SocketAddress> local) {
    this.scheme = scheme;
    this.remote = remote;
    this.local = local;
  }

  @Override
  public String text() {
    if (text == null) {
      text =
          remote instanceof InetSocketAddress socket
              ? NetUtil.toAddressString(socket.getAddress())
              : UNIX;
    }
    return text;
  }

  /** The client's address for backends: {@code unknown} if it has no IP address. */
  public String client() {
    String client = text();
    return client.equals(UNIX) ? UNKNOWN : client;
  }

  /** The client's port; 0 if it has none. */
  public int clientPort() {
    return port(remote);
  }

  /** The port that the client connected to; 0 if it has none. */
  public int serverPort() {
    return port(local.get());
  }

  /** The scheme of the client's connection. */
  public String scheme() {
    return scheme;
  }

  /**
   * The value of this hop's Via field (RFC 9110 §7.6.3).
   *
   * @param http10 whether the request is HTTP/1.0
   * @param viaName the name of this proxy
   */
  public String via(boolean http10, String viaName) {
    return (http10 ? "1.0" : "1.1") + " " + viaName;
  }

  private static int port(@Nullable SocketAddress address) {
    return address instanceof InetSocketAddress socket ? socket.getPort() : 0;
  }

  /**
   * The field lines for an HTTP backend, up to the value of X-Forwarded-Host. Read-only.
   *
   * @param http10 as of {@link #via}
   * @param viaName as of {@link #via}
   */
  public byte[] fieldLines(boolean http10, String viaName) {
    if (fields == null || fieldsFor10 != http10 || !viaName.equals(fieldsBy)) {
      String lines =
          "Via: "
              + via(http10, viaName)
              + "\r\nX-Forwarded-For: "
              + client()
              + "\r\nX-Forwarded-Proto: "
              + scheme()
              + "\r\nX-Forwarded-Host: ";
      fields = lines.getBytes(StandardCharsets.US_ASCII);
      fieldsFor10 = http10;
      fieldsBy = viaName;
    }
    return fields;
  }
}
