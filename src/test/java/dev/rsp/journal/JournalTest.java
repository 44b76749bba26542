// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class JournalTest {
  private static final int MANY = 1000;

  @TempDir private Path directory;

  @Test
  void addsUpWhatComesFromSeveralPlaces() {
    var journal = new Journal(MANY);
    journal.add(List.of(seen("a.example", 2, 10, "one"), seen("b.example", 9, 10, "two")));
    journal.add(List.of(seen("a.example", 3, 12, "three")));
    assertEquals(
        List.of("b.example 9 10 two", "a.example 5 12 three"),
        journal.hosts().stream().map(JournalTest::withoutDays).toList());
  }

  @Test
  void aHostIsServedIfABackendHasAnsweredItWell() {
    var journal = new Journal(MANY);
    var counts = new HostCounts();
    add(counts, "good.example", true);
    add(counts, "invented.example", false);
    journal.add(counts, 1_440);
    assertTrue(journal.hasServed("good.example"));
    assertFalse(journal.hasServed("invented.example"));
    assertFalse(journal.hasServed("unknown.example"));
  }

  private static void add(HostCounts counts, String host, boolean served) {
    byte[] bytes = host.getBytes(StandardCharsets.US_ASCII);
    counts.add(bytes, bytes.length, "live1", served);
  }

  @Test
  void keepsTheSlotOfTheLatestRequest() {
    var journal = new Journal(MANY);
    journal.add(List.of(seen("a.example", 1, 12, "new"), seen("a.example", 1, 10, "old")));
    assertEquals("a.example 2 12 new", withoutDays(journal.hosts().get(0)));
  }

  @Test
  void leavesNoDraftWhereItCannotWrite() throws IOException {
    Path taken = directory.resolve("hosts.journal");
    Files.createDirectories(taken.resolve("below"));
    assertThrows(
        IOException.class, () -> JournalFile.write(taken, List.of(seen("a.example", 1, 1, "s"))));
    try (Stream<Path> files = Files.list(directory)) {
      assertEquals(List.of(taken), files.toList());
    }
  }

  /** Two daemons with the same file: the last writer wins, and no file is incomplete. */
  @Test
  void twoThatWriteOneFileNeverLeaveAMixOfBoth() throws Exception {
    Path file = directory.resolve("hosts.journal");
    List<SeenHost> ones = IntStream.range(0, MANY).mapToObj(i -> seen("a" + i, 1, 1, "s")).toList();
    List<SeenHost> others = IntStream.range(0, 9).mapToObj(i -> seen("b" + i, 1, 1, "s")).toList();
    JournalFile.write(file, ones);
    CompletableFuture<Void> one = CompletableFuture.runAsync(() -> writeOften(file, ones));
    CompletableFuture<Void> other = CompletableFuture.runAsync(() -> writeOften(file, others));
    CompletableFuture<Void> both = CompletableFuture.allOf(one, other);
    do {
      JournalFile.Contents contents = JournalFile.read(file, MANY);
      assertEquals(0, contents.damagedLines());
      assertEquals(contents.hosts().size() == MANY ? ones : others, contents.hosts());
    } while (!both.isDone());
    both.get();
    assertEquals(List.of("hosts.journal"), names());
  }

  private static void writeOften(Path file, List<SeenHost> hosts) {
    try {
      for (int i = 0; i < 200; i++) {
        JournalFile.write(file, hosts);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void whatACrashLeftOfAnOldDraftIsRemovedAndWhatMayBeBeingWrittenIsNot() throws Exception {
    Path file = directory.resolve("hosts.journal");
    String old = "hosts.journal.01234567-89ab-cdef-0123-456789abcdef.tmp";
    String fresh = "hosts.journal.fedcba98-7654-3210-fedc-ba9876543210.tmp";
    List<String> others = List.of("hosts.journal.mine.tmp", "hosts.journal", "x.hosts.journal.tmp");
    for (String name : List.of(old, "hosts.journal.tmp", fresh)) {
      Files.writeString(directory.resolve(name), "# rsp jour");
    }
    for (String name : others) {
      Files.writeString(directory.resolve(name), JournalFile.HEADER + "\n");
    }
    for (String name : names()) {
      if (!name.equals(fresh)) {
        Files.setLastModifiedTime(
            directory.resolve(name), FileTime.from(Instant.now().minus(2, ChronoUnit.HOURS)));
      }
    }
    try (var keeper = new JournalKeeper()) {
      keeper.configure(new JournalSettings(file, MANY, 3_600_000), List.of());
    }
    assertEquals(
        Stream.concat(others.stream(), Stream.of(fresh)).sorted().toList(),
        names().stream().sorted().toList());
  }

  @Test
  void hostsThatWereAskedForOnceLeaveBeforeSitesThatWereNotSeenForLong() {
    var journal = new Journal(100);
    IntStream.range(0, 60)
        .forEach(i -> journal.add(List.of(seen("site" + i + ".example", 2, 1, "s"))));
    IntStream.range(0, 10_000)
        .forEach(i -> journal.add(List.of(seen("guess" + i + ".example", 1, 99, "s"))));
    assertTrue(journal.size() <= 100, "" + journal.size());
    assertEquals(60, journal.hosts().stream().filter(h -> h.host().startsWith("site")).count());
  }

  @Test
  void thoseNotSeenForTheLongestTimeLeaveFirst() {
    var journal = new Journal(100);
    IntStream.range(0, 200)
        .forEach(i -> journal.add(List.of(seen("site" + i + ".example", 5, i, "s"))));
    List<String> left = journal.hosts().stream().map(SeenHost::host).toList();
    assertTrue(left.size() <= 100 && left.contains("site199.example"), left::toString);
    assertFalse(left.contains("site0.example"));
  }

  @Test
  void rememberingFewerDropsTheRestAtOnce() {
    var journal = new Journal(100);
    IntStream.range(0, 100).forEach(i -> journal.add(List.of(seen("h" + i, 5, i, "s"))));
    journal.setMaxHosts(10);
    assertEquals(10, journal.size());
    assertTrue(journal.hosts().contains(seen("h99", 5, 99, "s")));
  }

  @Test
  void comesBackFromItsFile() throws IOException {
    Path file = directory.resolve("hosts.journal");
    List<SeenHost> hosts =
        List.of(
            seen("a.example", 5, 29_000_000, "live1"),
            seen("[2001:db8::1]", 1, 29_000_001, "unix:/run/a.sock"),
            seen("192.0.2.7", Long.MAX_VALUE / 100, 0, "-"));
    JournalFile.write(file, hosts);
    JournalFile.Contents read = JournalFile.read(file, MANY);
    assertEquals(hosts, read.hosts());
    assertEquals(0, read.damagedLines());
    assertEquals(
        "a.example 5 29000000 live1 12.034", Files.readAllLines(file).get(1), "one line for grep");
    assertEquals(List.of("hosts.journal"), names());
  }

  @Test
  void aFileThatIsMissingOrEmptyIsAnEmptyJournal() throws IOException {
    assertEquals(List.of(), JournalFile.read(directory.resolve("none"), MANY).hosts());
    Path empty = Files.createFile(directory.resolve("empty"));
    assertFalse(JournalFile.read(empty, MANY).isUnusable());
  }

  @Test
  void readsWhatIsGoodOfADamagedFile() throws IOException {
    Path file = directory.resolve("hosts.journal");
    String good = "a.example 5 29000000 live1";
    for (String bad :
        new String[] {
          "b.example",
          "b.example x 1 s",
          "B.example 1 1 s",
          "b..example 1 1 s",
          "b.example 0 1 s",
          "b.example -1 1 s",
          "b.example 1 1 s t",
          "b.example 1 1 s 1",
          "b.example 1 1 s 0.000",
          "b.example 1 1 s 1.5",
          "b.example 1 1 s -1.500",
          "b.example 1 1 s 1.500 t",
          "b.example 1 1 ",
          " b.example 1 1 s",
          "b.example 99999999999999999999 1 s",
          "\u0000\u0001\u00ff",
          "x".repeat(100_000),
          ""
        }) {
      Files.writeString(
          file, JournalFile.HEADER + "\n" + bad + "\n" + good + "\n", StandardCharsets.ISO_8859_1);
      JournalFile.Contents read = JournalFile.read(file, MANY);
      assertEquals(1, read.hosts().size(), bad);
      assertEquals(1, read.damagedLines(), bad);
      assertFalse(read.isUnusable());
    }
  }

  @Test
  void readsAJournalOfVersion1AndEstimatesItsDays() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("hosts.journal"),
            """
            # rsp journal 1: host requests last-minute slot
            a.example 1023 29000000 live1
            b.example 1 29000001 live2
            """);
    assertEquals(
        new JournalFile.Contents(
            List.of(
                new SeenHost("a.example", 1023, 29_000_000, "live1", 10),
                new SeenHost("b.example", 1, 29_000_001, "live2", 1)),
            0,
            ""),
        JournalFile.read(file, MANY));
  }

  @Test
  void aJournalOfALaterVersionIsLeftAlone() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("hosts.journal"),
            "# rsp journal 3: host requests last-minute slot\na.example 5 29000000 live1\n");
    assertEquals(
        "it was written by a later version of rsp", JournalFile.read(file, MANY).problem());
  }

  @Test
  void aJournalOfWhichNoLineCanBeReadIsLeftAlone() throws IOException {
    Path file = directory.resolve("hosts.journal");
    Files.writeString(file, JournalFile.HEADER + "\n\0\0\n\0\n");
    assertEquals("it is damaged: no line can be read", JournalFile.read(file, MANY).problem());
  }

  @Test
  void aFileCutAtAnyByteLosesOnlyWhatIsCut() throws IOException {
    Path file = directory.resolve("hosts.journal");
    JournalFile.write(
        file, List.of(seen("a.example", 5, 7, "live1"), seen("b.example", 5, 7, "x")));
    byte[] whole = Files.readAllBytes(file);
    int second = new String(whole, StandardCharsets.US_ASCII).indexOf("b.example");
    for (int cut = second; cut <= whole.length; cut++) {
      Files.write(file, java.util.Arrays.copyOf(whole, cut));
      assertEquals(seen("a.example", 5, 7, "live1"), JournalFile.read(file, MANY).hosts().get(0));
    }
  }

  @Test
  void aFileThatIsSomethingElseIsLeftAlone() throws Exception {
    Path file = Files.writeString(directory.resolve("backends.lua"), "listen = '0.0.0.0:80'\n");
    assertTrue(JournalFile.read(file, MANY).isUnusable());
    try (var keeper = new JournalKeeper()) {
      keeper.configure(new JournalSettings(file, MANY, 10), List.of());
      assertEquals(List.of(), keeper.hosts());
    }
    assertEquals("listen = '0.0.0.0:80'\n", Files.readString(file));
  }

  @Test
  void theKeeperCollectsFromItsLoopsAndWritesWhenItCloses() throws Exception {
    Path file = directory.resolve("hosts.journal");
    JournalFile.write(file, List.of(seen("a.example", 5, 7, "old")));
    HostCounts loop = new HostCounts();
    loop.add(new byte[] {'b'}, 1, "live1", true);
    loop.add(new byte[] {'b'}, 1, "live1", true);
    try (var keeper = new JournalKeeper()) {
      keeper.configure(
          new JournalSettings(file, MANY, 3_600_000),
          List.of((empty, full) -> full.accept(copyOnce(loop, empty))));
      assertEquals(
          List.of("a.example 5", "b 2"),
          keeper.hosts().stream().map(h -> h.host() + " " + h.requests()).toList());
    }
    assertEquals(2, JournalFile.read(file, MANY).hosts().size());
  }

  /** The loop's table the first time, and then empty ones. */
  private static HostCounts copyOnce(HostCounts loop, HostCounts empty) {
    return loop.size() > 0 ? loop : empty;
  }

  @Test
  void goingBackToAFileDoesNotCountItTwice() throws IOException {
    Path one = directory.resolve("one");
    Path other = directory.resolve("other");
    JournalFile.write(one, List.of(seen("a.example", 5, 7, "live1")));
    try (var keeper = new JournalKeeper()) {
      for (Path file : List.of(one, other, one)) {
        keeper.configure(new JournalSettings(file, MANY, 3_600_000), List.of());
      }
      assertEquals(List.of(seen("a.example", 5, 7, "live1")), keeper.hosts());
    }
    assertEquals(1, JournalFile.read(one, MANY).hosts().size());
  }

  @Test
  void aDirectoryThatCannotBeWrittenDoesNotEndTheKeeper() {
    Path file = directory.resolve("missing").resolve("hosts.journal");
    var keeper = new JournalKeeper();
    keeper.configure(new JournalSettings(file, MANY, 1), List.of());
    assertEquals(List.of(), keeper.hosts());
    keeper.close();
    assertFalse(Files.exists(file));
  }

  @Test
  void aLoopThatNeverAnswersIsNotWaitedForForEver() {
    try (var keeper = new JournalKeeper()) {
      keeper.configure(new JournalSettings(null, MANY, 3_600_000), List.of((empty, full) -> {}));
      assertEquals(List.of(), keeper.hosts());
      assertEquals(List.of(), keeper.hosts());
    }
  }

  @Test
  void aListOfHostsTakesEverySpellingCommentsAndCounts() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("hosts.txt"),
            """
            # a comment
            A.example
            a.example.:8080   # the same site
              b.example  7
            c.example 3 29000000 live1

            not a host
            d..example
            e.example many
            """);
    HostList list = HostList.read(file, MANY);
    assertEquals(
        List.of(
            new SeenHost("a.example", 2, 0, "-", 1),
            new SeenHost("b.example", 7, 0, "-"),
            new SeenHost("c.example", 3, 29_000_000, "live1")),
        list.hosts());
    assertEquals(3, list.invalidLines());
    assertTrue(list.counted());
  }

  @Test
  void aListWithoutCountsSaysThatTrafficIsNotKnown() throws IOException {
    Path file = Files.writeString(directory.resolve("hosts.txt"), "a.example\nb.example\n");
    assertFalse(HostList.read(file, MANY).counted());
  }

  @Test
  void aJournalIsAListAsWell() throws IOException {
    Path file = directory.resolve("hosts.journal");
    List<SeenHost> hosts =
        List.of(seen("a.example", 5, 7, "live1"), seen("b.example", 4, 7, "unix:/run/b#1.sock"));
    JournalFile.write(file, hosts);
    assertEquals(new HostList(hosts, 0, true), HostList.read(file, MANY));
  }

  @Test
  void aCommentBeginsInEveryColumn() throws IOException {
    Path file = directory.resolve("hosts.txt");
    Files.writeString(
        file,
        """
        a.example#x y
        b.example 2#x
        c.example 3 7#x
        d.example 4 7 #x
        e.example 5 7 live#1 # x y z
        f.example 6 7 live1 more
        g.example 7 7 live#1 2.500#x
        """);
    HostList list = HostList.read(file, MANY);
    assertEquals(
        List.of(
            new SeenHost("a.example", 1, 0, "-"),
            new SeenHost("b.example", 2, 0, "-"),
            new SeenHost("c.example", 3, 7, "-"),
            new SeenHost("d.example", 4, 7, "-"),
            new SeenHost("e.example", 5, 7, "live#1"),
            new SeenHost("g.example", 7, 7, "live#1", 2.5)),
        list.hosts());
    assertEquals(1, list.invalidLines());
  }

  private List<String> names() throws IOException {
    try (var files = Files.list(directory)) {
      return files.map(path -> path.getFileName().toString()).toList();
    }
  }

  private static String withoutDays(SeenHost seen) {
    return seen.host() + " " + seen.requests() + " " + seen.lastMinute() + " " + seen.slot();
  }

  /** With days that a file stores exactly. */
  private static SeenHost seen(String host, long requests, long minute, String slot) {
    return new SeenHost(host, requests, minute, slot, requests == 1 ? 1 : 12.034);
  }
}
