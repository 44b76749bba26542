// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A backend on a Unix socket with a short queue, that accepts connections when the test says. */
final class UnixBackend implements AutoCloseable {
  private final Path path;
  private final ServerSocketChannel server;
  private final Deque<SocketChannel> strangers = new ArrayDeque<>();
  private final List<SocketChannel> accepted = new ArrayList<>();

  UnixBackend(Path path) throws IOException {
    this.path = path;
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(path), 1);
    server.configureBlocking(false);
  }

  /** The address as a configuration file writes it. */
  String address() {
    return "unix:" + path;
  }

  /** Fills the queue with connections of others, and says how many it took. */
  int fill() throws IOException {
    int before = strangers.size();
    while (true) {
      SocketChannel stranger = SocketChannel.open(StandardProtocolFamily.UNIX);
      stranger.configureBlocking(false);
      try {
        assertTrue(stranger.connect(UnixDomainSocketAddress.of(path)));
        strangers.add(stranger);
      } catch (IOException full) {
        stranger.close();
        assertEquals("Resource temporarily unavailable", full.getMessage());
        return strangers.size() - before;
      }
    }
  }

  /** Takes one of those others out of the queue. */
  void dismissOne() throws IOException, InterruptedException {
    next().close();
    strangers.remove().close();
  }

  /** Takes all of them out. */
  void dismissAll() throws IOException, InterruptedException {
    while (!strangers.isEmpty()) {
      dismissOne();
    }
  }

  private SocketChannel next() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Peer.PATIENCE_MILLIS);
    SocketChannel next = server.accept();
    while (next == null) {
      assertTrue(System.nanoTime() < deadline, "no connection to " + path);
      TimeUnit.MILLISECONDS.sleep(1);
      next = server.accept();
    }
    accepted.add(next);
    return next;
  }

  /** Accepts a connection, over which a request with this line is to come. */
  SocketChannel asked(String line) throws IOException, InterruptedException {
    return asked(line, "");
  }

  /** The same; the request is to have come up to this end of its body. */
  SocketChannel asked(String line, String end) throws IOException, InterruptedException {
    SocketChannel connection = next();
    expect(connection, line, end);
    return connection;
  }

  /** A request with this line comes over a connection. */
  static void expect(SocketChannel connection, String line) throws IOException {
    expect(connection, line, "");
  }

  private static void expect(SocketChannel connection, String line, String end) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(4096);
    String request = "";
    while (!request.contains("\r\n\r\n") || !request.endsWith(end)) {
      assertTrue(connection.read(bytes) >= 0, "the connection ended after: " + request);
      request = new String(bytes.array(), 0, bytes.position(), StandardCharsets.ISO_8859_1);
    }
    assertEquals(line, request.substring(0, request.indexOf('\r')));
  }

  static void send(SocketChannel connection, String text) throws IOException {
    connection.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)));
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (SocketChannel stranger : strangers) {
      stranger.close();
    }
    for (SocketChannel connection : accepted) {
      connection.close();
    }
  }
}
