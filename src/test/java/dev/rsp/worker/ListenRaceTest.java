// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rsp.config.ListenAddress;
import dev.rsp.config.ListenOptions;
import dev.rsp.net.Acceptor;
import dev.rsp.net.ConnectionCount;
import dev.rsp.net.Listener;
import dev.rsp.net.NetLoop;
import dev.rsp.net.Transport;
import io.netty.channel.Channel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Programs that begin to listen on one address in the same moment: one of them gets it. */
@Timeout(120)
final class ListenRaceTest {
  private static final int ROUNDS = 15;

  @TempDir private Path directory;

  private final List<Worker> loops = new ArrayList<>();

  @AfterEach
  void stop() {
    loops.forEach(Worker::shutDown);
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void oneOfSeveralGetsThePort(Transport transport) throws Exception {
    ServerSocket any = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    int port = any.getLocalPort();
    any.close();
    race(
        transport,
        3,
        new ListenAddress(
            "127.0.0.1:" + port,
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
            null));
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void oneOfSeveralGetsTheUnixSocketAndClientsReachIt(Transport transport) throws Exception {
    Path file = directory.resolve("rsp.sock");
    race(transport, 3, new ListenAddress("unix:" + file, null, file.toString()));
  }

  /** Each takes the socket of a program that was killed for the same dead one. */
  @ParameterizedTest
  @EnumSource(Transport.class)
  void oneOfSeveralReplacesADeadUnixSocket(Transport transport) throws Exception {
    Path file = directory.resolve("rsp.sock");
    for (int round = 0; round < ROUNDS; round++) {
      try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
        dead.bind(UnixDomainSocketAddress.of(file));
      }
      round(transport, 3, new ListenAddress("unix:" + file, null, file.toString()));
    }
  }

  private void race(Transport transport, int programs, ListenAddress address) throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      round(transport, programs, address);
    }
  }

  private void round(Transport transport, int programs, ListenAddress address) throws Exception {
    List<List<Worker>> all = programs(transport, programs);
    CyclicBarrier together = new CyclicBarrier(programs);
    List<CompletableFuture<Object>> results = new ArrayList<>();
    for (List<Worker> program : all) {
      results.add(
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  together.await();
                  return Listener.open(address, program, List.of());
                } catch (IOException e) {
                  return String.valueOf(e.getMessage());
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              },
              task -> new Thread(task).start()));
    }
    List<Listener> listening = new ArrayList<>();
    for (CompletableFuture<Object> result : results) {
      if (result.get() instanceof Listener listener) {
        listening.add(listener);
      } else {
        assertEquals("Address already in use", result.get());
      }
    }
    try {
      assertEquals(1, listening.size());
      connect(address);
      assertEquals(List.of(), leftBeside(address));
    } finally {
      listening.forEach(Listener::close);
    }
    awaitClosed(address);
  }

  /** NIO and io_uring close a socket some time after its channel. */
  private static void awaitClosed(ListenAddress address) throws InterruptedException {
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (true) {
      try {
        connect(address);
      } catch (IOException e) {
        return;
      }
      assertTrue(System.nanoTime() < deadline, "it still listens");
      Thread.sleep(1);
    }
  }

  private List<List<Worker>> programs(Transport transport, int count) {
    assumeTrue(transport != Transport.EPOLL || Epoll.isAvailable());
    assumeTrue(transport != Transport.IO_URING || IoUring.isAvailable());
    while (loops.size() < 2 * count) {
      loops.add(new Worker(transport, loops.size(), new ConnectionCount()));
    }
    return Stream.iterate(0, i -> i + 2).limit(count).map(i -> loops.subList(i, i + 2)).toList();
  }

  private static void connect(ListenAddress address) throws IOException {
    String path = address.unixPath();
    try (SocketChannel client =
        path == null
            ? SocketChannel.open(address.socket())
            : SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      assertTrue(client.isConnected());
    }
  }

  /** What is in the directory of a Unix socket apart from that. */
  private List<Path> leftBeside(ListenAddress address) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> !file.toString().equals(address.unixPath())).toList();
    }
  }

  /** A program that does not look whether the port is free, of the same user. */
  @Test
  void aPortIsNotSharedWithAnotherProgramThatTakesItMeanwhile() throws Exception {
    Worker first = programs(Transport.of("auto"), 1).get(0).get(0);
    Worker second = loops.get(1);
    List<ServerSocketChannel> stranger = new ArrayList<>();
    ServerSocket any = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    InetSocketAddress socket = (InetSocketAddress) any.getLocalSocketAddress();
    any.close();
    ListenAddress address = new ListenAddress("127.0.0.1:" + socket.getPort(), socket, null);
    Acceptor taken =
        new Acceptor() {
          @Override
          public NetLoop net() {
            if (stranger.isEmpty()) {
              try {
                ServerSocketChannel channel = ServerSocketChannel.open();
                channel.setOption(StandardSocketOptions.SO_REUSEPORT, true);
                channel.bind(socket);
                stranger.add(channel);
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            }
            return second.net();
          }

          @Override
          public void adopt(Channel channel, ListenOptions options) {
            second.adopt(channel, options);
          }
        };
    IOException refused =
        assertThrows(
            IOException.class, () -> Listener.open(address, List.of(first, taken), List.of()));
    assertEquals("Address already in use by another program as well", refused.getMessage());
    assertFalse(stranger.isEmpty());
    stranger.get(0).close();
    Listener.open(address, List.of(first, second), List.of()).close();
  }
}
