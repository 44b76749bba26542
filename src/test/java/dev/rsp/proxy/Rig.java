// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import dev.rsp.lua.ScriptException;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * A proxy of one loop on real loopback sockets, between peers that a test plays. Hosts that start
 * with "b" go to the second backend, all others to the first.
 */
final class Rig implements AutoCloseable {
  static final String SELECT = "function select(r) return r.host:sub(1, 1) == 'b' and 2 or 1 end";

  private final ConnectionCount connections = new ConnectionCount();
  private final List<ServerSocket> backends = new ArrayList<>();
  private final List<Peer> peers = new ArrayList<>();
  private final ProxyLoop loop;
  private final Listener listener;

  /** Starts with more lines of the configuration file. */
  Rig(Transport transport, String... lines) throws Exception {
    backends.add(listen(50));
    backends.add(listen(50));
    loop = new ProxyLoop(transport, 0, connections);
    Config config = config(lines);
    serve(config);
    listener = Listener.open(config.listen().get(0), List.of(loop));
    listener.serveBy(List.of(loop));
  }

  /** The transports of this machine. */
  static Stream<Transport> transports() {
    List<Transport> found = new ArrayList<>(List.of(Transport.NIO));
    if (Epoll.isAvailable()) {
      found.add(Transport.EPOLL);
    }
    if (IoUring.isAvailable()) {
      found.add(Transport.IO_URING);
    }
    return found.stream();
  }

  static ServerSocket listen(int backlog) throws IOException {
    var socket = new ServerSocket(0, backlog, InetAddress.getLoopbackAddress());
    socket.setSoTimeout(Peer.PATIENCE_MILLIS);
    return socket;
  }

  private Config config(String... lines) throws IOException, ConfigException {
    Path file = Files.createTempFile("rig", ".lua");
    try {
      Files.writeString(
          file,
          "listen = '127.0.0.1:0'\n"
              + ("backends = {'127.0.0.1:" + backends.get(0).getLocalPort())
              + ("', '127.0.0.1:" + backends.get(1).getLocalPort() + "'}\n")
              + (String.join("\n", lines).contains("select") ? "" : SELECT)
              + ("\n" + String.join("\n", lines)));
      return ConfigLoader.load(file);
    } finally {
      Files.delete(file);
    }
  }

  /** Takes other lines into force, as a reload does. */
  void reload(String... lines) throws Exception {
    serve(config(lines));
  }

  private void serve(Config config) throws ScriptException {
    Service service = Service.of(config);
    onLoop(
        () -> {
          loop.serve(service);
          return true;
        });
  }

  Peer client() throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(listener.label()));
    return keep(new Peer(socket));
  }

  /** A client that has sent something, and whose socket does not grow to hold more of an answer. */
  Peer smallClient(String text) throws IOException {
    var socket = new Socket();
    socket.setReceiveBufferSize(32 * 1024); // before it connects, or the kernel ignores it
    socket.connect(
        new InetSocketAddress(
            InetAddress.getLoopbackAddress(), Integer.parseInt(listener.label())));
    Peer client = keep(new Peer(socket));
    client.send(text);
    return client;
  }

  /** A client that has sent something. */
  Peer client(String text) throws IOException {
    Peer client = client();
    client.send(text);
    return client;
  }

  /** The next connection to the first backend. */
  Peer backend() throws IOException {
    return backend(1);
  }

  Peer backend(int index) throws IOException {
    return keep(new Peer(backends.get(index - 1).accept()));
  }

  /** From here on nobody listens there. */
  void closeBackend(int index) throws IOException {
    backends.get(index - 1).close();
  }

  int backendPort(int index) {
    return backends.get(index - 1).getLocalPort();
  }

  private Peer keep(Peer peer) {
    peers.add(peer);
    return peer;
  }

  void drain() {
    onLoop(
        () -> {
          loop.drain();
          return true;
        });
  }

  int clients() {
    return onLoop(loop::clientCount);
  }

  long endings(Ending ending) {
    return onLoop(() -> loop.endings(ending));
  }

  int counted() {
    return connections.get();
  }

  <T> T onLoop(Callable<T> task) {
    try {
      return loop.eventLoop.submit(task).get(Peer.PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Waits until something holds. */
  void await(String what, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Peer.PATIENCE_MILLIS);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "in vain: " + what);
      TimeUnit.MILLISECONDS.sleep(2);
    }
  }

  /** Bytes that the proxy was to send and that the kernel has not taken. */
  long unsent() {
    return onLoop(loop::unsent);
  }

  /** Whether bytes wait for a peer that does not read, rather than for the end of a turn. */
  boolean stuck() {
    long first = unsent();
    return first > 0 && unsent() == first && unsent() == first;
  }

  void awaitEnding(Ending ending) throws InterruptedException {
    await("one exchange " + ending, () -> endings(ending) == 1);
  }

  @Override
  public void close() throws IOException {
    listener.close();
    onLoop(
        () -> {
          loop.closeAll();
          return true;
        });
    int left = clients();
    loop.shutDown();
    for (Peer peer : peers) {
      peer.close();
    }
    for (ServerSocket backend : backends) {
      backend.close();
    }
    assertTrue(loop.eventLoop.terminationFuture().awaitUninterruptibly(Peer.PATIENCE_MILLIS));
    assertEquals(0, left, "clients left");
    assertEquals(0, connections.get(), "connections counted");
  }
}
