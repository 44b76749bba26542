// SPDX-License-Identifier: Apache-2.0
package dev.rsp.usage;

import dev.rsp.hash.SipHash;
import dev.rsp.log.IoReason;
import dev.rsp.usage.LoopUsage.Delta;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The use of hosts of the process: collects what the loops count, and keeps the files of a folder,
 * in which no other process writes meanwhile.
 *
 * <p>One thread adds up what the loops hand over, another writes. So a disk that hangs holds up
 * neither the loops nor their sums. Any thread but an event loop's, unless a method says otherwise.
 */
public final class Usage {
  private static final Logger log = LoggerFactory.getLogger(Usage.class);

  /**
   * Between two writings. With the time after which loops hand over, and that of writing a million
   * hosts, a crash loses less than a minute.
   */
  private static final int WRITE_SECONDS = 20;

  /** The longest wait for a last writing at a stop; as for the journal. */
  private static final int CLOSE_SECONDS = 5;

  private final Path folder;
  private final UsageFolder files;
  private final FolderLock lock;
  private final SipHash hash = UsageTable.newHash();
  private final UsageHours hours;
  private final HourWriter writer;
  private final LongSupplier clock;
  private final ScheduledThreadPoolExecutor collecting = thread("usage");
  private final ScheduledThreadPoolExecutor writing = thread("usage-files");

  /** As the configuration has them, which may be more than the heap has room for. */
  private UsageSettings configured;

  private volatile UsageSettings settings;

  /** Whether all that loops handed over is collected, so that it ends when that is written. */
  private boolean retired;

  /** How often it was retired or resumed. */
  private int turns;

  private boolean ended;

  private Usage(UsageSettings settings, Path folder, RegularHosts regular, LongSupplier clock)
      throws IOException {
    this.configured = settings;
    this.settings = bounded(settings);
    this.folder = folder;
    this.clock = clock;
    this.lock = FolderLock.of(folder);
    this.files = new UsageFolder(folder);
    this.hours = new UsageHours(hash, this.settings.hosts(), regular);
    this.writer = new HourWriter(files, hours);
  }

  /**
   * Opens a folder, and makes it if only its last part is missing.
   *
   * @param regular hosts that get sums of their own before all others
   * @throws IOException if the folder cannot be used, or another process writes into it
   */
  public static Usage open(UsageSettings settings, RegularHosts regular) throws IOException {
    return open(settings, regular, System::currentTimeMillis);
  }

