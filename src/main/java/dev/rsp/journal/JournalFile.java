// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

import dev.rsp.http.HostName;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The journal as a text file: a first line that names the version, then {@code host requests
 * last-minute slot} on each line, for grep and awk.
 *
 * <p>It is replaced as a whole, so that a reader or a crash finds the old one or the new one. Of
 * one that is damaged, the lines that are good are read.
 */
final class JournalFile {
  /** The first line. A change that an older rsp cannot read gets another number. */
  static final String HEADER = "# rsp journal 1: host requests last-minute slot";

  private static final int COLUMNS = 4;

  private JournalFile() {}

  /**
   * What is in a file.
   *
   * @param damagedLines lines that could not be read, the first one included
   * @param foreign whether it is no journal at all: nothing in it could be read
   */
  record Contents(List<SeenHost> hosts, int damagedLines, boolean foreign) {
    Contents {
      hosts = List.copyOf(hosts);
    }
  }

  /**
   * Reads a file; one that is missing or empty is an empty journal. Blocks.
   *
   * @param most how many hosts are read at most
   * @throws IOException if it is there and cannot be read
   */
  static Contents read(Path file, int most) throws IOException {
    List<SeenHost> hosts = new ArrayList<>();
    int damaged = 0;
    try (var reader =
        // Not as UTF-8: bytes that are none would end the reading.
        new BufferedReader(
            new InputStreamReader(Files.newInputStream(file), StandardCharsets.ISO_8859_1))) {
      String line = HostList.readLine(reader);
      boolean titled = line == null || line.equals(HEADER);
      for (line = titled ? HostList.readLine(reader) : line;
          line != null;
          line = HostList.readLine(reader)) {
        SeenHost seen = parse(line);
        if (seen == null) {
          damaged++;
        } else if (hosts.size() < most) {
          hosts.add(seen);
        }
      }
      return new Contents(hosts, damaged, !titled && hosts.isEmpty());
    } catch (NoSuchFileException e) {
      return new Contents(List.of(), 0, false);
    }
  }

  private static @Nullable SeenHost parse(String line) {
    String[] columns = line.split(" ", -1);
    if (columns.length != COLUMNS || columns[3].isEmpty()) {
      return null;
    }
    long requests = HostList.number(columns[1]);
    long minute = HostList.number(columns[2]);
    boolean good =
        requests > 0 && minute >= 0 && columns[0].equals(HostName.canonicalise(columns[0]));
    return good ? new SeenHost(columns[0], requests, minute, columns[3]) : null;
  }

  /**
   * Replaces a file. Blocks until it is on the disk.
   *
   * @throws IOException if it cannot be written; the old one is then as it was
   */
  static void write(Path file, Collection<SeenHost> hosts) throws IOException {
    Path draft = file.resolveSibling(file.getFileName() + ".tmp");
    try {
      fill(draft, hosts);
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      discard(draft, e);
      throw e;
    }
    sync(file.toAbsolutePath().getParent());
  }

  /** Half a draft would keep a full disk full. */
  private static void discard(Path draft, IOException cause) {
    try {
      Files.deleteIfExists(draft);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private static void fill(Path draft, Collection<SeenHost> hosts) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            draft,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      var out =
          new BufferedWriter(
              new OutputStreamWriter(Channels.newOutputStream(channel), StandardCharsets.US_ASCII));
      out.write(HEADER);
      out.write('\n');
      for (SeenHost seen : hosts) {
        out.write(seen.host());
        out.write(' ');
        out.write(Long.toString(seen.requests()));
        out.write(' ');
        out.write(Long.toString(seen.lastMinute()));
        out.write(' ');
        out.write(seen.slot());
        out.write('\n');
      }
      out.flush();
      // Before the rename: else a crash may leave the new name on a file without contents.
      channel.force(true);
    }
  }

  /** Puts the rename itself on the disk. */
  private static void sync(@Nullable Path directory) throws IOException {
    if (directory != null) {
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }
}
