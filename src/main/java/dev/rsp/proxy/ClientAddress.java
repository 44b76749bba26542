// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.http.UwsgiWriter;
import dev.rsp.route.Client;
import io.netty.channel.Channel;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Who a client is, as scripts, logs and backends are told. Made on first use. */
final class ClientAddress implements Client {
  /** What RFC 7239 §6.1 says for a client without an IP address: here, one on a Unix socket. */
  private static final String UNKNOWN = "unknown";

  private final Channel channel;
  private @Nullable String text;
  private byte @Nullable [] fields;
  private boolean fieldsFor10;
  private @Nullable String fieldsBy;

  ClientAddress(Channel channel) {
    this.channel = channel;
  }

  /** The IP address; null for a Unix socket. */
  @Nullable InetAddress ip() {
    return channel.remoteAddress() instanceof InetSocketAddress remote ? remote.getAddress() : null;
  }

  /** The IP address without port, IPv6 as RFC 5952 writes it; {@code unix:} for a Unix socket. */
  @Override
  public String text() {
    if (text == null) {
      InetAddress ip = ip();
      text = ip == null ? "unix:" : NetUtil.toAddressString(ip);
    }
    return text;
  }

  /**
   * What the variables of a uwsgi request say of this hop.
   *
   * @param http10 in which version the request came
   * @param viaName the name of this proxy in Via
   */
  UwsgiWriter.Hop hop(boolean http10, String viaName) {
    String client = text();
    return new UwsgiWriter.Hop(
        "http",
        client.equals("unix:") ? UNKNOWN : client,
        port(channel.remoteAddress()),
        port(channel.localAddress()),
        (http10 ? "1.0" : "1.1") + " " + viaName);
  }

  private static int port(@Nullable SocketAddress address) {
    return address instanceof InetSocketAddress socket ? socket.getPort() : 0;
  }

  /**
   * The field lines that tell a backend of this hop, up to the value of X-Forwarded-Host.
   *
   * @param http10 in which version the request came, which Via says (RFC 9110 §7.6.3)
   * @param viaName the name of this proxy there
   */
  byte[] forwardingFields(boolean http10, String viaName) {
    if (fields == null || fieldsFor10 != http10 || !viaName.equals(fieldsBy)) {
      String client = text();
      String lines =
          "Via: "
              + (http10 ? "1.0" : "1.1")
              + " "
              + viaName
              + "\r\nX-Forwarded-For: "
              + (client.equals("unix:") ? UNKNOWN : client)
              + "\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: ";
      fields = lines.getBytes(StandardCharsets.US_ASCII);
      fieldsFor10 = http10;
      fieldsBy = viaName;
    }
    return fields;
  }
}
