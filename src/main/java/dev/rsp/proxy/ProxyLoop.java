// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.http.HeadWriter;
import dev.rsp.http.RequestHead;
import dev.rsp.http.ResponseHead;
import dev.rsp.http.UwsgiWriter;
import dev.rsp.journal.HostCounts;
import dev.rsp.journal.HostTally;
import dev.rsp.plan.Sampler;
import dev.rsp.route.Client;
import dev.rsp.wake.Starter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One event loop with all that belongs to it: client connections, backend connections, the service
 * in force, deadlines, and the objects that heads are read into and written with.
 *
 * <p>Loops share only counters and the starter of sites. Unless a method says otherwise, it is
 * called on the loop's own thread.
 */
public final class ProxyLoop {
  /**
   * Above the largest read, which one flush may take whole: what a connection does not take is seen
   * by {@link TurnFlusher} after the flush.
   */
  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(ReadBuffers.LARGEST_BYTES, 2 * ReadBuffers.LARGEST_BYTES);

  /**
   * So many slow clients of one loop are a crowd: at 4 MiB each the kernel holds 1 GiB for them.
   */
  private static final int MANY_SLOW = 256;

  final Transport transport;
  final BackendChannels backends;
  final EventLoop eventLoop;
  final DeadlineWheel deadlines;
  final DateField date = new DateField();
  final RequestHead requestHead = new RequestHead();
  final ResponseHead responseHead = new ResponseHead();
  final HeadWriter writer = new HeadWriter();
  final UwsgiWriter uwsgiWriter = new UwsgiWriter();
  final HeldBytes held = new HeldBytes();
  final Starter starter;
  final BackendPools pools = new BackendPools(this);
  final PeerEnd peerEnd = new PeerEnd();
  final AcceptQueues acceptQueues = new AcceptQueues(this);
  final ConnectionCount connections;
  final TurnFlusher flusher;
  final HostTally hosts = new HostTally();
  final Counters counters = new Counters();
  final BackendLog backendLog = new BackendLog();
  final FailureLog failureLog = new FailureLog();
  final LoopMemory memory;
  private final MemoryRelief relief;

  private static final Logger log = LoggerFactory.getLogger(ProxyLoop.class);

  private final IoEventLoopGroup group;
  private final Set<ClientConnection> clients = new HashSet<>();
  private @Nullable Service service;
  private int slowClients;
  private boolean draining;
  private boolean stopping;

  /** Whether it was asked to end. Any thread. */
  private volatile boolean ending;

  private volatile Consumer<String> onBroken = what -> {};

  /**
   * Starts a loop that serves nothing yet. Any thread.
   *
   * @param connections counts client connections over all loops
   */
  public ProxyLoop(Transport transport, int number, ConnectionCount connections) {
    this(transport, number, connections, new MemoryBudget(), new Starter());
  }

