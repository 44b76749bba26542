// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.backends;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Clients that connect one after the other. Each has its own connection and sends one request, and
 * waits for the response without a timeout. One thread.
 */
final class WaitingClients implements Closeable {
  /** The first bytes of a status line, up to the status. */
  private static final int STATUS_BYTES = "HTTP/1.1 200".length();

  private final int port;
  private final boolean keep;
  private final List<SocketChannel> waiting = new ArrayList<>();
  private final List<SocketChannel> kept = new ArrayList<>();
  private final ByteBuffer buffer = ByteBuffer.allocate(4096);
  private int served;
  private int refused;

  /** What was read instead of a 200 or a 503; "closed" if the connection ended. */
  private final List<String> others = new ArrayList<>();

  /**
   * Clients of a port.
   *
   * @param keep whether they keep their connection after the response, until rsp closes it
   */
  WaitingClients(int port, boolean keep) {
    this.port = port;
    this.keep = keep;
  }

  /** So many connect, at a rate, each for the next of these hosts. */
  void come(int count, int perSecond, String... hosts) throws IOException {
    long due = System.nanoTime();
    for (int i = 0; i < count; i++) {
      ask(hosts[i % hosts.length]);
      look();
      due += TimeUnit.SECONDS.toNanos(1) / perSecond;
      while (due - System.nanoTime() > 0) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
    }
    look();
  }

  private void ask(String host) throws IOException {
    SocketChannel channel = SocketChannel.open();
    channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    channel.configureBlocking(false);
    String request = "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.ISO_8859_1)));
    waiting.add(channel);
  }

  /** Reads the responses that have arrived. */
  void look() throws IOException {
    for (SocketChannel channel : List.copyOf(waiting)) {
      int read = read(channel);
      if (read != 0) {
        waiting.remove(channel);
        kept.add(channel);
        if (statusIs("200", read)) {
          served++;
        } else if (statusIs("503", read)) {
          refused++;
        } else {
          others.add(read < 0 ? "closed" : text(read));
        }
      }
    }
    for (SocketChannel channel : List.copyOf(kept)) {
      if (!keep || read(channel) < 0) {
        kept.remove(channel);
        channel.close();
      }
    }
  }

  private int read(SocketChannel channel) {
    buffer.clear();
    try {
      return channel.read(buffer);
    } catch (IOException reset) {
      return -1;
    }
  }

  private boolean statusIs(String status, int read) {
    return read >= STATUS_BYTES && text(STATUS_BYTES).endsWith(status);
  }

  private String text(int length) {
    return new String(buffer.array(), 0, length, StandardCharsets.ISO_8859_1);
  }

  @Override
  public String toString() {
    return "waiting=%d served=%d refused=%d others=%s"
        .formatted(waiting.size(), served, refused, others);
  }

  /** How many have no response yet. */
  int waiting() {
    return waiting.size();
  }

  /** How many were answered 200. */
  int served() {
    return served;
  }

  /** How many were answered 503. */
  int refused() {
    return refused;
  }

  @Override
  public void close() throws IOException {
    for (SocketChannel channel : waiting) {
      channel.close();
    }
    for (SocketChannel channel : kept) {
      channel.close();
    }
  }
}
