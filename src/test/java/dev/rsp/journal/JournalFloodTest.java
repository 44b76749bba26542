// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The effect of invented names on the sites in a full journal. */
@Timeout(120)
final class JournalFloodTest {
  private static final int MINUTES_PER_DAY = 1440;

  /** Midnight on a Monday, so that days and weeks begin then. */
  private static final long START = 20_577L * MINUTES_PER_DAY;

  private static final int WEEKS = 4;
  private static final int OF_EACH_RATE = 20;

  private final HostCounts counts = new HostCounts();

  /** How often a site is requested: requests on each of these days, and their status. */
  private enum Rate {
    BUSY(1, 200, true),
    A_FEW_A_DAY(1, 3, true),
    ONE_A_DAY(1, 1, true),
    EACH_THIRD_DAY(3, 1, true),
    ONE_A_WEEK(7, 1, true),
    BEHIND_A_PASSWORD(1, 3, false);

    final int everyDays;
    final int requests;
    final boolean served;

    Rate(int everyDays, int requests, boolean served) {
      this.everyDays = everyDays;
      this.requests = requests;
      this.served = served;
    }

    List<String> sites() {
      return IntStream.range(0, OF_EACH_RATE)
          .mapToObj(i -> name() + i)
          .map(name -> name.toLowerCase(Locale.ROOT).replace('_', '-') + ".example")
          .toList();
    }
  }

  @ParameterizedTest(name = "{0} names, {1} times each in {2} rounds within a day, status {3}")
  @CsvSource({
    "2000, 1, 1, 200", "2000, 2, 1, 200", "2000, 2, 1, 404", "2000, 5, 5, 200",
    "100000, 2, 1, 200", "100000, 2, 1, 404", "100000, 5, 1, 200", "100000, 5, 1, 404",
    "100000, 2, 2, 200", "100000, 4, 2, 404", "100000, 6, 3, 200", "100000, 5, 5, 404",
    "300, 1000, 24, 200", "300, 1000, 24, 404"
  })
  void takesTheRoomOfNoSiteThatIsServedRegularly(int names, int times, int rounds, int status) {
    var journal = new Journal(Rate.values().length * OF_EACH_RATE);
    for (int day = 0; day < WEEKS * 7; day++) {
      serve(journal, day);
    }
    Set<String> sites = sites(journal);
    assertEquals(Rate.values().length * OF_EACH_RATE, sites.size());
    // It begins at noon: 24 hours cover two dates.
    long noon = START + (WEEKS * 7 - 1) * MINUTES_PER_DAY + MINUTES_PER_DAY / 2;
    for (int round = 0; round < rounds; round++) {
      long minute = noon + (long) round * MINUTES_PER_DAY / rounds;
      flood(journal, names, times / rounds, minute, status < 400);
    }
    assertEquals(sites, sites(journal));
    for (int day = WEEKS * 7; day < WEEKS * 7 + 2; day++) {
      serve(journal, day);
    }
    assertEquals(sites, sites(journal));
  }

  @Test
  void aNewSiteTakesTheRoomOfOneThatHasEndedWhileTheJournalIsFull() {
    var journal = new Journal(OF_EACH_RATE);
    for (int day = 0; day < 14; day++) {
      visit(journal, Rate.A_FEW_A_DAY.sites(), day, 3, true);
    }
    List<String> living = Rate.A_FEW_A_DAY.sites().subList(1, OF_EACH_RATE);
    List<String> newer = List.of("newer.example");
    for (int day = 14; day < 28; day++) {
      visit(journal, living, day, 3, true);
      visit(journal, newer, day, 1, true);
    }
    assertTrue(sites(journal).containsAll(newer), sites(journal)::toString);
    assertTrue(sites(journal).containsAll(living), sites(journal)::toString);
    assertFalse(sites(journal).contains("a-few-a-day0.example"));
  }

  @Test
  void aNewSiteTakesTheRoomOfInventedNamesWithItsSecondDay() {
    var journal = new Journal(OF_EACH_RATE);
    flood(journal, 2000, 1, START, true);
    List<String> newer = List.of("newer.example");
    visit(journal, newer, 1, 1, true);
    flood(journal, 2000, 1, START + MINUTES_PER_DAY + 1, true);
    visit(journal, newer, 2, 1, true);
    assertTrue(sites(journal).containsAll(newer), sites(journal)::toString);
  }

  /** In which order the hosts of a table are added is random, so this is tried many times. */
  @RepeatedTest(50)
  void aSiteThatIsAskedForMoreOftenThanInventedNamesStaysAlsoIfItsRequestsComeInTwoTables() {
    var journal = new Journal(OF_EACH_RATE);
    List<String> sites = Rate.ONE_A_DAY.sites();
    visit(journal, sites, 0, 2, true);
    var table = new HostCounts();
    add(table, sites, 1);
    add(table, IntStream.range(0, 2000).mapToObj(i -> "invented" + i + ".example").toList(), 2);
    journal.add(table, START + 1);
    assertEquals(new TreeSet<>(sites), sites(journal));
  }

  private static void add(HostCounts table, List<String> hosts, int times) {
    for (int i = 0; i < times; i++) {
      for (String host : hosts) {
        byte[] name = host.getBytes(StandardCharsets.US_ASCII);
        table.add(name, name.length, "live1", true);
      }
    }
  }

