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
 * Collects what the loops counted, and keeps the journal's file.
 *
 * <p>Everything happens on a thread of its own; nothing that fails here reaches a request or ends
 * the daemon. Methods may be called from any thread but an event loop's.
 */
public final class JournalKeeper implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(JournalKeeper.class);

  /** How long a loop that is busy is waited for; what it has comes with the next collection. */
  private static final long PATIENCE_MILLIS = 1_000;

  /** For callers who need the newest counts: reading a large file included. */
  private static final long CALLER_PATIENCE_MILLIS = 5_000;

  private static final long MILLIS_PER_MINUTE = 60_000;

  private final ScheduledExecutorService thread = thread();
  private final Journal journal = new Journal(JournalSettings.MEMORY_ONLY.hosts());

  // What follows is the thread's own.
  private final Deque<HostCounts> spare = new ArrayDeque<>();
  private final BlockingQueue<HostCounts> full = new LinkedBlockingQueue<>();
  private int outstanding;
  private List<? extends Source> sources = List.of();
  private JournalSettings settings = JournalSettings.MEMORY_ONLY;
  private final Set<Path> read = new HashSet<>();
  private boolean writable;

  /** Why the file could not be read; empty if it was or there is none. */
  private volatile String problem = "";

  /** The minute for which the {@linkplain Journal#regulars regular hosts} were looked for. */
  private long regularsMinute = -1;

  private @Nullable HostFilter regulars;
  private boolean shared;

  /** What tells the file from another; null if there was none when it was last looked at. */
  private @Nullable Object known;

  private String complaint = "";
  private @Nullable ScheduledFuture<?> schedule;

  /** Where counts come from: an event loop. */
  @FunctionalInterface
  public interface Source {
    /** Has the loop swap its table for an empty one, and hand over the full one from its thread. */
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

  /** Works by a configuration from now on; a file that is new is read first. Returns at once. */
  public void keep(JournalSettings newer, List<? extends Source> loops) {
    List<? extends Source> copy = List.copyOf(loops);
    thread.execute(
        () -> {
          boolean sameFile = newer.equals(settings) || isSameFile(newer.file(), settings.file());
          sources = copy;
          journal.keep(newer.hosts());
          settings = newer;
          // One that could not be used has been repaired, perhaps: the log has told of it.
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

  /** What it throws must not keep the counts from being collected. */
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
      // More than are remembered: those that stay are not the first in the file.
      JournalFile.Contents contents = JournalFile.read(file, JournalSettings.MAX_HOSTS);
      if (contents.isUnusable()) {
        notUsed(file, contents.problem());
        return;
      }
      if (read.add(file)) {
        // What it has now is in memory already if it was ours before.
        journal.add(contents.hosts());
        JournalFile.removeDrafts(file);
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
      notUsed(file, IoReason.of(e));
    } catch (RuntimeException e) {
      notUsed(file, e.toString());
    }
  }

  private void notUsed(Path file, String reason) {
    problem = file + ": " + reason;
    log.error("journal not used file={}: {}; hosts stay in memory", file, reason);
  }

  /** Collects and writes. Nothing that it throws may end the schedule. */
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
      HostFilter known = regulars(minute);
      for (Source source : sources) {
        HostCounts empty = spare.isEmpty() ? new HostCounts() : spare.pop();
        empty.keepRoomFor(known);
        try {
          source.take(empty, full::add);
          outstanding++;
        } catch (RejectedExecutionException e) {
          spare.push(empty); // a loop that has ended counts nothing
        }
      }
    }
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
    while (outstanding > 0) {
      HostCounts counts = next(deadline - System.nanoTime());
      if (counts == null) {
        return;
      }
      outstanding--;
      journal.add(counts, minute);
      spare.push(counts);
    }
  }

  /** Looks for them once a minute at most: it is a look at all hosts. */
  private @Nullable HostFilter regulars(long minute) {
    if (minute != regularsMinute) {
      regularsMinute = minute;
      regulars = journal.regulars(minute);
    }
    return regulars;
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
      try {
        JournalFile.write(file, journal.hosts());
      } finally {
        // It may be there although what came after it failed.
        known = JournalFile.identity(file);
      }
      complain("");
    } catch (IOException e) {
      complain(IoReason.of(e));
    } catch (RuntimeException e) {
      complain(e.toString());
    }
  }

  /** Says once that what is there now was written by somebody else. */
  private void warnIfShared(Path file) {
    Object there = JournalFile.identity(file);
    if (!shared && known != null && there != null && !there.equals(known)) {
      shared = true;
      log.warn(
          "journal shared file={}: another program writes it as well, and who writes last wins;"
              + " let each rsp have its own",
          file);
    }
  }

  /** Says once that writing fails, and once that it works again. */
  private void complain(String what) {
    if (what.equals(complaint)) {
      return;
    }
    complaint = what;
    if (what.isEmpty()) {
      log.info("journal written again file={}", settings.file());
    } else {
      log.error("journal not written file={}: {}", settings.file(), what);
    }
  }

  /**
   * All hosts as of now, those with the most requests first. Blocks, some seconds at worst; then
   * what has come in until then is all there is.
   */
  public List<SeenHost> hosts() {
    return afterwards(this::collect);
  }

  /**
   * All hosts as of now, and whether the file could be read: it is tried again if not, since it may
   * have been repaired. Blocks as {@link #hosts} does.
   */
  public KnownHosts known() {
    List<SeenHost> hosts =
        afterwards(
            () -> {
              if (!problem.isEmpty()) {
                load(settings);
              }
              collect();
            });
    return new KnownHosts(hosts, problem);
  }

  private List<SeenHost> afterwards(Runnable task) {
    try {
      thread.submit(task).get(CALLER_PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
      log.warn("journal not up to date: {}", e.toString());
    }
    return journal.hosts();
  }

  /** Collects and writes once more, and ends. Blocks, some seconds at worst. */
  @Override
  public void close() {
    try {
      thread.submit(this::run);
      thread.shutdown();
      if (!thread.awaitTermination(CALLER_PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
        log.warn("journal not finished file={}", settings.file());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RejectedExecutionException e) {
      log.debug("closed before");
    }
  }
}
