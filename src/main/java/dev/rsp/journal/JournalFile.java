// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

import dev.rsp.http.HostName;
import dev.rsp.log.IoReason;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal as a text file for grep and awk: a first line with the version, then lines of {@code
 * host requests last-minute slot days}. Version 1 had no days.
 *
 * <p>It is replaced atomically, so that readers, also after a crash, find the old or the new file.
 * Of a damaged file, the valid lines are read.
 */
final class JournalFile {
  private static final Logger log = LoggerFactory.getLogger(JournalFile.class);

  /** The first line. A change that an older rsp cannot read needs another number. */
  static final String HEADER = "# rsp journal 2: host requests last-minute slot days";

  /** The first line of a file from before rsp counted days. */
  static final String HEADER_1 = "# rsp journal 1: host requests last-minute slot";

  /** The prefix of the first line in every version. */
  private static final String TITLE = "# rsp journal ";

  private static final int COLUMNS_1 = 4;

  /** The suffix of temporary files. */
  private static final String TEMPORARY_SUFFIX = ".tmp";

  /** Age from which on a temporary file is abandoned: writing a journal takes seconds. */
  private static final Duration TEMPORARY_MAX_AGE = Duration.ofHours(1);

  private JournalFile() {}

  /**
   * The contents of a file.
   *
   * @param damagedLines number of invalid lines, including the first line
   * @param problem why the file must be neither used nor replaced: it is no journal, or has no
   *     valid line; empty if it may be
   */
  record Contents(List<SeenHost> hosts, int damagedLines, String problem) {
    Contents {
      hosts = List.copyOf(hosts);
    }

    boolean isUnusable() {
      return !problem.isEmpty();
    }

    private static Contents unusable(String problem) {
      return new Contents(List.of(), 0, problem);
    }
  }

  /**
   * Reads a file; a missing or empty file is an empty journal. Blocks.
   *
   * @param maxHosts maximum of hosts to read
   * @throws IOException if it exists and cannot be read
   */
  static Contents read(Path file, int maxHosts) throws IOException {
    List<SeenHost> hosts = new ArrayList<>();
    int damaged = 0;
    try (var reader =
        // Not as UTF-8: invalid bytes would stop the reading.
        new BufferedReader(
            new InputStreamReader(Files.newInputStream(file), StandardCharsets.ISO_8859_1))) {
      String line = HostList.readLine(reader);
      boolean titled = line == null || line.equals(HEADER) || line.equals(HEADER_1);
      if (line != null && isOfLaterVersion(line)) {
        return Contents.unusable("it was written by a later version of rsp");
      }
      for (line = titled ? HostList.readLine(reader) : line;
          line != null;
          line = HostList.readLine(reader)) {
        SeenHost seen = parse(line);
        if (seen == null) {
          damaged++;
        } else if (hosts.size() < maxHosts) {
          hosts.add(seen);
        }
      }
      if (hosts.isEmpty() && damaged > 0) {
        return Contents.unusable(
            titled ? "it is damaged: no line can be read" : "it is not a journal");
      }
      return new Contents(hosts, damaged, "");
    } catch (NoSuchFileException e) {
      return new Contents(List.of(), 0, "");
    }
  }

  private static boolean isOfLaterVersion(String line) {
    int colon = line.indexOf(':');
    return line.startsWith(TITLE)
        && colon > 0
        && HostList.number(line.substring(TITLE.length(), colon)) > 2;
  }

  private static @Nullable SeenHost parse(String line) {
    String[] columns = line.split(" ", -1);
    if (columns.length < COLUMNS_1 || columns.length > COLUMNS_1 + 1 || columns[3].isEmpty()) {
      return null;
    }
    long requests = HostList.number(columns[1]);
    long minute = HostList.number(columns[2]);
    boolean good =
        requests > 0 && minute >= 0 && columns[0].equals(HostName.canonicalise(columns[0]));
    if (!good) {
      return null;
    }
    if (columns.length == COLUMNS_1) {
      return new SeenHost(columns[0], requests, minute, columns[3]);
    }
    double days = HostList.days(columns[COLUMNS_1]);
    return days > 0 ? new SeenHost(columns[0], requests, minute, columns[3], days) : null;
  }

  /**
   * Replaces a file. Blocks until it is written to disk.
   *
   * @throws IOException if it cannot be written; the old file is then unchanged
   */
  static void write(Path file, Collection<SeenHost> hosts) throws IOException {
    // A unique name: two processes with the same journal must not write the same temporary file.
    Path temporary =
        file.resolveSibling(file.getFileName() + "." + UUID.randomUUID() + TEMPORARY_SUFFIX);
    boolean written = false;
    try {
      fill(temporary, hosts);
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      written = true;
    } finally {
      if (!written) { // an incomplete file would keep a full disk full
        discard(temporary);
      }
    }
    sync(file.toAbsolutePath().getParent());
  }

  private static void discard(Path temporary) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      log.warn("cannot remove {}: {}", temporary, IoReason.of(e));
    }
  }

  /** Removes temporary files of processes that ended while they wrote. */
  static void removeTemporaryFiles(Path file) {
    String name = Pattern.quote(String.valueOf(file.getFileName()));
    Pattern temporary =
        Pattern.compile(name + "(?:\\.[0-9a-f-]{36})?" + Pattern.quote(TEMPORARY_SUFFIX));
    Instant abandoned = Instant.now().minus(TEMPORARY_MAX_AGE);
    Path directory = file.toAbsolutePath().getParent();
    try (DirectoryStream<Path> found =
        Files.newDirectoryStream(
            directory == null ? Path.of("/") : directory,
            path ->
                temporary.matcher(String.valueOf(path.getFileName())).matches()
                    && Files.getLastModifiedTime(path).toInstant().isBefore(abandoned))) {
      found.forEach(JournalFile::discard);
    } catch (IOException | DirectoryIteratorException e) {
      log.debug("cannot list temporary files of the journal", e);
    }
  }

  /** Identifies the file, to detect a replacement by another process; null if it does not exist. */
  static @Nullable Object identity(Path file) {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    } catch (IOException e) {
      return null;
    }
  }

  private static void fill(Path temporary, Collection<SeenHost> hosts) throws IOException {
    try (FileChannel channel =
        FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
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
        out.write(' ');
        long parts = Math.max(1, Math.round(seen.days() * HostList.DAY_PARTS));
        out.write(Long.toString(parts / HostList.DAY_PARTS));
        out.write('.');
        out.write(
            Long.toString(HostList.DAY_PARTS + parts % HostList.DAY_PARTS),
            1,
            3); // with leading zeros
        out.write('\n');
      }
      out.flush();
      // Before the rename, else a crash may leave an empty file under the new name.
      channel.force(true);
    }
  }

  /** Writes the rename to disk. */
  private static void sync(@Nullable Path directory) throws IOException {
    if (directory != null) {
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }
}
