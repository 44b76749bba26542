// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.net.SocketAddress;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The network part of one event loop: its thread, clock, buffers and flusher, and the options of
 * its channels.
 *
 * <p>Unless a method says otherwise, it is called on the loop's own thread.
 */
public final class NetLoop {
  private static final Logger log = LoggerFactory.getLogger(NetLoop.class);

  /**
   * Above the largest read, which one flush may take whole: {@link TurnFlusher} detects what is
   * left after the flush.
   */
  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(ReadBuffers.LARGEST_BYTES, 2 * ReadBuffers.LARGEST_BYTES);

  /**
   * How the C library's text begins for EMFILE and ENFILE. The launcher sets its language; the JDK
   * has only this text.
   */
  private static final String OUT_OF_DESCRIPTORS = "Too many open files";

  /** Slow clients per loop that count as many: at 4 MiB each the kernel holds 1 GiB for them. */
  private static final int MANY_SLOW = 256;

  private final Transport transport;
  private final OutboundChannels outbound;
  private final IoEventLoopGroup group;
  private final EventLoop eventLoop;
  private final LoopMemory memory;
  private final FailureLog failureLog = new FailureLog();
  private final PeerState peerState = new PeerState();
  private final DeadlineWheel deadlines;
  private final TurnFlusher flusher;
  private int slowClients;

  /** What the timer runs beside the deadlines, and what that allows. */
  private IntSupplier ownTick = () -> 1;

  /** Runs {@link #tick}; null before the start. */
  private @Nullable Future<?> timer;

  /** The period of the timer, in ticks. */
  private int period;

  /** Whether {@link #shutDown} was called. Any thread. */
  private volatile boolean ending;

  private volatile Consumer<String> onBroken = what -> {};

  private BooleanSupplier freeing = () -> false;

