// SPDX-License-Identifier: Apache-2.0
package dev.rsp.usage;

import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The name of the file of an hour (UTC): {@code 2026-11-27T15.csv} if the hour is complete, {@code
 * 2026-11-27T15.csv.running} if not.
 *
 * @param hour since 1970-01-01T00:00Z
 */
record HourName(long hour, boolean complete) {
  private static final String COMPLETE = ".csv";
  private static final String RUNNING = ".csv.running";

  private static final DateTimeFormatter NAME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH", Locale.ROOT).withZone(ZoneOffset.UTC);

  /** The name in the last element of a path; null if it is another file's. */
  static @Nullable HourName of(Path file) {
    Path last = file.getFileName();
    String name = last == null ? "" : last.toString();
    boolean running = name.endsWith(RUNNING);
    if (!running && !name.endsWith(COMPLETE)) {
      return null;
    }
    String time = name.substring(0, name.length() - (running ? RUNNING : COMPLETE).length());
    try {
      LocalDateTime start = LocalDateTime.parse(time + ":00");
      HourName found = new HourName(hourOf(start.toInstant(ZoneOffset.UTC)), !running);
      return found.text().equals(name) ? found : null;
    } catch (DateTimeException e) {
      return null;
    }
  }

  /** The hour of a time. */
  static long hourOf(Instant time) {
    return Math.floorDiv(time.toEpochMilli(), LoopUsage.HOUR_MILLIS);
  }

  /** When an hour starts. */
  static Instant startOf(long hour) {
    return Instant.ofEpochMilli(hour * LoopUsage.HOUR_MILLIS);
  }

  /** The file's name. */
  String text() {
    return NAME.format(startOf(hour)) + (complete ? COMPLETE : RUNNING);
  }
}
