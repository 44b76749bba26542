// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.rig;

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
 * A backend that does exactly what a test says, with a thread per connection. The bytes that rsp
 * writes to it are judged by {@code dev.rsp.referee}, and {@link #close} fails if one is wrong.
 */
public final class RawBackend implements Closeable {
  /** What happens on one connection. It is closed when this returns. */
  public interface Conversation {
    /** Reads and writes; an exception means that the other side has closed. */
    void hold(Wire wire) throws IOException;
  }

  /** Answers one request, whose body was read. */
  public interface Handler {
    /** Writes the response to the request with this head. */
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
  public static RawBackend holding(Conversation conversation) throws IOException {
    return at(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), conversation);
  }

  /**
   * As {@link #holding}, but another program than rsp is its client, so its requests are not
   * judged.
   */
  public static RawBackend behindAnother(Conversation conversation) throws IOException {
    SocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    return new RawBackend(listen(address), conversation, false);
  }

  /** Answers every request of every connection. */
  public static RawBackend answering(Handler handler) throws IOException {
    return holding(requests(handler));
  }

  /** Answers every request with a name, and the host and the target of the request. */
  public static RawBackend named(String name) throws IOException {
    return answering(naming(name));
  }

  /** As {@link #named}, on a Unix socket. */
  public static RawBackend named(String name, Path socket) throws IOException {
    return at(UnixDomainSocketAddress.of(socket), requests(naming(name)));
  }

  /** As {@link #holding}, at an address: of TCP, or of a Unix socket. */
  public static RawBackend at(SocketAddress address, Conversation conversation) throws IOException {
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

  /** A conversation that reads request after request, with body, and has each answered. */
  public static Conversation requests(Handler handler) {
    return wire -> {
      for (String head = wire.head(); !head.isEmpty(); head = wire.head()) {
        wire.body(head, false, OutputStream.nullOutputStream());
        handler.answer(head, wire);
      }
    };
  }

  /** Answers with a name, the host and the target of the request. */
  public static Handler naming(String name) {
    return (head, wire) -> wire.respond(name + " " + Wire.field(head, "Host") + " " + target(head));
  }

  /** The target in the head of a request. */
  public static String target(String head) {
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
      // The other side closed, as some tests want; in other tests a response will be missing.
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

  /** The number of connections that were made so far. */
  public int connections() {
    return connections.get();
  }

  /** The number of connections that are open. */
  public int open() {
    return open.size();
  }

  /** The TCP port that it listens on. */
  public int port() {
    return listener.socket().getLocalPort();
  }

  /** The address as a configuration file writes it. */
  public String address() {
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