  /**
   * Starts the thread of a loop. Any thread.
   *
   * @param number names the thread
   */
  public NetLoop(Transport transport, int number, MemoryBudget budget) {
    this(
        transport,
        transport::newClient,
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("loop-" + number, true), transport.ioHandler()),
        new LoopMemory(budget, transport.largestReadBytes()));
  }

  /** Uses the only loop of a group, which a test may run by hand and with its own clock. */
  public NetLoop(
      Transport transport, OutboundChannels outbound, IoEventLoopGroup group, LoopMemory memory) {
    this.transport = transport;
    this.outbound = outbound;
    this.group = group;
    this.memory = memory;
    this.eventLoop = group.next();
    this.deadlines = new DeadlineWheel(eventLoop.ticker().nanoTime(), failureLog, this::wake);
    this.flusher = new TurnFlusher(eventLoop, transport.writesAtOnce(), failureLog);
  }

  /**
   * Starts the timer of the loop: from now on deadlines expire. Any thread, once.
   *
   * @param tick runs before them, every {@value DeadlineWheel#TICK_MILLIS} ms or, while the loop is
   *     idle, later; what it throws is logged. It returns after how many ticks it must run again:
   *     1, {@link DeadlineWheel#REST_TICKS} or {@link DeadlineWheel#LONG_REST_TICKS}
   */
  public void startTimer(IntSupplier tick) {
    boolean started = false;
    try {
      ownTick = tick;
      eventLoop.submit(() -> setPeriod(1)).addListener(this::timerStarted);
      eventLoop
          .terminationFuture()
          .addListener(done -> broken("the thread of an event loop has ended", done.cause()));
      started = true;
    } finally {
      if (!started) {
        ending = true;
        // no thread could be created, and nothing else references its descriptors
        group.shutdownGracefully(0, 0, TimeUnit.SECONDS);
      }
    }
  }

  private void tick() {
    int most = 1;
    try {
      most = ownTick.getAsInt();
    } catch (Throwable e) {
      failureLog.failed("a tick of the loop failed", e);
    }
    try {
      deadlines.advance(eventLoop.ticker().nanoTime());
    } catch (Throwable e) {
      failureLog.failed("a tick of the deadlines failed", e);
    }
    try {
      setPeriod(deadlines.rest(most));
    } catch (Throwable e) {
      deadlines.restFailed(period);
      failureLog.failed("the timer of an event loop was not changed", e);
    }
  }

  /** The deadlines are used, whose time rests. */
  private void wake() {
    setPeriod(1);
    deadlines.endRest(eventLoop.ticker().nanoTime());
  }

  /**
   * Replaces the timer if its period does not fit. Each timer is a new object, and ticks must not
   * depend on free memory: if there is none, the old one goes on.
   *
   * @param newPeriod in ticks
   */
  private void setPeriod(int newPeriod) {
    if (newPeriod == period) {
      return;
    }
    long restNanos = (newPeriod - 1) * DeadlineWheel.TICK_NANOS;
    Future<?> next =
        eventLoop.scheduleWithFixedDelay(
            this::tick,
            deadlines.nanosToTick(eventLoop.ticker().nanoTime()) + restNanos,
            restNanos + DeadlineWheel.TICK_NANOS,
            TimeUnit.NANOSECONDS);
    next.addListener(this::timerEnded);
    Future<?> old = timer;
    timer = next;
    period = newPeriod;
    if (old != null) {
      old.cancel(false);
    }
  }

  private void timerStarted(Future<?> task) {
    if (!task.isSuccess()) {
      broken("the timer of an event loop has ended", task.cause());
    }
  }

  private void timerEnded(Future<?> ended) {
    if (ended == timer) {
      broken("the timer of an event loop has ended", ended.cause());
    }
  }

  /**
   * Runs a task of the loop itself. What it throws is logged and ends only this run.
   *
   * @param failure a constant, as of {@link FailureLog#failed}
   */
  public void guarded(String failure, Runnable task) {
    try {
      task.run();
    } catch (Throwable e) {
      failureLog.failed(failure, e);
    }
  }

  /**
   * Sets what is done when the loop can serve no more although it was not stopped: its thread or
   * its timer has ended, or one of its listening sockets is closed. Any thread; the action runs on
   * any thread, perhaps more than once.
   *
   * @param action takes the reason, as text
   */
  public void whenBroken(Consumer<String> action) {
    onBroken = action;
  }

  /** The loop can serve no more: ends the process, unless the loop was shut down. Any thread. */
  void broken(String what, @Nullable Throwable cause) {
    if (!ending) {
      log.error("{}", what, cause);
      onBroken.accept(what);
    }
  }

  /** Runs a task on the loop. Any thread. */
  public void execute(Runnable task) {
    eventLoop.execute(task);
  }

  /** Stops the loop's thread and closes its connections. Any thread. */
  public void shutDown() {
    ending = true;
    try {
      eventLoop.execute(memory::release);
    } catch (RejectedExecutionException e) {
      log.debug("the loop has already ended", e);
    } finally {
      group.shutdownGracefully(0, 5, TimeUnit.SECONDS);
    }
  }

  // Channels -------------------------------------------------------------------------------------

  /**
   * Sets up and registers an accepted connection. Its client may end its side and still wait for an
   * answer.
   *
   * @param mostReadBytes how large the next read may be for the receiver of the bytes
   */
  public void registerAccepted(Channel channel, IntSupplier mostReadBytes) {
    prepare(channel, new ReadBuffers(memory, ReadBuffers.SMALL_BYTES, mostReadBytes));
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    if (slowClients >= MANY_SLOW) {
      transport.boundSendBuffer(channel);
    }
    HalfClosed.keepWatched(channel);
    eventLoop.register(channel);
  }

  /**
   * Sets what frees descriptors when the process has none left. Any thread, before the first
   * connection.
   *
   * @param action whether it has freed some, or has others free some soon
   */
  void whenOutOfDescriptors(BooleanSupplier action) {
    freeing = action;
  }

  /**
   * Whether a failure was a lack of descriptors, and some are free now or may be soon: EMFILE,
   * ENFILE.
   */
  public boolean freesDescriptors(Throwable failure) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      String message = String.valueOf(at.getMessage());
      if (message.contains(OUT_OF_DESCRIPTORS)) {
        return freeing.getAsBoolean();
      }
    }
    return false;
  }

  /**
   * Makes a channel for {@link #connect}.
   *
   * @param unix whether it is to lead to a Unix socket
   * @throws ChannelException if none can be created, for example for lack of descriptors
   */
  public Channel openOutbound(boolean unix) {
    return outbound.open(unix);
  }

  /**
   * Sets up, registers and connects a channel of {@link #openOutbound}.
   *
   * @param mostReadBytes how large the next read may be for the receiver of the bytes
   * @param done takes null, or why the connect failed; perhaps before this returns
   */
  public void connect(
      Channel channel,
      SocketAddress peer,
      IntSupplier mostReadBytes,
      Consumer<@Nullable Throwable> done) {
    prepare(channel, new ReadBuffers(memory, ReadBuffers.MIDDLE_BYTES, mostReadBytes));
    transport.boundUnsent(channel);
    // A backend may answer early and stop reading; the failed write must not lose the answer.
    channel.config().setOption(ChannelOption.AUTO_CLOSE, false);
    // Our own deadline does this, without a task per connection.
    channel.config().setOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0);
    HalfClosed.keepWatched(channel);
    eventLoop.register(channel);
    channel.connect(peer).addListener(connected -> done.accept(connected.cause()));
  }

  private void prepare(Channel channel, ReadBuffers reads) {
    channel.config().setOption(ChannelOption.ALLOCATOR, memory.allocator());
    channel.config().setOption(ChannelOption.RECVBUF_ALLOCATOR, reads);
    channel.config().setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK);
    if (!transport.writesAtOnce()) {
      channel.pipeline().addFirst(CloseBehindReads.INSTANCE);
    }
  }

  /** The address of a Unix socket in the transport's type. */
  public SocketAddress unixAddress(String path) {
    return transport.unixAddress(path);
  }

  /** Changes the number of clients that do not take what they are sent. */
  public void countSlowClients(int change) {
    slowClients += change;
  }

  // Parts ----------------------------------------------------------------------------------------

  /** Any thread. */
  public Transport transport() {
    return transport;
  }

  /** Any thread. */
  public EventLoop eventLoop() {
    return eventLoop;
  }

  /** The deadlines of the loop's connections. */
  public DeadlineWheel deadlines() {
    return deadlines;
  }

  /** Sends what connections write. */
  public TurnFlusher flusher() {
    return flusher;
  }

  /** The loop's buffers. */
  public LoopMemory memory() {
    return memory;
  }

  /** Allocates buffers and counts them for the loop. */
  public ByteBufAllocator allocator() {
    return memory.allocator();
  }

  /** Logs unexpected exceptions. */
  public FailureLog failureLog() {
    return failureLog;
  }

  /** Asks the kernel for the state of a connection. */
  public PeerState peerState() {
    return peerState;
  }
}
