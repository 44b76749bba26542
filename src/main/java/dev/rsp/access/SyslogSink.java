// SPDX-License-Identifier: Apache-2.0
package dev.rsp.access;

import dev.rsp.log.UnixDatagrams;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends each line as a message of syslog (RFC 5424), over UDP (RFC 5426) or a Unix datagram socket.
 */
final class SyslogSink implements Sink {
  /** Facility local7 and severity info, as nginx: RFC 5424 §6.2.1, 23 · 8 + 6. */
  private static final String PRIORITY = "<190>1 ";

  /**
   * RFC 5424 §6.1: receivers should take 2,048 octets or more. rsyslog and syslog-ng take 8,192 by
   * default; longer messages are cut.
   */
  private static final int MOST_BYTES = 8192;

  /** A daemon that takes nothing for so long is taken to hang. */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

  private final Datagrams socket;
  private final ByteBuffer message = ByteBuffer.allocateDirect(MOST_BYTES);
  private final String source;

  /** A connected datagram socket. */
  private interface Datagrams {
    /** Sends one; false if the receiver's queue is full. */
    boolean send(ByteBuffer datagram) throws IOException;

    void close() throws IOException;
  }

  private SyslogSink(Datagrams socket) {
    this.socket = socket;
    this.source = " " + hostName() + " rsp " + ProcessHandle.current().pid() + " access - ";
  }

  /** Sends to a UDP port of an IP address. */
  static SyslogSink udp(String address, int port) throws IOException {
    DatagramChannel channel = DatagramChannel.open();
    try {
      channel.connect(new InetSocketAddress(address, port));
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
    return new SyslogSink(
        new Datagrams() {
          @Override
          public boolean send(ByteBuffer datagram) throws IOException {
            try {
              channel.write(datagram);
            } catch (PortUnreachableException e) {
              // The answer to an earlier datagram: UDP promises nothing, and the daemon may be
              // back.
              channel.write(datagram);
            }
            return true;
          }

          @Override
          public void close() throws IOException {
            channel.close();
          }
        });
  }

  /** Sends to a Unix datagram socket; connects again if the daemon was restarted. */
  static SyslogSink unix(String path) throws IOException {
    UnixDatagrams socket = UnixDatagrams.to(path);
    return new SyslogSink(
        new Datagrams() {
          @Override
          public boolean send(ByteBuffer datagram) throws IOException {
            return socket.send(datagram);
          }

          @Override
          public void close() throws IOException {
            socket.close();
          }
        });
  }

  private static String hostName() {
    try {
      String name = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
      return name.isEmpty() ? "-" : name;
    } catch (IOException e) {
      return "-"; // RFC 5424 §6.2.4: not known
    }
  }

  @Override
  public int write(LineBuffer lines) throws IOException {
    byte[] header =
        (PRIORITY + Instant.now().truncatedTo(ChronoUnit.MICROS) + source)
            .getBytes(StandardCharsets.US_ASCII);
    ByteBuffer content = lines.content();
    int start = 0;
    int left = lines.lines();
    long giveUp = System.nanoTime() + PATIENCE_NANOS;
    for (int at = 0; at < content.limit(); at++) {
      if (content.get(at) == '\n') {
        message.clear();
        message.put(header);
        int length = Math.min(at - start, message.remaining());
        message.put(content.duplicate().position(start).limit(start + length));
        message.flip();
        if (!sent(giveUp)) {
          return left;
        }
        left--;
        start = at + 1;
      }
    }
    return left;
  }

  private boolean sent(long giveUpNanos) throws IOException {
    boolean sent = socket.send(message);
    while (!sent && giveUpNanos - System.nanoTime() > 0) {
      LockSupport.parkNanos(PAUSE_NANOS);
      sent = socket.send(message);
    }
    return sent;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
