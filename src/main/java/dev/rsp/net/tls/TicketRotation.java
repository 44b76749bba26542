// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.tls;

import dev.rsp.log.IoReason;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a new ticket key every {@value TicketKeys#ROTATION_SECONDS} seconds, and keeps the keys in
 * a file if there is one. If another process has changed the file, its keys are used: balancers
 * that share it resume each other's sessions. Has a thread of its own; any thread may call it.
 */
public final class TicketRotation implements Closeable {
  private static final Logger log = LoggerFactory.getLogger(TicketRotation.class);

  /** How often the file is looked at. */
  private static final int LOOK_SECONDS = 10;

  /**
   * The longest wait without a file: the clock of the system may go forward, and timers do not
   * count while a machine is suspended.
   */
  private static final int MAX_WAIT_SECONDS = 600;

  private final TicketKeys keys;
  private final Clock clock;
  private final ScheduledExecutorService thread;
  private @Nullable Path path;
  private @Nullable TicketKeyFile file;
  private Instant changed;
  private @Nullable String problem;
  private @Nullable ScheduledFuture<?> next;

  /** Without a file. */
  public TicketRotation(TicketKeys keys) {
    this(keys, Clock.systemUTC());
  }

  TicketRotation(TicketKeys keys, Clock clock) {
    this.keys = keys;
    this.clock = clock;
    this.changed = clock.instant();
    this.thread =
        Executors.newSingleThreadScheduledExecutor(
            new DefaultThreadFactory("ticket-keys", true)); // a daemon thread
  }

  /** Uses the keys of a file from now on, or none if it is null. Blocks. */
  public synchronized void use(@Nullable Path newer) {
    if (!Objects.equals(path, newer)) {
      path = newer;
      file = newer == null ? null : new TicketKeyFile(newer);
      problem = null;
      look();
    }
    plan();
  }

  private synchronized void plan() {
    if (next != null) {
      next.cancel(false);
    }
    if (!thread.isShutdown()) {
      next = thread.schedule(this::step, waitSeconds(), TimeUnit.SECONDS);
    }
  }

  private void step() {
    try {
      look();
    } finally {
      plan();
    }
  }

  /** How long to wait for the next {@link #look}: without a file, until a new key is due. */
  synchronized long waitSeconds() {
    if (file != null) {
      return LOOK_SECONDS;
    }
    Duration left =
        Duration.between(clock.instant(), changed.plusSeconds(TicketKeys.ROTATION_SECONDS));
    return Math.max(1, Math.min(MAX_WAIT_SECONDS, left.toSeconds() + 1));
  }

  /** Takes over what the file has, and makes a new key if it is time. */
  synchronized void look() {
    try {
      takeOver();
      Instant due = changed.plusSeconds(TicketKeys.ROTATION_SECONDS);
      if (!clock.instant().isBefore(due)) {
        keys.rotate();
        save();
      }
      problem = null;
    } catch (IOException e) {
      reported(IoReason.of(e));
      rotateInMemory();
    }
  }

  private void takeOver() throws IOException {
    TicketKeyFile own = file;
    if (own == null) {
      return;
    }
    TicketKeyFile.Contents contents = own.read();
    if (contents == null) {
      save();
    } else {
      changed = contents.changed();
      if (!isSame(contents.keys(), keys.keys())) {
        keys.use(contents.keys());
      }
    }
  }

  private void save() throws IOException {
    changed = clock.instant();
    if (file != null) {
      file.write(keys.keys());
    }
  }

  /** A file that cannot be used must not make keys live forever. */
  private void rotateInMemory() {
    Duration age = Duration.between(changed, clock.instant());
    if (age.toSeconds() >= TicketKeys.ROTATION_SECONDS) {
      keys.rotate();
      changed = clock.instant();
    }
  }

  private static boolean isSame(List<byte[]> one, List<byte[]> other) {
    if (one.size() != other.size()) {
      return false;
    }
    for (int i = 0; i < one.size(); i++) {
      if (!MessageDigest.isEqual(one.get(i), other.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** Each problem once. */
  private void reported(String reason) {
    if (!reason.equals(problem)) {
      log.error("ticket_keys not used: {}: {}", path, reason);
    }
    problem = reason;
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
