// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import dev.rsp.config.Config;
import dev.rsp.config.ConfigLoader;
import dev.rsp.config.ListenAddress;
import dev.rsp.exchange.Ending;
import dev.rsp.exchange.Loads;
import dev.rsp.exchange.Service;
import dev.rsp.fuzz.Check;
import dev.rsp.lua.ScriptException;
import dev.rsp.net.ConnectionCount;
import dev.rsp.net.Listener;
import dev.rsp.net.LoopMemory;
import dev.rsp.net.MemoryBudget;
import dev.rsp.net.NetLoop;
import dev.rsp.net.ReadBuffers;
import dev.rsp.net.Transport;
import dev.rsp.wake.Starter;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ManualIoEventLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * The one loop that exchanges are run through, and the listening sockets of its backends.
 *
 * <p>The thread that plays the peers also runs the loop, so an input does the same each time, and
 * no time is lost by waiting for another thread.
 */
final class FuzzRig {
  private static final int PATIENCE_SECONDS = 30;

  /** What a loop keeps for the next large read; see HotBuffers. */
  private static final long KEPT_BYTES = 512 << 10;

  private final ConnectionCount connections = new ConnectionCount();
  private final Queue<String> errors = new ConcurrentLinkedQueue<>();
  private final ServerSocketChannel[] listeners;
  private final ManualIoEventLoop hand;
  private final Worker loop;
  private final Config[] configs;
  private final InetSocketAddress address;
  private int config;
  private long paths;

  private FuzzRig() throws Exception {
    watchLog();
    listeners = new ServerSocketChannel[] {listen(), listen()};
    String first = "'127.0.0.1:" + listeners[0].socket().getLocalPort() + "'";
    String second = "'127.0.0.1:" + listeners[1].socket().getLocalPort() + "'";
    configs =
        new Config[] {
          load("backends = {" + first + ", " + second + "}\n" + Rig.SELECT),
          load("backends = {" + second + "}\nforwarded = 'append'")
        };
    Transport transport = Transport.of("auto");
    hand = new ManualIoEventLoop(Thread.currentThread(), transport.ioHandler());
    loop =
        new Worker(
            new NetLoop(
                transport,
                transport::newClient,
                hand,
                new LoopMemory(new MemoryBudget(), ReadBuffers.LARGEST_BYTES)),
            connections,
            new Starter());
    serve();
    // To bind waits for the loop, which this thread runs.
    CompletableFuture<Listener> opening =
        CompletableFuture.supplyAsync(() -> listen(configs[0].listen().get(0)));
    while (!opening.isDone()) {
      hand.runNow();
    }
    address =
        new InetSocketAddress(
            InetAddress.getLoopbackAddress(), Integer.parseInt(opening.get().label()));
  }

  /** Makes the loop, which the calling thread then runs. */
  static FuzzRig start() {
    try {
      return new FuzzRig();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private Listener listen(ListenAddress address) {
    try {
      Listener listener = Listener.open(address, List.of(loop), List.of());
      listener.serveBy(List.of(loop));
      return listener;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void watchLog() {
    var watch =
        new AppenderBase<ILoggingEvent>() {
          @Override
          protected void append(ILoggingEvent event) {
            if (event.getLevel().isGreaterOrEqual(Level.ERROR)) {
              errors.add(
                  event.getFormattedMessage()
                      + (event.getThrowableProxy() == null
                          ? ""
                          : "\n" + ThrowableProxyUtil.asString(event.getThrowableProxy())));
            }
          }
        };
    watch.start();
    ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).addAppender(watch);
  }

  private static ServerSocketChannel listen() throws IOException {
    ServerSocketChannel listener = ServerSocketChannel.open();
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
    listener.configureBlocking(false);
    return listener;
  }

  private static Config load(String lua) throws Exception {
    Path file = Files.createTempFile("fuzz", ".lua");
    try {
      return ConfigLoader.load(Files.writeString(file, "listen = '127.0.0.1:0'\n" + lua));
    } finally {
      Files.delete(file);
    }
  }

  private void serve() throws ScriptException {
    loop.serve(Service.of(configs[config], new Loads()));
  }

  /** Takes the other configuration into force. */
  void reload() {
    config = 1 - config;
    try {
      serve();
    } catch (ScriptException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A client's connection. */
  Side connect() {
    try {
      return new Side(SocketChannel.open(address));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A connection that the proxy has made; null if there is none. */
  @Nullable Side accept() {
    try {
      for (ServerSocketChannel listener : listeners) {
        SocketChannel accepted = listener.accept();
        if (accepted != null) {
          return new Side(accepted);
        }
      }
      return null;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Has the loop do what there is to do; false if there was nothing. */
  boolean turn() {
    return hand.runNow() > 0;
  }

  /** The loop's own time, which stands still while the process does. */
  long millis() {
    return loop.net().deadlines().nowMillis();
  }

  /** How many exchanges ended in each way. */
  Map<Ending, Long> endings() {
    Map<Ending, Long> count = new EnumMap<>(Ending.class);
    for (Ending ending : Ending.values()) {
      count.put(ending, loop.counters().get(ending));
    }
    return count;
  }

  String nextPath() {
    return "/probe-" + paths++;
  }

  void awaitNoClients(byte[] data) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (loop.clientCount() > 0) {
      turn();
      Check.that(System.nanoTime() < deadline, () -> "a client is left\n" + Check.shown(data));
    }
  }

  /** No error in the log, no client counted, and no memory in use but what is always kept. */
  void checkNothingLeft(byte[] data) {
    turn();
    String error = errors.poll();
    Check.that(error == null, () -> "logged: " + error + "\n" + Check.shown(data));
    Check.same("connections counted", 0, connections.get(), data);
    // Exact only without pools: scripts/fuzz runs without. Elsewhere the leak detector looks.
    if (loop.net().allocator() instanceof UnpooledByteBufAllocator allocator) {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      while (allocator.metric().usedDirectMemory() > KEPT_BYTES) {
        Check.that(
            System.nanoTime() < deadline,
            () ->
                "bytes in use: "
                    + allocator.metric().usedDirectMemory()
                    + "\n"
                    + Check.shown(data));
        turn();
      }
    }
  }
}
