// SPDX-License-Identifier: Apache-2.0
package dev.rsp.usage;

import dev.rsp.log.IoReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Adds up files, whether an rsp writes them or not. Methods block. One thread at a time.
 *
 * <p>Files of one hour in several folders are those of several rsp, and are added.
 */
public final class UsageReport {
  /** Some 200 MB of heap, which every command has, and twice the hosts of one hour. */
  private static final int MOST_HOSTS = 2_000_000;

  private final SortedMap<Long, List<Path>> files = new TreeMap<>();
  private final UsageTable table = new UsageTable(UsageTable.newHash(), MOST_HOSTS);
  private int damaged;

  /** A path is neither a folder nor one of its files. */
  public static final class NoUsageException extends IOException {
    private static final long serialVersionUID = 1;

    NoUsageException() {
      super(
          "not a usage file (expected: a folder with files such as 2026-11-27T15.csv, or such a"
              + " file)");
    }
  }

  /**
   * Adds a folder's files, or one file, to those that are read. None is added twice.
   *
   * @throws NoUsageException if it is another file
   * @throws IOException if it cannot be found or the folder cannot be read
   */
  public void add(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      new UsageFolder(path.toRealPath()).hours().forEach(this::add);
      return;
    }
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    Path file = path.toRealPath();
    HourName name = HourName.of(file);
    Path parent = file.getParent();
    if (name == null || parent == null) {
      throw new NoUsageException();
    }
    // As in a folder: if a crash left both files of an hour, the complete one has all.
    Path complete = new UsageFolder(parent).complete(name.hour());
    add(name.hour(), Files.exists(complete) ? complete : file);
  }

  private void add(long hour, Path file) {
    List<Path> ofHour = files.computeIfAbsent(hour, none -> new ArrayList<>());
    if (!ofHour.contains(file)) {
      ofHour.add(file);
    }
  }

  /** Removes the files of hours that end before a time, or then. */
  public void since(Instant time) {
    files.headMap(HourName.hourOf(time)).clear();
  }

  /** Removes the files of hours that begin after a time, or then. */
  public void until(Instant time) {
    long hour = HourName.hourOf(time);
    boolean begins = HourName.startOf(hour).equals(time);
    files.tailMap(begins ? hour : hour + 1).clear();
  }

  /** How many files there are. */
  public int fileCount() {
    return files.values().stream().mapToInt(List::size).sum();
  }

  /** When the first hour begins. There must be a file. */
  public Instant start() {
    return HourName.startOf(files.firstKey());
  }

  /** When the last hour ends. There must be a file. */
  public Instant end() {
    return HourName.startOf(files.lastKey() + 1);
  }

  /**
   * Reads all files, for {@link #top}, {@link #others}, {@link #total} and {@link #hostCount}.
   *
   * @throws IOException if one cannot be read; the message names it
   */
  public void read() throws IOException {
    for (List<Path> ofHour : files.values()) {
      for (Path file : ofHour) {
        damaged += reading(file, () -> UsageFolder.addTo(table, file));
      }
    }
  }

  /** Lines that were left out, because they are damaged. */
  public int damagedLines() {
    return damaged;
  }

  /** How many hosts have sums of their own. */
  public int hostCount() {
    return table.size();
  }

  /** The hosts with the largest values, the largest first; then by their names. */
  public List<HostUse> top(UsageOrder order, int limit) {
    return table.top(order, limit);
  }

  /** What the hosts without sums of their own used together. */
  public HostUse others() {
    return table.others();
  }

  /** The sums of all hosts. */
  public HostUse total() {
    return table.total();
  }

  /**
   * What one host used, for each hour in which it was served.
   *
   * @param host canonical
   * @throws IOException if a file cannot be read; the message names it
   */
  public List<HourUse> hours(String host) throws IOException {
    List<HourUse> hours = new ArrayList<>();
    for (Map.Entry<Long, List<Path>> hour : files.entrySet()) {
      HostUse sum = new HostUse(host, 0, 0, 0, 0);
      for (Path file : hour.getValue()) {
        sum = sum.plus(reading(file, () -> UsageFolder.find(file, host)));
      }
      if (sum.requests() > 0) {
        hours.add(new HourUse(HourName.startOf(hour.getKey()), sum));
      }
    }
    return hours;
  }

  @FunctionalInterface
  private interface Reading<T> {
    T result() throws IOException;
  }

  private static <T> T reading(Path file, Reading<T> reading) throws IOException {
    try {
      return reading.result();
    } catch (IOException e) {
      throw new IOException(file + ": " + IoReason.of(e), e);
    }
  }
}
