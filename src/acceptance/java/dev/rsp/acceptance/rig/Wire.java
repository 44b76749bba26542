// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.rig;

import dev.rsp.Eventually;
import dev.rsp.referee.End;
import dev.rsp.referee.Violation;
import dev.rsp.referee.Watch;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A connected socket, and just enough of HTTP/1.1 to read and write messages byte by byte. */
public final class Wire implements Closeable {
  /** A read that waits longer than this fails. Some tests wait for 5 seconds on purpose. */
  private static final int READ_MILLIS = (int) Eventually.PATIENCE.toMillis();

  /** How much is read at the end to find bytes that must not be there. */
  private static final int MOST_LEFT_BYTES = 1 << 20;

  private final SocketChannel channel;
  private final @Nullable Watch watch;
  private final InputStream in;
  private final OutputStream out;

  /**
   * A connected socket.
   *
   * @param watch judges what comes from rsp; null if the other side is another program
   */
  public Wire(SocketChannel channel, @Nullable Watch watch) throws IOException {
    this.channel = channel;
    this.watch = watch;
    InputStream from;
    OutputStream to;
    if (channel.getLocalAddress() instanceof UnixDomainSocketAddress) {
      from = Channels.newInputStream(channel);
      to = Channels.newOutputStream(channel);
    } else {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.socket().setSoTimeout(READ_MILLIS);
      from = channel.socket().getInputStream();
      to = channel.socket().getOutputStream();
    }
    this.in = new BufferedInputStream(watch == null ? from : watch.over(from), 65536);
    this.out = watch == null ? to : watch.over(to);
  }

  /** A client's connection to a Unix socket of rsp. */
  public static Wire toUnix(String path) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(path));
    return new Wire(channel, Watch.client());
  }

  /** Sends text, one byte per character. */
  public void send(String text) throws IOException {
    send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Sends bytes. */
  public void send(byte[] bytes) throws IOException {
    out.write(bytes);
  }

  /** Bytes to the other side. */
  public OutputStream out() {
    return out;
  }

  /** Answers 200 with a text. */
  public void respond(String text) throws IOException {
    send("HTTP/1.1 200 OK\r\nContent-Length: " + text.length() + "\r\n\r\n" + text);
  }

  /**
   * Reads a head; returns it without the empty line; "" if the connection ended instead.
   *
   * @throws EOFException if it ended in the middle
   */
  public String head() throws IOException {
    StringBuilder head = new StringBuilder();
    while (true) {
      String line = line();
      if (line.isEmpty()) {
        return head.toString();
      }
      head.append(line);
      if (line.equals("\r\n")) {
        return head.substring(0, head.length() - 2);
      }
    }
  }

  /** A line with its end; "" at the end of the connection. */
  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b >= 0; b = in.read()) {
      line.write(b);
      if (b == '\n') {
        break;
      }
    }
    return line.toString(StandardCharsets.ISO_8859_1);
  }

  /** The value of a field in a head; "" if it has none. */
  public static String field(String head, String name) {
    String prefix = name.toLowerCase(Locale.ROOT) + ":";
    return head.lines()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(prefix))
        .map(line -> line.substring(prefix.length()).strip())
        .findFirst()
        .orElse("");
  }

  /**
   * Reads the body of the message with this head, and writes it, without framing, to a stream.
   *
   * @param untilClose whether a head without framing fields means a body until the connection ends,
   *     or no body
   * @throws EOFException if it is cut off
   */
  public void body(String head, boolean untilClose, OutputStream to) throws IOException {
    if (field(head, "Transfer-Encoding").equalsIgnoreCase("chunked")) {
      for (long size = chunkSize(); size > 0; size = chunkSize()) {
        copy(size, to);
        line();
      }
      head();
    } else if (!field(head, "Content-Length").isEmpty()) {
      copy(Long.parseLong(field(head, "Content-Length")), to);
    } else if (untilClose) {
      in.transferTo(to);
    }
  }

  private long chunkSize() throws IOException {
    String line = line();
    if (line.isEmpty()) {
      throw new EOFException("the last chunk is missing");
    }
    return Long.parseLong(line.strip().replaceFirst(";.*", ""), 16);
  }

  private void copy(long length, OutputStream to) throws IOException {
    byte[] buffer = new byte[65536];
    long left = length;
    while (left > 0) {
      int n = in.read(buffer, 0, (int) Math.min(left, buffer.length));
      if (n < 0) {
        throw new EOFException(left + " bytes are missing of " + length);
      }
      to.write(buffer, 0, n);
      left -= n;
    }
  }

  /** Reads all bytes until the other side ends. */
  public String rest() throws IOException {
    return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  /** Bytes from the other side, buffered. */
  public InputStream in() {
    return in;
  }

  /** Ends this side; the other side may go on. */
  public void halfClose() throws IOException {
    channel.shutdownOutput();
  }

  /** Closes with a reset. */
  public void reset() throws IOException {
    channel.setOption(StandardSocketOptions.SO_LINGER, 0);
    channel.close();
  }

  /**
   * The first error of rsp in the bytes that were read from this connection; null if there is none.
   */
  @Nullable Violation violation() {
    return watch == null ? null : watch.violation();
  }

  /** Reads the bytes that have arrived and were not read yet, so that they are judged, too. */
  void readTheRest() {
    try {
      long left = MOST_LEFT_BYTES;
      while (channel.isOpen() && left > 0 && in.available() > 0) {
        left -= in.skip(in.available());
      }
    } catch (IOException e) {
      // Nothing more can be read.
    }
    if (watch != null) {
      watch.ended(End.UNSEEN);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
