// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

import dev.rsp.log.IoReason;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Collects the counts of the loops and writes the journal's file.
 *
 * <p>Works on a separate thread; errors affect neither requests nor the daemon. Methods may be
 * called from any thread except an event loop's.
 */
public final class JournalKeeper implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(JournalKeeper.class);

  /** Maximum wait for a busy loop; its counts come with the next collection. */
  private static final long LOOP_TIMEOUT_MILLIS = 1_000;

  /** Maximum wait of callers that need the newest counts, including reading a large file. */
  private static final long CALLER_TIMEOUT_MILLIS = 5_000;

  private static final long MILLIS_PER_MINUTE = 60_000;

  private final ScheduledExecutorService thread = thread();
  private final Journal journal = new Journal(JournalSettings.MEMORY_ONLY.hosts());

  // Used by the thread only.
  private final Deque<HostCounts> spare = new ArrayDeque<>();
  private final BlockingQueue<HostCounts> full = new LinkedBlockingQueue<>();
  private int outstanding;
  private List<? extends Source> sources = List.of();
  private JournalSettings settings = JournalSettings.MEMORY_ONLY;
  private final Set<Path> read = new HashSet<>();
  private boolean writable;

  /** Why the file could not be read; empty if it was read or none is configured. */
  private volatile String problem = "";

  /** The minute for which the {@linkplain Journal#regularHosts regular hosts} were determined. */
  private long regularsMinute = -1;

  private volatile @Nullable HostFilter regulars;
  private boolean shared;

  /** The identity of the file when it was last checked; null if it did not exist. */
  private @Nullable Object known;

  /** Whether the hosts may differ from those in the file. */
  private boolean unwritten = true;

  private String lastWriteFailure = "";
  private @Nullable ScheduledFuture<?> schedule;

  /** A source of counts: an event loop. */
  @FunctionalInterface
  public interface Source {
    /**
     * Makes the loop replace its table by an empty one and hand over the full one from its thread.
     */
    void take(HostCounts empty, Consumer<HostCounts> full);
  }

  private static ScheduledExecutorService thread() {
    var executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              var thread = new Thread(task, "rsp-journal");
              thread.setDaemon(true);
              return thread;
            });
    executor.setRemoveOnCancelPolicy(true);
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    return executor;
  }

  /** Applies a configuration; reads a new file first. Does not block. */
  public void configure(JournalSettings newer, List<? extends Source> loops) {
    List<? extends Source> copy = List.copyOf(loops);
    thread.execute(
        () -> {
          boolean sameFile = newer.equals(settings) || isSameFile(newer.file(), settings.file());
          sources = copy;
          unwritten = true;
          journal.setMaxHosts(newer.hosts());
          settings = newer;
          // An unusable file may have been repaired, because the log reported it.
          if (!sameFile || !writable) {
            loadGuarded(newer);
          }
          if (schedule != null) {
            schedule.cancel(false);
          }
          schedule =
              thread.scheduleWithFixedDelay(
                  this::run, newer.everyMillis(), newer.everyMillis(), TimeUnit.MILLISECONDS);
        });
  }

  private static boolean isSameFile(@Nullable Path one, @Nullable Path other) {
    return one == null ? other == null : one.equals(other);
  }

  /** Loads the file; logs exceptions, so that counts are collected anyway. */
  private void loadGuarded(JournalSettings newer) {
    try {
      load(newer);
    } catch (RuntimeException | Error e) {
      log.error("journal not used file={}: {}; hosts stay in memory", newer.file(), e.toString());
    }
  }

  private void load(JournalSettings newer) {
    writable = false;
    shared = false;
    regularsMinute = -1;
    Path file = newer.file();
    if (file == null) {
      problem = "";
      return;
    }
    try {
      // More than the maximum, because the hosts to keep need not be the first in the file.
      JournalFile.Contents contents = JournalFile.read(file, JournalSettings.MAX_HOSTS);
      if (contents.isUnusable()) {
        logNotUsed(file, contents.problem());
        return;
      }
      if (read.add(file)) {
        // If we wrote the file before, its hosts are in memory already.
        journal.add(contents.hosts());
        JournalFile.removeTemporaryFiles(file);
      }
      known = JournalFile.identity(file);
      writable = true;
      problem = "";
      if (contents.damagedLines() > 0) {
        log.warn(
            "journal damaged file={} hosts={} lines_dropped={}",
            file,
            contents.hosts().size(),
            contents.damagedLines());
      }
    } catch (IOException e) {
      logNotUsed(file, IoReason.of(e));
    } catch (RuntimeException e) {
      logNotUsed(file, e.toString());
    }
  }

  private void logNotUsed(Path file, String reason) {
    problem = file + ": " + reason;
    log.error("journal not used file={}: {}; hosts stay in memory", file, reason);
  }

  /** Collects and writes. Logs exceptions, because they would end the schedule. */
  private void run() {
    try {
      collect();
      write();
    } catch (RuntimeException | Error e) {
      log.error("journal: {}", e.toString());
    }
  }

  private void collect() {
    long minute = System.currentTimeMillis() / MILLIS_PER_MINUTE;
    if (outstanding == 0) {
      HostFilter known = regularHosts(minute);
      for (Source source : sources) {
        HostCounts empty = spare.isEmpty() ? new HostCounts() : spare.pop();
        empty.reserveFor(known);
        try {
          source.take(empty, full::add);
          outstanding++;
        } catch (RejectedExecutionException e) {
          spare.push(empty); // the loop has ended
        }
      }
    }
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LOOP_TIMEOUT_MILLIS);
    while (outstanding > 0) {
      HostCounts counts = next(deadline - System.nanoTime());
      if (counts == null) {
        return;
      }
      outstanding--;
      unwritten |= counts.size() > 0;
      journal.add(counts, minute);
      spare.push(counts);
    }
  }

  /** Determines the regular hosts at most once per minute, because it scans all hosts. */
  private @Nullable HostFilter regularHosts(long minute) {
    if (minute != regularsMinute) {
      regularsMinute = minute;
      regulars = journal.regularHosts(minute);
    }
    return regulars;
  }

  /**
   * Whether a host is one of those that were served on more than two days, as of the last
   * collection. Of other hosts, it says so of 1 of 400. Any thread.
   *
   * @param host canonical, from 0
   */
  public boolean isRegular(byte[] host, int length) {
    HostFilter filter = regulars;
    return filter != null && filter.mayContain(host, length);
  }

  private @Nullable HostCounts next(long nanos) {
    try {
      return full.poll(Math.max(0, nanos), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }

  private void write() {
    Path file = settings.file();
    if (file == null || !writable) {
      return;
    }
    try {
      warnIfShared(file);
      if (!unwritten && isKnown(file)) {
        return;
      }
      unwritten = true; // until it has been written without an error
      try {
        JournalFile.write(file, journal.hosts());
        unwritten = false;
      } finally {
        // The file may have been replaced although a later step failed.
        known = JournalFile.identity(file);
      }
      logWriteFailure("");
    } catch (IOException e) {
      logWriteFailure(IoReason.of(e));
    } catch (RuntimeException e) {
      logWriteFailure(e.toString());
    }
  }

  /** Whether the file is the one that was written last: not deleted, and nobody else's. */
  private boolean isKnown(Path file) {
    Object there = JournalFile.identity(file);
    return there != null && there.equals(known);
  }

  /** Logs once that another process has written the file. */
  private void warnIfShared(Path file) {
    Object there = JournalFile.identity(file);
    if (!shared && known != null && there != null && !there.equals(known)) {
      shared = true;
      log.warn(
          "journal shared file={}: another program writes it too, and the last writer wins;"
              + " give each rsp its own file",
          file);
    }
  }

  /** Logs once that writing fails, and once that it works again. */
  private void logWriteFailure(String what) {
    if (what.equals(lastWriteFailure)) {
      return;
    }
    lastWriteFailure = what;
    if (what.isEmpty()) {
      log.info("journal written again file={}", settings.file());
    } else {
      log.error("journal not written file={}: {}", settings.file(), what);
    }
  }

  /**
   * All hosts including the newest counts, those with the most requests first. Blocks, at most some
   * seconds; after that, returns the counts collected so far.
   */
  public List<SeenHost> hosts() {
    return hostsAfter(this::collect);
  }

  /**
   * Whether a backend has answered a host with a status below 400 on a day, or below 500 on several
   * days, as of the last collection. Does not block.
   *
   * @param host canonical
   */
  public boolean hasServed(String host) {
    return journal.hasServed(host);
  }

  /** How many hosts it had when it last collected counts. Does not block. */
  public int size() {
    return journal.size();
  }

  /**
   * As {@link #hosts}, and whether the file could be read. If not, tries again, because it may have
   * been repaired. Blocks like {@link #hosts}.
   */
  public KnownHosts known() {
    List<SeenHost> hosts =
        hostsAfter(
            () -> {
              if (!problem.isEmpty()) {
                load(settings);
              }
              collect();
            });
    return new KnownHosts(hosts, problem);
  }

  /** Why the file cannot be used; empty if it can, or there is none. Any thread. */
  public String problem() {
    return problem;
  }

  private List<SeenHost> hostsAfter(Runnable task) {
    try {
      thread.submit(task).get(CALLER_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
      log.warn("journal not up to date: {}", e.toString());
    }
    return journal.hosts();
  }

  /** Collects and writes a last time and stops. Blocks, at most some seconds. */
  @Override
  public void close() {
    try {
      thread.submit(this::run);
      thread.shutdown();
      if (!thread.awaitTermination(CALLER_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)) {
        log.warn("journal not finished file={}", settings.file());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RejectedExecutionException e) {
      log.debug("closed before");
    }
  }
}
