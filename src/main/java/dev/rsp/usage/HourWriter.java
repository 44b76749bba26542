// SPDX-License-Identifier: Apache-2.0
package dev.rsp.usage;

import dev.rsp.log.IoReason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the files of a folder as the sums in memory are: writes what has changed, completes hours
 * that are over, removes old ones. Each file is written beside its place and then renamed, so that
 * a reader finds a whole one. What fails is tried again at the next call. One thread at a time.
 */
final class HourWriter {
  private static final Logger log = LoggerFactory.getLogger(HourWriter.class);

  /** The file that is being written. */
  private static final String TEMPORARY = ".writing";

  /** Added to the name of a file that cannot be read. */
  private static final String UNREADABLE = ".unreadable";

  /** Loops hand over their sums every few seconds: an hour that is over gets no more after that. */
  static final long LATE_MILLIS = TimeUnit.SECONDS.toMillis(15);

  private static final int ROWS_AT_ONCE = 128;

  private final UsageFolder folder;
  private final UsageHours hours;
  private final byte[] lines = new byte[ROWS_AT_ONCE * UsageFile.MOST_LINE_BYTES];

  /** Whether there may be files of hours that are over and not complete, or too old. */
  private boolean sweepDue = true;

  private volatile String problem = "";

  HourWriter(UsageFolder folder, UsageHours hours) {
    this.folder = folder;
    this.hours = hours;
  }

  /**
   * Writes what is due at a time. Blocks; logs what goes wrong, once.
   *
   * @param keepDays files of earlier hours are removed
   */
  void write(long nowMillis, int keepDays) {
    String failure = "";
    long running = Math.floorDiv(nowMillis, LoopUsage.HOUR_MILLIS);
    hours.begin(running);
    for (long hour : hours.numbers()) {
      try {
        write(hour, isOver(hour, nowMillis));
      } catch (IOException e) {
        failure = IoReason.of(e);
      }
    }
    dropOlderThan(running - TimeUnit.DAYS.toHours(keepDays));
    try {
      sweep(nowMillis, running - TimeUnit.DAYS.toHours(keepDays));
    } catch (IOException e) {
      failure = IoReason.of(e);
    }
    logProblem(failure);
  }

  static boolean isOver(long hour, long nowMillis) {
    return nowMillis >= (hour + 1) * LoopUsage.HOUR_MILLIS + LATE_MILLIS;
  }

  private void write(long hour, boolean over) throws IOException {
    if (hours.needsBase(hour)) {
      hours.setBase(hour, base(hour));
    }
    if (hours.hasChanged(hour)) {
      hours.writing(hour);
      boolean written = false;
      try {
        // If the clock was set back, the running hour may be complete.
        boolean complete = over || Files.exists(folder.complete(hour));
        replace(hour, complete ? folder.complete(hour) : folder.running(hour));
        written = true;
      } finally {
        if (!written) {
          hours.notWritten(hour);
        }
      }
    }
    if (over) {
      hours.dropIfUnchanged(hour);
      sweepDue = true;
    }
  }

  /** What the file of an hour has; one that cannot be understood is kept under another name. */
  private UsageTable base(long hour) throws IOException {
    UsageTable base = hours.newBase();
    Path file = folder.file(hour);
    if (file == null) {
      return base;
    }
    try {
      int damaged = UsageFolder.addTo(base, file);
      if (damaged > 0) {
        log.warn("usage damaged file={} lines_dropped={}", file, damaged);
      }
      return base;
    } catch (UsageFile.UnknownFormatException e) {
      Path aside = file.resolveSibling(file.getFileName() + UNREADABLE);
      Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
      log.error("usage not read file={}: {}; it is now {}", file, e.getMessage(), aside);
      return hours.newBase();
    }
  }

  private void replace(long hour, Path file) throws IOException {
    Path temporary = folder.path().resolve(TEMPORARY);
    boolean done = false;
    try {
      Files.deleteIfExists(temporary);
      fill(temporary, hour);
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      done = true;
    } finally {
      if (!done) {
        Files.deleteIfExists(temporary); // a part of a file must not fill the disk
      }
    }
    try (FileChannel directory = FileChannel.open(folder.path(), StandardOpenOption.READ)) {
      directory.force(true);
    }
  }

  private void fill(Path file, long hour) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----")))) {
      write(
          channel, ByteBuffer.wrap((UsageFile.HEADER + "\n").getBytes(StandardCharsets.US_ASCII)));
      int row = 0;
      int octets = hours.putRows(hour, row, ROWS_AT_ONCE, lines);
      while (octets > 0) {
        write(channel, ByteBuffer.wrap(lines, 0, octets));
        row += ROWS_AT_ONCE;
        octets = hours.putRows(hour, row, ROWS_AT_ONCE, lines);
      }
      write(channel, ByteBuffer.wrap(lines, 0, hours.putOthers(hour, lines)));
      // Before the rename, else a crash of the system may leave an empty file under the new name.
      channel.force(true);
    }
  }

  private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Hours that could not be written, for as long as their files would have been kept. */
  private void dropOlderThan(long oldest) {
    for (long hour : hours.numbers()) {
      if (hour < oldest && hours.hasChanged(hour)) {
        HostUse lost = hours.drop(hour);
        log.error(
            "usage lost hour={} requests={}: it could not be written for longer than keep_days",
            HourName.startOf(hour),
            lost == null ? 0 : lost.requests());
      }
    }
  }

  /**
   * Completes files of hours that are over, which another process has left, and removes old ones.
   */
  private void sweep(long nowMillis, long oldest) throws IOException {
    if (!sweepDue) {
      return;
    }
    List<Long> inMemory = hours.numbers();
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder.path())) {
      all.forEach(files::add);
    }
    for (Path file : files) {
      HourName name = HourName.of(file);
      if (name == null) {
        continue;
      }
      Path complete = folder.complete(name.hour());
      if (name.hour() < oldest) {
        Files.deleteIfExists(file);
      } else if (!name.complete() && Files.exists(complete)) {
        Files.deleteIfExists(file);
      } else if (!name.complete()
          && isOver(name.hour(), nowMillis)
          && !inMemory.contains(name.hour())) {
        Files.move(file, complete, StandardCopyOption.ATOMIC_MOVE);
      }
    }
    sweepDue = false;
  }

  /** Why the last writing failed; empty if it did not. Any thread. */
  String problem() {
    return problem;
  }

  private void logProblem(String what) {
    if (what.equals(problem)) {
      return;
    }
    problem = what;
    if (what.isEmpty()) {
      log.info("usage written again folder={}", folder.path());
    } else {
      log.error("usage not written folder={}: {}; sums stay in memory", folder.path(), what);
    }
  }
}
