// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Reads the sockets of all processes on Linux: proc(5), {@code /proc/net/tcp}. */
public final class ListeningSockets {
  /** A system without IPv6 has no second file. */
  private static final Path V4 = Path.of("/proc/self/net/tcp");

  private static final Path V6 = Path.of("/proc/self/net/tcp6");

  private ListeningSockets() {}

  /**
   * How many sockets listen on a port, on any address.
   *
   * @throws IOException if the file cannot be read
   */
  static int on(int port) throws IOException {
    // "sl local_address rem_address st": hexadecimal; 0A is TCP_LISTEN.
    var line =
        Pattern.compile(
            "\\s*\\d+: [0-9A-F]+:%s [0-9A-F]+:0000 0A .*"
                .formatted(String.format(Locale.ROOT, "%04X", port)));
    return count(V4, line) + (Files.exists(V6) ? count(V6, line) : 0);
  }

  private static int count(Path file, Pattern line) throws IOException {
    try (Stream<String> lines = Files.lines(file, StandardCharsets.US_ASCII)) {
      return Math.toIntExact(lines.filter(line.asMatchPredicate()).count());
    } catch (NoSuchFileException e) {
      throw new IOException("cannot determine which process listens on the port: no " + file, e);
    }
  }
}