  @Test
  void answersOf4xxMakeANameLeaveBeforeOneThatWasServed() {
    var journal = new Journal(OF_EACH_RATE);
    visit(journal, Rate.ONE_A_DAY.sites(), 0, 1, true);
    for (int time = 0; time < 5; time++) {
      flood(journal, 2000, 1, START + time, false);
    }
    assertEquals(new TreeSet<>(Rate.ONE_A_DAY.sites()), sites(journal));
  }

  @Test
  void oneAnswerBelow400MakesTheDayAWholeOne() {
    var journal = new Journal(OF_EACH_RATE);
    visit(journal, List.of("a.example"), 0, 1, false);
    assertEquals(0.25, journal.hosts().get(0).days());
    visit(journal, List.of("a.example"), 0, 1, true);
    assertEquals(1, journal.hosts().get(0).days());
    visit(journal, List.of("a.example"), 0, 1, false);
    assertEquals(1, journal.hosts().get(0).days());
    visit(journal, List.of("a.example"), 30, 1, true);
    assertEquals(1.5, journal.hosts().get(0).days());
  }

  /** A regular site is still counted while the table of a loop is full. */
  @Test
  void aLoopWhoseTableIsFullOfInventedNamesCountsTheRegularSites() {
    var journal = new Journal(1000);
    List<String> sites = Rate.A_FEW_A_DAY.sites();
    for (int day = 0; day < 3; day++) {
      visit(journal, sites, day, 3, true);
    }
    long minute = START + 3 * MINUTES_PER_DAY;
    var loop = new HostCounts();
    loop.reserveFor(journal.regularHosts(minute));
    for (int i = 0; i < 2 * HostCounts.MAX_HOSTS; i++) {
      add(loop, "invented" + i + ".example", true);
    }
    sites.forEach(site -> add(loop, site, true));
    journal.add(loop, minute);
    assertEquals(
        OF_EACH_RATE,
        journal.hosts().stream()
            .filter(seen -> sites.contains(seen.host()) && seen.requests() == 10)
            .count());
  }

  @Test
  void aFloodThatLastsOverAMidnightMakesNoRegularSite() {
    var journal = new Journal(1000);
    flood(journal, 500, 1, START, true);
    flood(journal, 500, 1, START + MINUTES_PER_DAY, true);
    assertNull(journal.regularHosts(START + MINUTES_PER_DAY));
    visit(journal, List.of("a.example"), 0, 1, true);
    visit(journal, List.of("a.example"), 1, 1, true);
    visit(journal, List.of("a.example"), 2, 1, true);
    HostFilter regulars = journal.regularHosts(START + 2 * MINUTES_PER_DAY);
    assertNotNull(regulars);
    assertTrue(mayContain(regulars, "a.example"));
    // The filter may err for a few.
    long taken =
        IntStream.range(0, 500)
            .filter(i -> mayContain(regulars, "invented" + i + ".example"))
            .count();
    assertTrue(taken < 50, () -> taken + " invented hosts are regular");
  }

  @Test
  void aFilterHasAllItsHostsAndFewOthers() {
    var filter = new HostFilter(IntStream.range(0, 5000).mapToObj(i -> "site" + i).toList());
    assertTrue(IntStream.range(0, 5000).allMatch(i -> mayContain(filter, "site" + i)));
    long others = IntStream.range(0, 100_000).filter(i -> mayContain(filter, "other" + i)).count();
    assertTrue(others < 500, others + " of 100000");
  }

  private void serve(Journal journal, int day) {
    for (Rate rate : Rate.values()) {
      if (day % rate.everyDays == 0) {
        visit(journal, rate.sites(), day, rate.requests, rate.served);
      }
    }
  }

  private void visit(Journal journal, List<String> sites, int day, int requests, boolean served) {
    for (int i = 0; i < requests; i++) {
      sites.forEach(site -> add(counts, site, served));
    }
    journal.add(counts, START + (long) day * MINUTES_PER_DAY + 1);
  }

  private void flood(Journal journal, int names, int times, long minute, boolean served) {
    counts.reserveFor(journal.regularHosts(minute));
    for (int i = 0; i < names; i++) {
      for (int time = 0; time < times; time++) {
        add(counts, "invented" + i + ".example", served);
      }
      if (i % (HostCounts.MAX_HOSTS / 4) == 0) { // as a loop's table is collected periodically
        journal.add(counts, minute);
      }
    }
    journal.add(counts, minute);
  }

  private static void add(HostCounts counts, String host, boolean served) {
    byte[] bytes = host.getBytes(StandardCharsets.US_ASCII);
    counts.add(bytes, bytes.length, "live1", served);
  }

  private static boolean mayContain(HostFilter filter, String host) {
    byte[] bytes = host.getBytes(StandardCharsets.US_ASCII);
    return filter.mayContain(bytes, bytes.length);
  }

  /** The hosts in the journal, without invented ones. */
  private static Set<String> sites(Journal journal) {
    return journal.hosts().stream()
        .map(SeenHost::host)
        .filter(host -> !host.startsWith("invented"))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