  /**
   * Starts a loop that serves nothing yet. Any thread.
   *
   * @param connections counts client connections over all loops
   * @param budget bounds the buffers of all loops
   * @param starter starts sites for all loops
   */
  public ProxyLoop(
      Transport transport,
      int number,
      ConnectionCount connections,
      MemoryBudget budget,
      Starter starter) {
    this(
        transport,
        transport::newClient,
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("loop-" + number, true), transport.ioHandler()),
        connections,
        new LoopMemory(budget, transport.largestReadBytes()),
        starter);
  }

  /** Serves on the only loop of a group, which may be run by hand, and by a clock of its own. */
  ProxyLoop(
      Transport transport,
      BackendChannels backends,
      IoEventLoopGroup group,
      ConnectionCount connections,
      LoopMemory memory) {
    this(transport, backends, group, connections, memory, new Starter());
  }

  private ProxyLoop(
      Transport transport,
      BackendChannels backends,
      IoEventLoopGroup group,
      ConnectionCount connections,
      LoopMemory memory,
      Starter starter) {
    this.starter = starter;
    this.memory = memory;
    this.relief = new MemoryRelief(memory);
    this.transport = transport;
    this.backends = backends;
    this.connections = connections;
    this.group = group;
    this.eventLoop = group.next();
    this.deadlines = new DeadlineWheel(eventLoop.ticker().nanoTime(), failureLog);
    this.flusher = new TurnFlusher(eventLoop, transport.writesAtOnce(), failureLog);
    boolean started = false;
    try {
      eventLoop
          .scheduleWithFixedDelay(
              this::tick,
              DeadlineWheel.TICK_MILLIS,
              DeadlineWheel.TICK_MILLIS,
              TimeUnit.MILLISECONDS)
          .addListener(done -> broken("the timer of an event loop has ended", done.cause()));
      eventLoop
          .terminationFuture()
          .addListener(done -> broken("the thread of an event loop has ended", done.cause()));
      started = true;
    } finally {
      if (!started) {
        ending = true;
        // no thread could be had, and no other object knows of its descriptors
        group.shutdownGracefully(0, 0, TimeUnit.SECONDS);
      }
    }
  }

  private void tick() {
    guarded("the date was not refreshed", date::refresh);
    guarded(
        "a tick of the deadlines failed", () -> deadlines.advance(eventLoop.ticker().nanoTime()));
    guarded("memory was not looked at", () -> relief.tick(clients));
  }

  /**
   * Runs a task of the loop itself. What it throws is logged, and ends only this run of it.
   *
   * @param failure a constant, as of {@link FailureLog#failed}
   */
  void guarded(String failure, Runnable task) {
    try {
      task.run();
    } catch (Throwable e) {
      failureLog.failed(failure, e);
    }
  }

  /** Shows a request to the sampler, of which no answer depends. */
  void sample(Sampler sampler, RequestHead head, Client client) {
    try {
      sampler.look(head, client);
    } catch (Throwable e) {
      failureLog.failed("a request was not sampled", e);
    }
  }

  /**
   * Sets what is done when the loop can serve no more although it was not stopped: its thread or
   * its timer has ended, or one of its listening sockets is closed. Any thread; the action runs on
   * any thread, perhaps more than once.
   *
   * @param action takes what has happened, in words
   */
  public void whenBroken(Consumer<String> action) {
    onBroken = action;
  }

  /** The loop can serve no more: ends the process, if this was not asked for. Any thread. */
  void broken(String what, @Nullable Throwable cause) {
    if (!ending) {
      log.error("{}", what, cause);
      onBroken.accept(what);
    }
  }

  /** Takes a new service into force and closes idle connections to places it does not list. */
  public void serve(Service newer) {
    service = newer;
    memory.configure(newer.terms.limits.memoryBytes());
    draining = stopping;
    pools.keepOnly(newer);
  }

  Service service() {
    Service current = service;
    if (current == null) {
      throw new IllegalStateException("no service yet");
    }
    return current;
  }

  /** Whether the next answer of a connection says that it is the last. */
  boolean draining() {
    return draining;
  }

  /** Whether connections are to end after the request in flight, whatever its answer said. */
  boolean stopping() {
    return stopping;
  }

  /**
   * Lets every connection end with its next answer, and says so in it. A client that is about to
   * ask on a kept connection would lose its request if that were closed.
   */
  public void retire() {
    draining = true;
  }

  /** Lets requests in flight finish, and closes connections that wait for the next one. */
  public void drain() {
    draining = true;
    stopping = true;
    for (ClientConnection client : new ArrayList<>(clients)) {
      try {
        client.drain();
      } catch (Throwable e) {
        guarded("a connection was not closed", () -> client.failed(e));
      }
    }
    pools.closeIdle();
  }

  /** Closes every connection at once. */
  public void closeAll() {
    for (ClientConnection client : new ArrayList<>(clients)) {
      guarded("a connection was not closed", () -> client.close(Ending.DRAINED));
    }
    pools.closeIdle();
  }

  /** Hands over the counts of hosts, and goes on with an empty table. Any thread. */
  public void takeHosts(HostCounts empty, Consumer<HostCounts> full) {
    eventLoop.execute(
        () -> {
          HostCounts counts = empty; // who asked waits for one, whatever happens
          try {
            counts = hosts.swap(empty);
          } catch (Throwable e) {
            failureLog.failed("the counts of hosts were not handed over", e);
          }
          full.accept(counts);
        });
  }

  /** How many client connections there are. */
  public int clientCount() {
    return clients.size();
  }

  /** How many requests have begun to come and have not ended. */
  int begun() {
    return (int) clients.stream().filter(client -> client.end.open()).count();
  }

  /** Bytes that were sent on, to clients and backends, and that the kernel has not taken yet. */
  long unsent() {
    long unsent = 0;
    for (ClientConnection client : clients) {
      unsent += client.unsent();
    }
    return unsent;
  }

  /** Runs something on the loop. Any thread. */
  public void execute(Runnable task) {
    eventLoop.execute(task);
  }

  /** Stops the loop's thread; connections that are left are closed. Any thread. */
  public void shutDown() {
    ending = true;
    try {
      eventLoop.execute(memory::release);
    } catch (RejectedExecutionException e) {
      log.debug("the loop has ended before", e);
    } finally {
      group.shutdownGracefully(0, 5, TimeUnit.SECONDS);
    }
  }

  /** Takes in a connection that was accepted, on this loop or another. */
  void adopt(Channel channel) {
    ClientConnection client = new ClientConnection(this, channel);
    prepare(channel, new ReadBuffers(memory, ReadBuffers.SMALL_BYTES, client::mostReadBytes));
    // A client may say that its request is complete and still wait for the answer.
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    if (slowClients >= MANY_SLOW) {
      transport.boundSendBuffer(channel);
    }
    channel.pipeline().addLast(client);
    HalfClosed.keepWatched(channel);
    eventLoop.register(channel);
  }

  private void prepare(Channel channel, ReadBuffers reads) {
    channel.config().setOption(ChannelOption.ALLOCATOR, memory.allocator());
    channel.config().setOption(ChannelOption.RECVBUF_ALLOCATOR, reads);
    channel.config().setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK);
  }

  /**
   * Sets up a channel to a backend.
   *
   * @param mostReadBytes how large the next read from it may be for the client that gets the bytes
   */
  void prepareBackend(Channel channel, IntSupplier mostReadBytes) {
    prepare(channel, new ReadBuffers(memory, ReadBuffers.MIDDLE_BYTES, mostReadBytes));
    transport.boundUnsent(channel);
    // A backend may answer early and stop reading; the failing write must not lose the answer.
    channel.config().setOption(ChannelOption.AUTO_CLOSE, false);
    // Our own deadline serves for it, without a task per connection.
    channel.config().setOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0);
    HalfClosed.keepWatched(channel);
  }

  void opened(ClientConnection client) {
    clients.add(client);
  }

  void closed(ClientConnection client) {
    clients.remove(client);
  }

  /** One more client does not take what it is sent, or one less if negative. */
  void countSlow(int change) {
    slowClients += change;
  }

  /** How the exchanges of this loop ended. Any thread. */
  public Counters counters() {
    return counters;
  }

  /** How many exchanges ended so. */
  long endings(Ending ending) {
    return counters.get(ending);
  }

  ByteBufAllocator allocator() {
    return memory.allocator();
  }

  /** Bytes that the allocator of this loop's buffers has from the system. Any thread. */
  public long allocatedBytes() {
    return memory.allocatedBytes();
  }

  /**
   * Puts the head that was just written before a body, and takes over the body's buffer.
   *
   * @return the head and what was readable of {@code body}; the caller releases it
   */
  ByteBuf withHead(ByteBuf body) {
    int length = writer.length();
    int start = body.readerIndex() - length;
    if (start >= 0) {
      body.readerIndex(start);
      body.setBytes(start, writer.bytes(), 0, length);
      return body;
    }
    try {
      return allocator()
          .directBuffer(length + body.readableBytes())
          .writeBytes(writer.bytes(), 0, length)
          .writeBytes(body);
    } finally {
      body.release();
    }
  }
}
