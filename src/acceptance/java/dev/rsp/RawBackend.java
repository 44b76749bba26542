// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import dev.rsp.referee.Violation;
import dev.rsp.referee.Watch;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A backend that does exactly what it is told, with a thread per connection. What rsp writes to it
 * is judged, and {@link #close} fails if a byte of it is wrong.
 */
final class RawBackend implements Closeable {
  /** What happens on one connection. It is closed when this returns. */
  interface Conversation {
    void hold(Wire wire) throws IOException;
  }

  /** Answers one request, whose body was read. */
  interface Handler {
    void answer(String head, Wire wire) throws IOException;
  }

  private final ServerSocketChannel listener;
  private final Conversation conversation;
  private final boolean watched;
  private final AtomicInteger connections = new AtomicInteger();
  private final Set<Wire> open = ConcurrentHashMap.newKeySet();
  private final Set<Violation> violations = ConcurrentHashMap.newKeySet();

  private RawBackend(ServerSocketChannel listener, Conversation conversation, boolean watched) {
    this.listener = listener;
    this.conversation = conversation;
    this.watched = watched;
    Thread acceptor = new Thread(this::accept);
    acceptor.setDaemon(true);
    acceptor.start();
  }

  /** Holds a conversation on each connection. */
  static RawBackend holding(Conversation conversation) throws IOException {
    return at(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), conversation);
  }

  /** As {@link #holding}, behind another program than rsp, whose requests are its own affair. */
  static RawBackend behindAnother(Conversation conversation) throws IOException {
    SocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    return new RawBackend(listen(address), conversation, false);
  }

  /** Answers every request of every connection. */
  static RawBackend answering(Handler handler) throws IOException {
    return holding(requests(handler));
  }

  /** Answers every request with its name, the host and the target that it was asked for. */
  static RawBackend named(String name) throws IOException {
    return answering(naming(name));
  }

  /** As {@link #named}, on a Unix socket. */
  static RawBackend named(String name, Path socket) throws IOException {
    return at(UnixDomainSocketAddress.of(socket), requests(naming(name)));
  }

  static RawBackend at(SocketAddress address, Conversation conversation) throws IOException {
    return new RawBackend(listen(address), conversation, true);
  }

  private static ServerSocketChannel listen(SocketAddress address) throws IOException {
    ServerSocketChannel listener =
        address instanceof UnixDomainSocketAddress
            ? ServerSocketChannel.open(StandardProtocolFamily.UNIX)
            : ServerSocketChannel.open();
    listener.bind(address, 1024);
    return listener;
  }

  static Conversation requests(Handler handler) {
    return wire -> {
      for (String head = wire.head(); !head.isEmpty(); head = wire.head()) {
        wire.body(head, false, OutputStream.nullOutputStream());
        handler.answer(head, wire);
      }
    };
  }

  static Handler naming(String name) {
    return (head, wire) -> wire.respond(name + " " + Wire.field(head, "Host") + " " + target(head));
  }

  static String target(String head) {
    return head.substring(head.indexOf(' ') + 1, head.indexOf(" HTTP/"));
  }

  private void accept() {
    while (true) {
      try {
        SocketChannel channel = listener.accept();
        connections.incrementAndGet();
        Wire wire = new Wire(channel, watched ? Watch.backend() : null);
        open.add(wire);
        Thread thread = new Thread(() -> hold(wire));
        thread.setDaemon(true);
        thread.start();
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void hold(Wire wire) {
    try (wire) {
      conversation.hold(wire);
      wire.readTheRest();
    } catch (IOException e) {
      // The other side went away, as some tests want it to; those that do not will miss an answer.
    } finally {
      judge(wire);
      open.remove(wire);
    }
  }

  private void judge(Wire wire) {
    wire.readTheRest();
    Violation violation = wire.violation();
    if (violation != null) {
      violations.add(violation);
    }
  }

  /** Connections that were made so far. */
  int connections() {
    return connections.get();
  }

  /** Connections that are open. */
  int open() {
    return open.size();
  }

  int port() {
    return listener.socket().getLocalPort();
  }

  String address() {
    return "127.0.0.1:" + port();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Wire wire : open) {
      wire.close();
      judge(wire);
    }
    if (!violations.isEmpty()) {
      throw new AssertionError("what rsp wrote to a backend: " + violations);
    }
  }
}
