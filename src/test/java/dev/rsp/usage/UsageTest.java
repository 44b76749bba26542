// SPDX-License-Identifier: Apache-2.0
package dev.rsp.usage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** From what the loops count to the files: hours, restarts, failures and settings. */
@Timeout(60)
final class UsageTest {
  private static final String HEADER = UsageFile.HEADER + "\n";
  private static final Instant NOON = Instant.parse("2026-11-27T12:00:00Z");

  @TempDir private Path directory;

  private final List<Usage> opened = new ArrayList<>();
  private final AtomicLong clock = new AtomicLong(NOON.toEpochMilli() + 60_000);

  @AfterEach
  void close() {
    opened.forEach(Usage::close);
  }

  private Path folder() {
    return directory.resolve("usage");
  }

  private Usage open(int hosts) throws IOException {
    return open(new UsageSettings(folder(), hosts, 2), RegularHosts.NONE);
  }

  private Usage open(UsageSettings settings, RegularHosts regular) throws IOException {
    Usage usage = Usage.open(settings, regular, clock::get);
    opened.add(usage);
    return usage;
  }

  /** A loop that hands over only when it is flushed. */
  private static LoopUsage loop(Usage usage) {
    return usage.forLoop(task -> {});
  }

  private void count(LoopUsage loop, String... hosts) {
    for (String host : hosts) {
      byte[] octets = host.getBytes(StandardCharsets.US_ASCII);
      loop.count(clock.get(), octets, 0, octets.length, 10, 200, 1_500_000);
    }
  }

  /** What a process that runs counts of some hosts before it stops. */
  private void serve(String... hosts) throws IOException {
    Usage usage = open(100);
    LoopUsage loop = loop(usage);
    count(loop, hosts);
    loop.flush();
    usage.close();
  }

  private String file(String name) throws IOException {
    return Files.readString(folder().resolve(name));
  }

  private List<String> files() throws IOException {
    try (Stream<Path> all = Files.list(folder())) {
      return all.map(file -> file.getFileName().toString())
          .filter(name -> !name.equals(".lock"))
          .sorted()
          .toList();
    }
  }

  private void put(String name, String text) throws IOException {
    Files.createDirectories(folder());
    Files.writeString(folder().resolve(name), text);
  }

  private void passHours(int hours) {
    clock.addAndGet(TimeUnit.HOURS.toMillis(hours));
  }

  @Test
  void aStopWritesTheRunningHourAndARestartGoesOnWithIt() throws Exception {
    serve("a.example", "b.example", "a.example");
    assertEquals(List.of("2026-11-27T12.csv.running"), files());
    assertEquals(
        HEADER + "a.example,2,20,400,3.000000\nb.example,1,10,200,1.500000\n",
        file("2026-11-27T12.csv.running"));
    assertEquals(
        "rw-r-----",
        PosixFilePermissions.toString(
            Files.getPosixFilePermissions(folder().resolve("2026-11-27T12.csv.running"))));
    serve("b.example", "c.example");
    serve();
    assertEquals(
        HEADER
            + "a.example,2,20,400,3.000000\nb.example,2,20,400,3.000000\n"
            + "c.example,1,10,200,1.500000\n",
        file("2026-11-27T12.csv.running"));
  }

  @Test
  void anHourThatIsOverIsCompleteUnderItsNameAndTheNextOneBegins() throws Exception {
    Usage usage = open(100);
    LoopUsage loop = loop(usage);
    count(loop, "a");
    passHours(1);
    count(loop, "b");
    loop.flush();
    usage.close();
    assertEquals(List.of("2026-11-27T12.csv", "2026-11-27T13.csv.running"), files());
    assertEquals(HEADER + "a,1,10,200,1.500000\n", file("2026-11-27T12.csv"));
    assertEquals(HEADER + "b,1,10,200,1.500000\n", file("2026-11-27T13.csv.running"));
  }

  @Test
  void anHourThatEndedWhileNoProcessRanIsCompletedAtTheNextStart() throws Exception {
    serve("a");
    passHours(3);
    serve("b");
    assertEquals(List.of("2026-11-27T12.csv", "2026-11-27T15.csv.running"), files());
  }

  @Test
  void aCompleteFileWinsOverTheOneThatACrashHasLeftBesideIt() throws Exception {
    put("2026-11-27T11.csv", HEADER + "a,2,0,0,0.000000\n");
    put("2026-11-27T11.csv.running", HEADER + "a,1,0,0,0.000000\n");
    put(".writing", "a par");
    serve("b");
    assertEquals(List.of("2026-11-27T11.csv", "2026-11-27T12.csv.running"), files());
    assertEquals(HEADER + "a,2,0,0,0.000000\n", file("2026-11-27T11.csv"));
  }

