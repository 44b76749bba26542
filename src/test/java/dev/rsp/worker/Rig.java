// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import dev.rsp.config.ListenAddress;
import dev.rsp.exchange.Counters;
import dev.rsp.exchange.Ending;
import dev.rsp.exchange.Loads;
import dev.rsp.exchange.Service;
import dev.rsp.lua.ScriptException;
import dev.rsp.net.ConnectionCount;
import dev.rsp.net.Listener;
import dev.rsp.net.Transport;
import dev.rsp.referee.Violation;
import dev.rsp.referee.Watch;
import dev.rsp.route.RequestSampler;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
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
import org.jspecify.annotations.Nullable;

/**
 * A proxy of one loop on real loopback sockets, between peers that a test plays. All that it writes
 * to them goes past a referee, and {@link #close} fails if a byte of it is wrong. Hosts that start
 * with "b" go to the second backend, all others to the first.
 */
final class Rig implements AutoCloseable {
  static final String SELECT = "function select(r) return r.host:sub(1, 1) == 'b' and 2 or 1 end";

  private final ConnectionCount connections = new ConnectionCount();
  private final Loads loads = new Loads();
  private final List<ServerSocket> backends = new ArrayList<>();
  private final List<Peer> peers = new ArrayList<>();
  private final InetAddress address = OwnAddress.next();
  private final Worker loop;
  private final Listener listener;

  private final @Nullable TestTls tls;

  /** Starts with more lines of the configuration file. */
  Rig(Transport transport, String... lines) throws Exception {
    this(transport, null, lines);
  }

