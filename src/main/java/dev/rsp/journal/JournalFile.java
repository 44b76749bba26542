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
 * The journal as a text file: a first line that names the version, then {@code host requests
 * last-minute slot days} on each line, for grep and awk. Version 1 had no days.
 *
 * <p>It is replaced as a whole, so that a reader or a crash finds the old one or the new one. Of
 * one that is damaged, the lines that are good are read.
 */
final class JournalFile {
  private static final Logger log = LoggerFactory.getLogger(JournalFile.class);

  /** The first line. A change that an older rsp cannot read gets another number. */
  static final String HEADER = "# rsp journal 2: host requests last-minute slot days";

  /** The first line of what rsp wrote before it counted days. */
  static final String HEADER_1 = "# rsp journal 1: host requests last-minute slot";

  /** What the first line of every version begins with. */
  private static final String TITLE = "# rsp journal ";

  private static final int COLUMNS_1 = 4;

  /** Days are written in thousandths. */
  private static final int DAY_PARTS = 1000;

  /** What the name of a file ends with that is not in its place yet. */
  private static final String DRAFT = ".tmp";

  /** Nobody writes a journal for so long: it takes seconds. */
  private static final Duration DRAFT_PATIENCE = Duration.ofHours(1);

  private JournalFile() {}

  /**
   * What is in a file.
   *
   * @param damagedLines lines that could not be read, the first one included
   * @param problem why it is not to be used, and not to be replaced: it is no journal, or one of
   *     which no line could be read; empty if it may be
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
        } else if (hosts.size() < most) {
          hosts.add(seen);
        }
      }
      if (hosts.isEmpty() && damaged > 0) {
        return Contents.unusable(
            titled ? "it is damaged: no line of it can be read" : "it is something else");
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
    double days = days(columns[COLUMNS_1]);
    return days > 0 ? new SeenHost(columns[0], requests, minute, columns[3], days) : null;
  }

  /** A number of days as {@link #write} writes it, or 0 if it is none. */
  static double days(String text) {
    int point = text.indexOf('.');
    long whole = point < 0 ? -1 : HostList.number(text.substring(0, point));
    long parts = text.length() == point + 4 ? HostList.number(text.substring(point + 1)) : -1;
    return whole < 0 || parts < 0 ? 0 : whole + (double) parts / DAY_PARTS;
  }

  /**
   * Replaces a file. Blocks until it is on the disk.
   *
   * @throws IOException if it cannot be written; the old one is then as it was
   */
  static void write(Path file, Collection<SeenHost> hosts) throws IOException {
    // A name of its own: two that write the same journal must not write the same draft.
    Path draft = file.resolveSibling(file.getFileName() + "." + UUID.randomUUID() + DRAFT);
    boolean written = false;
    try {
      fill(draft, hosts);
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      written = true;
    } finally {
      if (!written) { // half a draft would keep a full disk full
        discard(draft);
      }
    }
    sync(file.toAbsolutePath().getParent());
  }

  private static void discard(Path draft) {
    try {
      Files.deleteIfExists(draft);
    } catch (IOException e) {
      log.warn("cannot remove {}: {}", draft, IoReason.of(e));
    }
  }

  /** Removes what was left beside a file by those that ended while they wrote it. */
  static void removeDrafts(Path file) {
    String name = Pattern.quote(String.valueOf(file.getFileName()));
    Pattern draft = Pattern.compile(name + "(?:\\.[0-9a-f-]{36})?" + Pattern.quote(DRAFT));
    Instant abandoned = Instant.now().minus(DRAFT_PATIENCE);
    Path directory = file.toAbsolutePath().getParent();
    try (DirectoryStream<Path> found =
        Files.newDirectoryStream(
            directory == null ? Path.of("/") : directory,
            path ->
                draft.matcher(String.valueOf(path.getFileName())).matches()
                    && Files.getLastModifiedTime(path).toInstant().isBefore(abandoned))) {
      found.forEach(JournalFile::discard);
    } catch (IOException | DirectoryIteratorException e) {
      log.debug("drafts of the journal not looked for", e);
    }
  }

  /** What tells the file from one that somebody else puts in its place; null if there is none. */
  static @Nullable Object identity(Path file) {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    } catch (IOException e) {
      return null;
    }
  }

  private static void fill(Path draft, Collection<SeenHost> hosts) throws IOException {
    try (FileChannel channel =
        FileChannel.open(draft, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
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
        long parts = Math.max(1, Math.round(seen.days() * DAY_PARTS));
        out.write(Long.toString(parts / DAY_PARTS));
        out.write('.');
        out.write(Long.toString(DAY_PARTS + parts % DAY_PARTS), 1, 3); // with zeros in front
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
