// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.rsp.config.ListenAddress;
import dev.rsp.net.ConnectionCount;
import dev.rsp.net.Listener;
import dev.rsp.net.LoopMemory;
import dev.rsp.net.MemoryBudget;
import dev.rsp.net.NetLoop;
import dev.rsp.net.ReadBuffers;
import dev.rsp.net.Transport;
import dev.rsp.wake.Starter;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoRegistration;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A loop that can serve no more says so, because then the process has to end. */
@Timeout(60)
final class LoopEndTest {
  private final BlockingQueue<String> reports = new LinkedBlockingQueue<>();

  private Worker loop(MultiThreadIoEventLoopGroup group) {
    var loop =
        new Worker(
            new NetLoop(
                Transport.NIO,
                Transport.NIO::newClient,
                group,
                new LoopMemory(new MemoryBudget(), ReadBuffers.LARGEST_BYTES)),
            new ConnectionCount(),
            new Starter());
    loop.net().whenBroken(reports::add);
    return loop;
  }

  private static MultiThreadIoEventLoopGroup nio() {
    return new MultiThreadIoEventLoopGroup(
        1, new DefaultThreadFactory("test", true), Transport.NIO.ioHandler());
  }

  @Test
  void anErrorOfTheKernelsInterfaceEndsTheThreadAndIsReported() throws InterruptedException {
    Worker loop =
        loop(
            new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("test", true), executor -> new Broken()));
    loop.net().eventLoop().terminationFuture().awaitUninterruptibly();
    String report = reports.take();
    // The timer's tasks are cancelled by the end of the thread, and either may come first.
    if (report.equals("the timer of an event loop has ended")) {
      report = reports.take();
    }
    assertEquals("the thread of an event loop has ended", report);
  }

  @Test
  void anErrorOfATaskEndsNothing() throws InterruptedException {
    Worker loop = loop(nio());
    loop.execute(
        () -> {
          throw new LinkageError("injected");
        });
    var ran = new LinkedBlockingQueue<String>();
    loop.execute(() -> ran.add("ran"));
    assertEquals("ran", ran.take());
    loop.shutDown();
    loop.net().eventLoop().terminationFuture().awaitUninterruptibly();
    assertNull(reports.poll(100, TimeUnit.MILLISECONDS));
  }

  @Test
  void aListeningSocketThatClosesWithoutBeingAskedIsReported() throws Exception {
    Worker loop = loop(nio());
    ListenAddress address = EmbeddedRig.config().listen().get(0);
    Listener first = Listener.open(address, List.of(loop), List.of());
    first.close();
    assertNull(reports.poll(100, TimeUnit.MILLISECONDS));
    Listener second = Listener.open(address, List.of(loop), List.of());
    second.sockets().get(0).close().awaitUninterruptibly();
    assertEquals("a listening socket was closed: " + address.text(), reports.take());
    loop.shutDown();
  }

  /** Netty takes an error thrown here for the end of the loop. */
  private static final class Broken implements IoHandler {
    @Override
    public int run(IoHandlerContext context) {
      throw new LinkageError("injected");
    }

    @Override
    public IoRegistration register(IoHandle handle) {
      throw new IllegalStateException("it has no channels");
    }

    @Override
    public void wakeup() {
      // It never waits.
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> type) {
      return false;
    }
  }
}