  /** The same for clients that speak TLS, if it is not null. */
  Rig(Transport transport, @Nullable TestTls tls, String... lines) throws Exception {
    this.tls = tls;
    backends.add(listen(address, 0));
    backends.add(listen(address, 0));
    loop = new Worker(transport, 0, connections);
    Config config = config(lines);
    serve(config);
    ListenAddress at = config.listen().get(0);
    listener = Listener.open(tls == null ? at : tls.listenAt(at), List.of(loop), List.of());
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

  static Stream<Transport> transportsButIoUring() {
    return transports().filter(transport -> transport != Transport.IO_URING);
  }

  static ServerSocket listen(InetAddress address, int port) throws IOException {
    var socket = new ServerSocket(port, 50, address);
    socket.setSoTimeout(Peer.PATIENCE_MILLIS);
    return socket;
  }

  Config config(String... lines) throws IOException, ConfigException {
    return config(address.getHostAddress(), backendPort(1), backendPort(2), lines);
  }

  /**
   * A configuration with backends on two ports of an address, and more lines of the file. Where
   * these do not say otherwise, a connect that is refused has failed at once, and clients that end
   * their side get their response.
   */
  static Config config(String host, int first, int second, String... lines)
      throws IOException, ConfigException {
    String more = String.join("\n", lines);
    if (!more.contains("connect_retry")) {
      more =
          more.contains("timeouts = {")
              ? more.replace("timeouts = {", "timeouts = {connect_retry = 0, ")
              : more + "\ntimeouts = {connect_retry = 0}";
    }
    if (!more.contains("abort_on_close")) {
      more += "\nabort_on_close = false";
    }
    Path file = Files.createTempFile("rig", ".lua");
    try {
      Files.writeString(
          file,
          ("listen = '" + host + ":0'\n")
              + "backends = {'%s:%d', '%s:%d'}\n".formatted(host, first, host, second)
              + "via = 'rsp'\n"
              + (more.contains("select") ? "" : SELECT)
              + ("\n" + more));
      return ConfigLoader.load(file);
    } finally {
      Files.delete(file);
    }
  }

  /** Takes other lines into force, as a reload does. */
  void reload(String... lines) throws Exception {
    serve(config(lines));
  }

  void serve(Config config) throws ScriptException {
    Service service =
        tls == null
            ? Service.of(config, loads)
            : Service.of(config, 1, loads, RequestSampler.NONE, null, null, null, tls);
    onLoop(
        () -> {
          loop.serve(service);
          return true;
        });
  }

  Peer client() throws IOException {
    var socket = new Socket(address, port());
    return keep(new Peer(tls == null ? socket : tls.over(socket), Watch.client()));
  }

  /** A client that has sent something, and whose socket does not grow to hold more of an answer. */
  Peer smallClient(String text) throws IOException {
    var socket = new Socket();
    socket.setReceiveBufferSize(32 * 1024); // before it connects, or the kernel ignores it
    socket.connect(new InetSocketAddress(address, port()));
    Peer client = keep(new Peer(tls == null ? socket : tls.over(socket), Watch.client()));
    client.send(text);
    return client;
  }

  /** Where the proxy listens. */
  int port() {
    return Integer.parseInt(listener.label());
  }

  /** A client that has sent something. */
  Peer client(String text) throws IOException {
    Peer client = client();
    client.send(text);
    return client;
  }

  /**
   * A client that has sent something by the time the proxy accepts it, however busy the machine is:
   * the loop that accepts does both. No time passes in which it could be given up before.
   */
  Peer promptClient(String text) {
    return onLoop(() -> client(text));
  }

  /** The next connection to the first backend. */
  Peer backend() throws IOException {
    return backend(1);
  }

  Peer backend(int index) throws IOException {
    return backend(backends.get(index - 1));
  }

  /** The next connection to a backend of the test's own. */
  Peer backend(ServerSocket listening) throws IOException {
    return keep(new Peer(listening.accept(), Watch.backend()));
  }

  /** A connection that a backend of the test's own has accepted. */
  Peer backend(Socket accepted) throws IOException {
    return keep(new Peer(accepted, Watch.backend()));
  }

  /** The next connection, to whichever backend. */
  Peer anyBackend() throws IOException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Peer.PATIENCE_MILLIS);
    while (System.nanoTime() < deadline) {
      for (ServerSocket backend : backends) {
        backend.setSoTimeout(20);
        try {
          return keep(new Peer(backend.accept(), Watch.backend()));
        } catch (SocketTimeoutException e) {
          // The other one, then.
        } finally {
          backend.setSoTimeout(Peer.PATIENCE_MILLIS);
        }
      }
    }
    throw new AssertionError("no connection to a backend");
  }

  /** From here on nobody listens there. */
  void closeBackend(int index) throws IOException {
    backends.get(index - 1).close();
  }

  int backendPort(int index) {
    return backends.get(index - 1).getLocalPort();
  }

  /** As a configuration file writes it. */
  String backendAddress(int index) {
    return address.getHostAddress() + ":" + backendPort(index);
  }

  /** Where all of this rig listens, and nobody else. */
  InetAddress address() {
    return address;
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

  /** Requests of which the proxy has read something, and that have not ended. */
  int begun() {
    return onLoop(loop::begun);
  }

  long endings(Ending ending) {
    return onLoop(() -> loop.counters().get(ending));
  }

  /** All endings that are not zero, as {@link Counters#summary} says them. */
  String summary() {
    return onLoop(() -> Counters.summary(List.of(loop.counters())));
  }

  Worker loop() {
    return loop;
  }

  /** Requests in flight, as they are counted for {@code limits.slot_share}. */
  long inFlight() {
    return loads.inFlight();
  }

  int counted() {
    return connections.get();
  }

  <T> T onLoop(Callable<T> task) {
    try {
      return loop.net().eventLoop().submit(task).get(Peer.PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
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
    return onLoop(loop::unsentBytes);
  }

  /** Bytes of bodies that are held until they are whole. */
  long held() {
    return onLoop(loop.state().held()::get);
  }

  /** Requests that wait for their site to start. */
  int waiting() {
    return loop.state().starter().waiting();
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
    // With io_uring a connection is closed when the kernel has ended what was under way in it.
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Peer.PATIENCE_MILLIS);
    int left = clients();
    while (left > 0 && System.nanoTime() < deadline) {
      left = clients();
    }
    loop.state().starter().close();
    loop.shutDown();
    assertTrue(
        loop.net().eventLoop().terminationFuture().awaitUninterruptibly(Peer.PATIENCE_MILLIS));
    List<String> violations = new ArrayList<>();
    for (ServerSocket backend : backends) {
      keepTheRest(backend);
      backend.close();
    }
    for (Peer peer : peers) {
      Violation violation = peer.verdict();
      if (violation != null) {
        violations.add(violation.toString());
      }
      peer.close();
    }
    assertEquals(0, left, "clients left");
    assertEquals(0, connections.get(), "connections counted");
    assertEquals(0, loads.inFlight(), "requests counted");
    assertEquals(List.of(), violations, "what the proxy must not have written");
  }

  /** Connections that the test did not look at. */
  private void keepTheRest(ServerSocket backend) throws IOException {
    if (backend.isClosed()) {
      return;
    }
    backend.setSoTimeout(1);
    try {
      while (true) {
        backend(backend);
      }
    } catch (SocketTimeoutException none) {
      // These were all.
    }
  }
}
