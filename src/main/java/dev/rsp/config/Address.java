// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A parsed address. Parsing resolves no names. */
sealed interface Address {
  /** An IP address and a port. */
  record Literal(InetSocketAddress socket) implements Address {}

  /** A host name that must be resolved, and a port. */
  record Named(String name, int port) implements Address {}

  /** The path of a Unix socket. */
  record Unix(String path) implements Address {}

  /** Not an address; {@code expected} describes a valid one. */
  record Invalid(String expected) implements Address {}

  /** The forms of an address, for error messages. */
  String FORMS = "host:port, [v6]:port or unix:/path";

  /**
   * Longest path in bytes: sun_path of unix(7) has 108, and the last one is the terminating zero.
   */
  int MAX_PATH_BYTES = 107;

  int MAX_PORT = 65535;

  /**
   * Parses an address from a configuration file or a script.
   *
   * @param leastPort 1, or 0 if the system may choose the port
   */
  static Address parse(String text, int leastPort) {
    if (text.startsWith("unix:")) {
      return unix(text.substring("unix:".length()));
    }
    if (text.indexOf('/') >= 0) {
      return new Invalid(FORMS + ", without scheme or path");
    }
    int colon = text.lastIndexOf(':');
    if (colon <= 0) {
      return new Invalid(FORMS);
    }
    String host = text.substring(0, colon);
    int port = port(text.substring(colon + 1));
    if (port < leastPort) {
      return new Invalid(FORMS + ", with a port from " + leastPort + " to " + MAX_PORT);
    }
    if (host.startsWith("[") && host.endsWith("]")) {
      return v6(host.substring(1, host.length() - 1), port);
    }
    return host.indexOf(':') >= 0
        ? new Invalid(FORMS + ", with the brackets of an IPv6 address")
        : v4OrName(host, port);
  }

  /**
   * Parses a port: digits without a leading zero. 0 is allowed; returns -1 if the text is no port.
   */
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
    return new Invalid(
        Syntax.endsInNumber(host)
            ? "an IPv4 address of four numbers from 0 to 255, or a name, before the port"
            : "a host name or an IP address before the port");
  }

  static Address v6(String host, int port) {
    if (host.startsWith("[") || !NetUtil.isValidIpV6Address(host)) {
      return new Invalid("an IPv6 address in the brackets");
    }
    return literal(host, port);
  }

  private static Address literal(String host, int port) {
    try {
      // The text is an IP address, so this makes no DNS query.
      return new Literal(new InetSocketAddress(InetAddress.getByName(host), port));
    } catch (UnknownHostException e) {
      return new Invalid("an IPv6 address in a zone that exists");
    }
  }

  private static Address unix(String path) {
    String wrong = pathError(path);
    return wrong == null ? new Unix(path) : new Invalid(wrong);
  }

  private static @Nullable String pathError(String path) {
    if (!path.startsWith("/") || path.endsWith("/")) {
      return "unix: and the absolute path of a socket";
    }
    if (path.getBytes(StandardCharsets.UTF_8).length > MAX_PATH_BYTES) {
      return "unix: and a path of at most " + MAX_PATH_BYTES + " bytes";
    }
    // Visible, because paths are logged; without "..", because a script may build a path from a
    // part of a request.
    return !Syntax.isVisible(path) || (path + "/").contains("/../")
        ? "unix: and a path of visible ASCII characters without .."
        : null;
  }
}
