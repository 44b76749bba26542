// SPDX-License-Identifier: Apache-2.0
package dev.rsp.access;

import io.netty.util.NetUtil;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where the lines of the access log go. Immutable. */
public sealed interface LogTarget {
  /** What the texts look like that {@link #parse} reads. */
  String FORMS = "a file's path, \"stdout\", \"syslog:unix:/dev/log\" or \"syslog:127.0.0.1:514\"";

  String STDOUT = "stdout";
  String SYSLOG = "syslog:";
  String UNIX = "unix:";

  /** A file, to whose end lines are added. */
  record File(Path path) implements LogTarget {
    @Override
    public String text() {
      return path.toString();
    }
  }

  /** Standard output. */
  record Stdout() implements LogTarget {
    @Override
    public String text() {
      return STDOUT;
    }
  }

  /** A syslog daemon's Unix datagram socket. */
  record SyslogUnix(String path) implements LogTarget {
    @Override
    public String text() {
      return SYSLOG + UNIX + path;
    }
  }

  /** A syslog daemon's UDP port. {@code host} is an IP address, so that no name is looked up. */
  record SyslogUdp(String host, int port) implements LogTarget {
    @Override
    public String text() {
      return SYSLOG + (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }
  }

  /** As the configuration writes it. */
  String text();

  /**
   * Reads the text of a configuration.
   *
   * @param directory of the configuration file, for relative paths
   * @return null if it has none of the {@link #FORMS}
   */
  static @Nullable LogTarget parse(String text, Path directory) {
    if (text.equals(STDOUT)) {
      return new Stdout();
    }
    if (text.startsWith(SYSLOG + UNIX)) {
      String path = text.substring((SYSLOG + UNIX).length());
      return path.startsWith("/") ? new SyslogUnix(path) : null;
    }
    if (text.startsWith(SYSLOG)) {
      return udp(text.substring(SYSLOG.length()));
    }
    try {
      return text.isEmpty() || text.endsWith("/") ? null : new File(directory.resolve(text));
    } catch (InvalidPathException e) {
      return null;
    }
  }

  private static @Nullable LogTarget udp(String address) {
    int colon = address.lastIndexOf(':');
    String host = colon < 0 ? "" : address.substring(0, colon);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    String bare = bracketed ? host.substring(1, host.length() - 1) : host;
    boolean isAddress =
        bracketed ? NetUtil.isValidIpV6Address(bare) : NetUtil.isValidIpV4Address(bare);
    try {
      int port = Integer.parseInt(address.substring(colon + 1));
      return isAddress && port > 0 && port < 65_536 ? new SyslogUdp(bare, port) : null;
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