  @Test
  void ifTheClockIsSetBackWhatFollowsIsAddedToTheCompleteHour() throws Exception {
    put("2026-11-27T12.csv", HEADER + "a,1,10,200,1.500000\n");
    serve("a");
    serve("a");
    assertEquals(List.of("2026-11-27T12.csv"), files());
    assertEquals(HEADER + "a,3,30,600,4.500000\n", file("2026-11-27T12.csv"));
  }

  @Test
  void theLastHoursBeforeKeepDaysAreRemovedAndNoOtherFileIs() throws Exception {
    put("2026-11-25T11.csv", HEADER);
    put("2026-11-25T11.csv.running", HEADER);
    put("2026-11-25T13.csv", HEADER);
    put("2026-11-25T11.csv.gz", "x");
    put("2026-13-25T11.csv", "x");
    put("bill.csv", "x");
    serve();
    assertEquals(
        List.of("2026-11-25T11.csv.gz", "2026-11-25T13.csv", "2026-13-25T11.csv", "bill.csv"),
        files());
  }

  @Test
  void damagedLinesAreLeftOutAndAnUnknownFormatIsKeptUnderAnotherName() throws Exception {
    put(
        "2026-11-27T12.csv.running",
        HEADER + "a,1,10,200,1.500000\nb,1,1\nc,x,1,1,1.000000\na,1,1");
    serve("a");
    assertEquals(HEADER + "a,2,20,400,3.000000\n", file("2026-11-27T12.csv.running"));
    put("2026-11-27T12.csv.running", "host,more\na,1\n");
    serve("a");
    assertEquals(HEADER + "a,1,10,200,1.500000\n", file("2026-11-27T12.csv.running"));
    assertEquals("host,more\na,1\n", file("2026-11-27T12.csv.running.unreadable"));
  }

  @Test
  void twoCannotWriteIntoOneFolderWhateverItsNameIs() throws Exception {
    Usage first = open(100);
    Path other = Files.createSymbolicLink(directory.resolve("link"), folder());
    UsageSettings settings = new UsageSettings(other, 100, 2);
    IOException refusal = assertThrows(IOException.class, () -> open(settings, RegularHosts.NONE));
    assertEquals("another rsp writes its usage there", refusal.getMessage());
    assertTrue(first.isOf(settings));
    first.close();
    open(settings, RegularHosts.NONE);
  }

  @Test
  void aFolderWhoseParentIsMissingIsRefused() {
    var settings = new UsageSettings(directory.resolve("no/usage"), 100, 2);
    assertThrows(IOException.class, () -> open(settings, RegularHosts.NONE));
  }

  @Test
  void whatCannotBeWrittenIsWrittenLaterAlsoIfNoLoopCountsAnyMore() throws Exception {
    Usage usage = open(100);
    // As a full disk: no file can be made. A folder that is not empty cannot be replaced.
    Path obstacle = Files.createDirectories(folder().resolve(".writing/x"));
    LoopUsage loop = loop(usage);
    count(loop, "a", "a");
    loop.flush();
    usage.retire();
    passHours(1);
    Eventually.holds("collected", () -> !usage.hours("a", 2).isEmpty());
    assertEquals(List.of(".writing"), files());
    assertFalse(usage.hasEnded());
    assertTrue(usage.resume(new UsageSettings(folder(), 100, 2)));
    count(loop, "b");
    loop.flush();
    Files.delete(obstacle);
    usage.retire();
    Eventually.holds("written", usage::hasEnded);
    assertEquals(HEADER + "a,2,20,400,3.000000\n", file("2026-11-27T12.csv"));
    assertEquals(HEADER + "b,1,10,200,1.500000\n", file("2026-11-27T13.csv.running"));
    assertFalse(usage.resume(new UsageSettings(folder(), 100, 2)));
  }

  @Test
  void aVanishedFolderKeepsTheSumsUntilItIsThereAgain() throws Exception {
    Usage usage = open(100);
    LoopUsage loop = loop(usage);
    count(loop, "a");
    loop.flush();
    Eventually.holds("in the file", () -> usage.hours("a", 1).size() == 1);
    Files.delete(folder().resolve(".lock"));
    for (String name : files()) {
      Files.deleteIfExists(folder().resolve(name));
    }
    Files.delete(folder());
    count(loop, "a");
    loop.flush();
    Eventually.holds("in memory", () -> usage.top(UsageOrder.TIME, 1).get(0).requests() == 2);
    Files.createDirectory(folder());
    usage.close();
    assertEquals(HEADER + "a,2,20,400,3.000000\n", file("2026-11-27T12.csv.running"));
  }

