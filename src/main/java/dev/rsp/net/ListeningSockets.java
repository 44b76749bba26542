// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads the sockets of all processes on Linux: proc(5), {@code /proc/net/tcp}. */
public final class ListeningSockets {
  /** A system without IPv6 has no second file. */
  private static final Path V4 = Path.of("/proc/self/net/tcp");

  private static final Path V6 = Path.of("/proc/self/net/tcp6");

  /** The state TCP_LISTEN in a line. */
  private static final String LISTENING = " 0A ";

  private static final Path UNIX = Path.of("/proc/self/net/unix");

  /** "sl local_address rem_address st queues timer retransmits uid timeout inode". */
  private static final Pattern PORT_LINE =
      Pattern.compile(
          "\\s*\\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F]+:0000 0A \\S+ \\S+ \\S+ +\\d+ +\\d+ (\\d+) .*");

  /**
   * "Num RefCount Protocol Flags Type St Inode Path": the flag is __SO_ACCEPTCON, of a socket that
   * listens, and the type SOCK_STREAM.
   */
  private static final Pattern PATH_LINE =
      Pattern.compile("\\S+: \\S+ \\S+ 00010000 0001 \\S+ +(\\d+) (.+)");

  private ListeningSockets() {}

  /**
   * The address of a listening socket: an {@link InetSocketAddress}, or {@code unix:} and a path as
   * a String; null if no TCP or Unix socket with this inode listens.
   *
   * @throws IOException if this system has no such files
   */
  public static @Nullable Object addressOfInode(long inode) throws IOException {
    String text = Long.toString(inode);
    for (Path file : List.of(V4, V6)) {
      for (String line :
          Files.exists(file) ? Files.readAllLines(file, US_ASCII) : List.<String>of()) {
        Matcher found = PORT_LINE.matcher(line);
        if (found.matches() && found.group(3).equals(text)) {
          return new InetSocketAddress(
              addressOf(found.group(1)), Integer.parseInt(found.group(2), 16));
        }
      }
    }
    for (String line : Files.readAllLines(UNIX, ISO_8859_1)) {
      Matcher found = PATH_LINE.matcher(line);
      if (found.matches() && found.group(1).equals(text)) {
        return "unix:" + new String(found.group(2).getBytes(ISO_8859_1), UTF_8);
      }
    }
    return null;
  }

  /** Whether this system has such files. */
  static boolean isReadable() {
    return Files.isReadable(V4);
  }

  /**
   * How many sockets listen on a port that compete with an address for its connections.
   *
   * @throws IOException if the file cannot be read
   */
  static int on(InetSocketAddress address) throws IOException {
    // "sl local_address rem_address st": hexadecimal; 0A is TCP_LISTEN.
    var line =
        Pattern.compile(
            "\\s*\\d+: ([0-9A-F]+):%s [0-9A-F]+:0000 0A .*"
                .formatted(String.format(Locale.ROOT, "%04X", address.getPort())));
    return count(V4, line, address) + (Files.exists(V6) ? count(V6, line, address) : 0);
  }

  private static int count(Path file, Pattern line, InetSocketAddress address) throws IOException {
    try (Stream<String> lines = Files.lines(file, US_ASCII)) {
      return Math.toIntExact(
          lines
              .filter(any -> any.contains(LISTENING)) // there may be 100,000 connections
              .map(line::matcher)
              .filter(Matcher::matches)
              .filter(found -> compete(addressOf(found.group(1)), address.getAddress()))
              .count());
    } catch (NoSuchFileException e) {
      throw new IOException("cannot determine which process listens on the port: no " + file, e);
    }
  }

  /**
   * Whether sockets with these addresses and one port can get each other's connections. A socket
   * for all of IPv6 gets those of IPv4 only if no socket of IPv4 has the port.
   */
  static boolean compete(InetAddress one, InetAddress other) {
    return one.getClass() == other.getClass()
        && (one.equals(other) || one.isAnyLocalAddress() || other.isAnyLocalAddress());
  }

  /** The address of the file's hexadecimal digits: words of 32 bits in the order of the machine. */
  private static InetAddress addressOf(String digits) {
    ByteBuffer bytes = ByteBuffer.wrap(HexFormat.of().parseHex(digits));
    ByteBuffer words = ByteBuffer.allocate(bytes.capacity());
    bytes.order(ByteOrder.nativeOrder());
    while (bytes.hasRemaining()) {
      words.putInt(bytes.getInt());
    }
    try {
      return InetAddress.getByAddress(words.array()); // an IPv4 address in IPv6 becomes IPv4
    } catch (UnknownHostException e) {
      throw new IllegalStateException(digits, e); // neither 4 nor 16 bytes
    }
  }
}
