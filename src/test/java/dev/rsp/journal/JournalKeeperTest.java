// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

final class JournalKeeperTest {
  private static final long NEVER = 86_400_000;

  @TempDir private Path directory;

  /** A loop that has counted one request. */
  private static JournalKeeper.Source counted(String host) {
    return (empty, full) -> {
      var counts = new HostCounts();
      counts.add(host.getBytes(StandardCharsets.US_ASCII), host.length(), "one", true);
      full.accept(counts);
    };
  }

  @Test
  void aFileThatCouldNotBeUsedIsLookedAtAgainWithTheNextReload() throws IOException {
    Path file = directory.resolve("hosts.journal");
    Files.writeString(file, "something else\n");
    var settings = new JournalSettings(file, 100, NEVER);
    try (var keeper = new JournalKeeper()) {
      keeper.configure(settings, List.of(counted("a.example")));
      keeper.hosts();
      assertEquals("something else\n", Files.readString(file));
      Files.delete(file); // as an operator does after reading the log
      keeper.configure(settings, List.of(counted("a.example")));
    }
    List<String> lines = Files.readAllLines(file);
    assertEquals(JournalFile.HEADER, lines.get(0));
    assertTrue(lines.get(1).startsWith("a.example 2 "), lines::toString);
  }

  @Test
  void aFileThatIsUsedIsNotReadTwice() throws IOException {
    Path file = directory.resolve("hosts.journal");
    JournalFile.write(file, List.of(new SeenHost("a.example", 5, 1, "one")));
    var settings = new JournalSettings(file, 100, NEVER);
    try (var keeper = new JournalKeeper()) {
      keeper.configure(settings, List.of());
      keeper.configure(settings, List.of());
    }
    assertEquals("a.example 5 1 one 2.585", Files.readAllLines(file).get(1));
  }

  @Test
  void hostsThatWereServedForDaysAreRegularAndThoseOfTodayAreNot() throws IOException {
    Path file = directory.resolve("hosts.journal");
    long minute = System.currentTimeMillis() / 60_000;
    JournalFile.write(file, List.of(new SeenHost("site.example", 5, minute, "one", 9)));
    try (var keeper = new JournalKeeper()) {
      keeper.configure(new JournalSettings(file, 100, NEVER), List.of(counted("invented.example")));
      keeper.hosts();
      assertTrue(isRegular(keeper, "site.example"));
      assertFalse(isRegular(keeper, "invented.example"));
    }
  }

  private static boolean isRegular(JournalKeeper keeper, String host) {
    return keeper.isRegular(host.getBytes(StandardCharsets.US_ASCII), host.length());
  }

  @Test
  void aFileThatAnotherProgramWritesAsWellIsToldOnce() throws IOException {
    Path file = directory.resolve("hosts.journal");
    List<SeenHost> others = List.of(new SeenHost("a.example", 5, 1, "one"));
    JournalFile.write(file, others);
    assertEquals(
        List.of(
            "journal shared file="
                + file
                + ": another program writes it too, and the last writer wins; give each rsp its own file"),
        warnings(
            () -> {
              try (var keeper = new JournalKeeper()) {
                keeper.configure(new JournalSettings(file, 100, NEVER), List.of());
                keeper.hosts();
                JournalFile.write(file, others);
              }
            }));
  }

  @Test
  void aFileThatNobodyElseWritesIsNoReasonToWarn() throws IOException {
    Path file = directory.resolve("hosts.journal");
    assertEquals(
        List.of(),
        warnings(
            () -> {
              for (int run = 0; run < 2; run++) {
                try (var keeper = new JournalKeeper()) {
                  keeper.configure(
                      new JournalSettings(file, 100, 1), List.of(counted("a.example")));
                  keeper.hosts();
                  keeper.configure(new JournalSettings(file, 100, NEVER), List.of());
                  keeper.hosts();
                }
              }
            }));
    assertTrue(Files.exists(file));
  }

  @Test
  @Timeout(60)
  void anUnchangedFileIsNotWrittenAgainUnlessItIsGone() throws Exception {
    Path file = directory.resolve("hosts.journal");
    var rounds = new Semaphore(0);
    JournalKeeper.Source idle =
        (empty, full) -> {
          full.accept(empty);
          rounds.release();
        };
    try (var keeper = new JournalKeeper()) {
      keeper.configure(new JournalSettings(file, 100, 1), List.of(idle));
      rounds.acquire(3);
      Object first = JournalFile.identity(file);
      assertTrue(first != null);
      rounds.drainPermits();
      rounds.acquire(5);
      assertEquals(first, JournalFile.identity(file));
      Files.delete(file);
      rounds.drainPermits();
      rounds.acquire(3);
      assertTrue(Files.exists(file));
    }
  }

  @Test
  void saysThatTheFileCouldNotBeReadUntilItIsRepaired() throws IOException {
    Path file = directory.resolve("hosts.journal");
    for (String unreadable : new String[] {"something else\n", JournalFile.HEADER + "\n\0\n"}) {
      Files.writeString(file, unreadable);
      try (var keeper = new JournalKeeper()) {
        keeper.configure(new JournalSettings(file, 100, NEVER), List.of());
        assertTrue(keeper.known().problem().startsWith(file + ": it is "), unreadable);
        assertEquals(unreadable, Files.readString(file));
        JournalFile.write(file, List.of(new SeenHost("a.example", 5, 1, "one", 1)));
        assertEquals(
            new KnownHosts(List.of(new SeenHost("a.example", 5, 1, "one", 1)), ""), keeper.known());
      }
    }
  }

  @Test
  void aDirectoryInThePlaceOfTheFileCannotBeReadAndAMissingFileIsEmpty() throws IOException {
    Path directoryThere = Files.createDirectory(directory.resolve("directory"));
    try (var keeper = new JournalKeeper()) {
      keeper.configure(new JournalSettings(directoryThere, 100, NEVER), List.of());
      assertTrue(keeper.known().problem().startsWith(directoryThere + ": "));
      keeper.configure(new JournalSettings(directory.resolve("none"), 100, NEVER), List.of());
      assertEquals(new KnownHosts(List.of(), ""), keeper.known());
      keeper.configure(new JournalSettings(null, 100, NEVER), List.of());
      assertEquals(new KnownHosts(List.of(), ""), keeper.known());
    }
  }

  private static List<String> warnings(Run run) throws IOException {
    var logger = (Logger) LoggerFactory.getLogger(JournalKeeper.class);
    var logged = new ListAppender<ILoggingEvent>();
    logged.start();
    logger.addAppender(logged);
    try {
      run.run();
    } finally {
      logger.detachAppender(logged);
    }
    return logged.list.stream()
        .filter(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }

  @FunctionalInterface
  private interface Run {
    void run() throws IOException;
  }
}