  /** The same at other times: milliseconds since 1970. */
  static Usage open(UsageSettings settings, RegularHosts regular, LongSupplier clock)
      throws IOException {
    if (!Files.isDirectory(settings.folder())) {
      Files.createDirectory(
          settings.folder(),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-x---")));
    }
    Path folder = settings.folder().toRealPath();
    Usage usage = new Usage(settings, folder, regular, clock);
    usage.writing.scheduleWithFixedDelay(usage::write, 0, WRITE_SECONDS, TimeUnit.SECONDS);
    return usage;
  }

  private static UsageSettings bounded(UsageSettings settings) {
    int hosts = settings.hostsWithin(Runtime.getRuntime().maxMemory());
    if (hosts < settings.hosts()) {
      log.warn(
          "usage hosts={} of {}: no more have room in half of the heap; -Xmx raises it",
          hosts,
          settings.hosts());
    }
    return settings.withHosts(hosts);
  }

  private static ScheduledThreadPoolExecutor thread(String name) {
    var executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              var thread = new Thread(task, name);
              thread.setDaemon(true);
              return thread;
            });
    executor.setRemoveOnCancelPolicy(true);
    executor.setContinueExistingPeriodicTasksAfterShutdownPolicy(false);
    return executor;
  }

  /**
   * The part of a loop, which calls it.
   *
   * @param soon runs a task on that loop, after some seconds
   */
  public LoopUsage forLoop(Consumer<Runnable> soon) {
    return new LoopUsage(hash, this::collect, soon);
  }

  /** Called on a loop. */
  private void collect(Delta delta) {
    try {
      collecting.execute(() -> add(delta));
    } catch (RejectedExecutionException e) {
      log.debug("sums of a loop come after the end", e);
    }
  }

  private void add(Delta delta) {
    try {
      hours.add(delta.table(), delta.hour());
    } catch (RuntimeException | Error e) {
      log.error("usage of hosts not added: {}", e.toString(), e);
    }
    delta.table().clear();
    delta.home().offer(delta.table());
  }

  private void write() {
    try {
      writer.write(clock.getAsLong(), settings.keepDays());
    } catch (RuntimeException | Error e) {
      log.error("usage not written: {}", e.toString(), e);
    }
    synchronized (this) {
      if (retired && !hours.haveChanged()) {
        end();
      }
    }
  }

  /** Whether it keeps the folder of these settings. */
  public boolean isOf(UsageSettings other) {
    try {
      return folder.equals(other.folder().toRealPath());
    } catch (IOException e) {
      return folder.equals(other.folder());
    }
  }

  /**
   * Uses other settings with the same folder, also after {@link #retire}.
   *
   * @return false if it has ended
   */
  public synchronized boolean resume(UsageSettings newer) {
    if (!ended) {
      turns++;
      retired = false;
      if (!newer.equals(configured)) {
        configured = newer;
        settings = bounded(newer);
        hours.setMostHosts(settings.hosts());
      }
    }
    return !ended;
  }

  /**
   * No loop hands over anything any more: writes what there is, and ends when all is written. Does
   * not block.
   */
  public synchronized void retire() {
    if (!ended) {
      turns++;
      int turn = turns;
      // After all that the loops have handed over.
      collecting.execute(() -> retire(turn));
    }
  }

  private synchronized void retire(int turn) {
    if (!ended && turn == turns) {
      retired = true;
      writing.execute(this::write);
    }
  }

  /** Writes a last time, whatever comes of it, and ends. Blocks, at most some seconds. */
  public void close() {
    try {
      collecting.shutdown();
      boolean collected = collecting.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
      writing.execute(this::write);
      writing.shutdown();
      if (!writing.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS) || !collected) {
        log.error("usage not finished folder={}: the disk does not respond", folder);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RejectedExecutionException e) {
      log.debug("ended before", e);
    }
    synchronized (this) {
      end();
    }
  }

  /** Whether it has ended: another process may have the folder. */
  public synchronized boolean hasEnded() {
    return ended;
  }

  private void end() {
    if (ended) {
      return;
    }
    ended = true;
    collecting.shutdown();
    writing.shutdown();
    try {
      lock.close();
    } catch (IOException e) {
      log.warn("usage folder={} stays locked: {}", folder, IoReason.of(e));
    }
  }

  // What operators ask -------------------------------------------------------------------------

  /** When the running hour began. */
  public Instant runningSince() {
    return HourName.startOf(running());
  }

  private long running() {
    return Math.floorDiv(clock.getAsLong(), LoopUsage.HOUR_MILLIS);
  }

  /** How many hosts have sums of their own in the running hour. */
  public int hostCount() {
    return hours.hostCount(running());
  }

  /** Why the files could not be written the last time; empty if they could. */
  public String problem() {
    return writer.problem();
  }

  /** The hosts that used most in the running hour, without those that are summed together. */
  public List<HostUse> top(UsageOrder order, int limit) {
    return hours.top(running(), order, limit);
  }

  /**
   * What a host used in each of the last hours in which it was served, the running one last. Reads
   * files, so it may block.
   *
   * @param host canonical
   * @param most hours, back from the running one
   * @throws IOException if a file cannot be read
   */
  public List<HourUse> hours(String host, int most) throws IOException {
    long last = running();
    Map<Long, Path> written = files.hours();
    List<HourUse> all = new ArrayList<>();
    for (long hour = last - most + 1; hour <= last; hour++) {
      HostUse use = hours.use(hour, host);
      Path file = written.get(hour);
      if (use == null && file != null) {
        use = UsageFolder.find(file, host);
      }
      if (use != null && use.requests() > 0) {
        all.add(new HourUse(HourName.startOf(hour), use));
      }
    }
    return all;
  }
}
