// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What the text of an address amounts to. Nothing is looked up here. */
sealed interface Address {
  /** An IP address and a port. */
  record Literal(InetSocketAddress socket) implements Address {}

  /** A name that is to be resolved, and a port. */
  record Named(String name, int port) implements Address {}

  /** The path of a Unix socket. */
  record Unix(String path) implements Address {}

  /** No address; {@code expected} says what would have been one. */
  record Wrong(String expected) implements Address {}

  /** What every address looks like, for those who wrote something else. */
  String FORMS = "host:port, [v6]:port or unix:/path";

  /** Longest path in bytes: sun_path of unix(7) has 108, and its last one is the end mark. */
  int MAX_PATH_BYTES = 107;

  int MAX_PORT = 65535;

  /**
   * Reads an address as a configuration file or a script writes it.
   *
   * @param leastPort 1, or 0 where the system may choose the port
   */
  static Address parse(String text, int leastPort) {
    if (text.startsWith("unix:")) {
      return unix(text.substring("unix:".length()));
    }
    if (text.indexOf('/') >= 0) {
      return new Wrong(FORMS + ", without scheme or path");
    }
    int colon = text.lastIndexOf(':');
    if (colon <= 0) {
      return new Wrong(FORMS);
    }
    String host = text.substring(0, colon);
    int port = port(text.substring(colon + 1));
    if (port < leastPort) {
      return new Wrong(FORMS + ", with a port from " + leastPort + " to " + MAX_PORT);
    }
    if (host.startsWith("[") && host.endsWith("]")) {
      return v6(host.substring(1, host.length() - 1), port);
    }
    return host.indexOf(':') >= 0
        ? new Wrong(FORMS + ", with the brackets of an IPv6 address")
        : v4OrName(host, port);
  }

  /** A port as digits without a leading zero; -1 if it is none. 0 is a port here. */
  static int port(String text) {
    if (!Syntax.isDecimal(text, 5)) {
      return -1;
    }
    int port = Integer.parseInt(text);
    return port <= MAX_PORT ? port : -1;
  }

  static Address v4OrName(String host, int port) {
    if (Syntax.isV4(host)) {
      return literal(host, port);
    }
    if (Syntax.isName(host)) {
      return new Named(host, port);
    }
    return new Wrong(
        Syntax.endsInNumber(host)
            ? "an IPv4 address of four numbers from 0 to 255, or a name, before the port"
            : "a host name or an IP address before the port");
  }

  static Address v6(String host, int port) {
    if (host.startsWith("[") || !NetUtil.isValidIpV6Address(host)) {
      return new Wrong("an IPv6 address in the brackets");
    }
    return literal(host, port);
  }

  private static Address literal(String host, int port) {
    try {
      // The text is an IP address, so this asks nobody.
      return new Literal(new InetSocketAddress(InetAddress.getByName(host), port));
    } catch (UnknownHostException e) {
      return new Wrong("an IPv6 address in a zone that exists");
    }
  }

  private static Address unix(String path) {
    String wrong = whyNoPath(path);
    return wrong == null ? new Unix(path) : new Wrong(wrong);
  }

  private static @Nullable String whyNoPath(String path) {
    if (!path.startsWith("/") || path.endsWith("/")) {
      return "unix: and the absolute path of a socket";
    }
    if (path.getBytes(StandardCharsets.UTF_8).length > MAX_PATH_BYTES) {
      return "unix: and a path of at most " + MAX_PATH_BYTES + " bytes";
    }
    // Visible, because paths stand in log lines; and not up, because a script may put a part of a
    // request into one.
    return !Syntax.isVisible(path) || (path + "/").contains("/../")
        ? "unix: and a path of visible ASCII characters without .."
        : null;
  }
}