  @Test
  void aDiskThatHangsHoldsUpNeitherSumsNorAStop() throws Exception {
    Files.createDirectory(folder());
    Path pipe = folder().resolve("2026-11-27T12.csv.running");
    // Nobody writes into the pipe, so that the thread that reads it waits for ever.
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    Usage usage = open(100);
    LoopUsage loop = loop(usage);
    for (int i = 1; i <= 10; i++) {
      int requests = i;
      count(loop, "a");
      loop.flush();
      Eventually.holds(
          "collected",
          () ->
              usage.top(UsageOrder.REQUESTS, 1).stream()
                  .anyMatch(use -> use.requests() == requests));
    }
    usage.close();
    assertTrue(usage.hasEnded());
  }

  @Test
  void hostsBeyondTheMaximumAreInOneLineAndSumsAreExact() throws Exception {
    RegularHosts regular = (octets, length) -> octets[0] == 's';
    Usage usage = open(new UsageSettings(folder(), 4, 2), regular);
    LoopUsage loop = loop(usage);
    count(loop, "i1", "i2", "i3", "i4", "i5", "site", "i6", "i1", "site2");
    loop.flush();
    usage.close();
    assertEquals(
        HEADER
            + "i1,2,20,400,3.000000\n"
            + "i2,1,10,200,1.500000\ni3,1,10,200,1.500000\ni4,1,10,200,1.500000\n"
            + "site,1,10,200,1.500000\n*,3,30,600,4.500000\n",
        file("2026-11-27T12.csv.running"));
  }

  @Test
  void fewerHostsByAReloadHoldForThoseThatComeThen() throws Exception {
    Usage usage = open(100);
    LoopUsage loop = loop(usage);
    count(loop, "a", "b");
    loop.flush();
    Eventually.holds("collected", () -> usage.hostCount() == 2);
    assertTrue(usage.resume(new UsageSettings(folder(), 1, 2)));
    count(loop, "b", "c");
    loop.flush();
    usage.close();
    assertEquals(
        HEADER + "a,1,10,200,1.500000\nb,2,20,400,3.000000\n*,1,10,200,1.500000\n",
        file("2026-11-27T12.csv.running"));
  }

  @Test
  void moreHostsThanHalfOfTheHeapHoldsAreNotTaken() {
    var settings = new UsageSettings(folder(), 1_000_000, 2);
    assertEquals(1_000_000, settings.hostsWithin(512L << 20));
    int few = settings.hostsWithin(64L << 20);
    assertTrue(few > 100_000 && few < 200_000, "hosts: " + few);
    assertEquals(1, settings.hostsWithin(1));
  }

  @Test
  void sumsAreExactIfALoopSeesMoreHostsThanItsTablesHold() throws Exception {
    Usage usage = open(1_000_000);
    LoopUsage loop = loop(usage);
    for (int i = 0; i < 300_000; i++) {
      count(loop, "h" + i % 100_000);
    }
    loop.flush();
    usage.close();
    var table = new UsageTable(UsageTable.newHash(), 200_000);
    UsageFolder.addTo(table, folder().resolve("2026-11-27T12.csv.running"));
    assertEquals(new HostUse("", 300_000, 3_000_000, 60_000_000, 450_000_000_000L), table.total());
  }

  @Test
  void theHoursOfAHostComeFromFilesAndMemoryAndTheTopFromTheRunningHour() throws Exception {
    put("2026-11-27T09.csv", HEADER + "a,1,2,3,4.000000\n");
    put("2026-11-27T10.csv", HEADER + "a,5,6,7,8.000000\nb,1,1,1,1.000000\n");
    put("2026-11-27T11.csv", HEADER + "b,1,1,1,1.000000\n");
    Usage usage = open(100);
    LoopUsage loop = loop(usage);
    count(loop, "a", "b", "b");
    loop.flush();
    Eventually.holds("collected", () -> usage.top(UsageOrder.REQUESTS, 9).size() == 2);
    List<HourUse> hours = usage.hours("a", 3);
    assertEquals(
        List.of(
            new HourUse(NOON.minusSeconds(7200), new HostUse("a", 5, 6, 7, 8_000_000)),
            new HourUse(NOON, new HostUse("a", 1, 10, 200, 1_500_000))),
        hours);
    assertEquals(
        List.of(new HostUse("b", 2, 20, 400, 3_000_000)), usage.top(UsageOrder.REQUESTS, 1));
    assertEquals(NOON, usage.runningSince());
    assertEquals(List.of(), usage.hours("nobody", 48));
  }
}
