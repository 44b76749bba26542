// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.Config;
import dev.rsp.hash.PythonHash;
import dev.rsp.journal.SeenHost;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlanTest {
  private static final int HOSTS = 2000;
  private static final List<SeenHost> SITES = Configs.hosts(HOSTS);

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"", Configs.MODULO})
  void countsEveryHostWhoseSlotHasAnotherName(String select) throws Exception {
    Plan plan = plan(Configs.lua(8, select), Configs.lua(17, select));
    int expected = count(i -> place(i, 8) != place(i, 17));
    assertEquals(expected, plan.moves().moved());
    assertEquals(HOSTS, plan.moves().hosts());
    assertEquals(expected, plan.moves().pairs().stream().mapToInt(Moves.Pair::hosts).sum());
    assertEquals(
        count(i -> place(i, 17) == 16),
        load(plan, "live16").hostsAfter(),
        "slots are counted from 1");
    assertEquals(0, load(plan, "live17").hostsBefore());
  }

  @Test
  void weighsByTraffic() throws Exception {
    Plan plan = plan(Configs.lua(8, ""), Configs.lua(9, ""));
    Moves moves = plan.moves();
    assertEquals(2L * HOSTS - 1, moves.requests());
    int first = place(0, 8) == place(0, 9) ? 0 : 1;
    assertEquals(moves.moved() + (long) first * (HOSTS - 1), moves.movedRequests());
    assertEquals(
        moves.requests(), moves.loads().stream().mapToLong(Moves.Load::requestsAfter).sum());
  }

  @Test
  void anotherAddressMovesNobodyAndAnotherNameItsHosts() throws Exception {
    assertEquals(
        0, plan(Configs.lua(3, ""), Configs.lua(3, "").replace(":2'", ":9'")).moves().moved());
    Plan renamed = plan(Configs.lua("", "a", "b", "c"), Configs.lua("", "a", "x", "c"));
    assertEquals(count(i -> place(i, 3) == 2), renamed.moves().moved());
    assertEquals(
        List.of(new Moves.Pair("b", "x", renamed.moves().moved(), renamed.moves().movedRequests())),
        renamed.moves().pairs());
  }

  @Test
  void exchangedAddressesMoveNobodyToAnotherSlotButToAnotherMachine() throws Exception {
    String old = Configs.lua(4, "");
    String exchanged =
        old.replace(":1'", ":x'").replace(":2'", ":1'").replace(":x'", ":2'").replace(":4'", ":9'");
    Plan plan = plan(old, exchanged);
    int[] at = new int[5];
    for (int i = 0; i < HOSTS; i++) {
      at[place(i, 4)]++;
    }
    assertEquals(0, plan.moves().moved());
    assertEquals(at[1] + at[2] + at[4], plan.machines().hosts());
    assertEquals(at[1] + at[2], plan.machines().exchanged());
    assertEquals(100.0 * (at[1] + at[2]) / HOSTS, plan.percent(), 1e-9);
    assertEquals(
        List.of(
            "live1 127.0.0.1:1 127.0.0.1:2 live2 " + at[1],
            "live2 127.0.0.1:2 127.0.0.1:1 live1 " + at[2],
            "live4 127.0.0.1:4 127.0.0.1:9  " + at[4]),
        plan.machines().changes().stream()
            .map(
                c -> String.join(" ", c.slot(), c.from(), c.to(), c.formerSlot()) + " " + c.hosts())
            .toList());
  }

  @Test
  void anotherSpellingOfAnAddressIsTheSameMachine() throws Exception {
    Plan plan =
        plan(
            Configs.lua(2, ""),
            Configs.lua(2, "").replace("127.0.0.1:2'", "[::ffff:127.0.0.1]:2'"));
    assertEquals(Machines.SAME, plan.machines());
  }

  @Test
  void hostsThatChangeTheirSlotAsWellCountOnce() throws Exception {
    String old = Configs.lua(2, "");
    Plan plan =
        plan(
            old,
            old.replace(":1'", ":x'").replace(":2'", ":1'").replace(":x'", ":2'")
                + "function select(request) return 1 end\n");
    assertEquals(count(i -> place(i, 2) == 2), plan.moves().moved());
    assertEquals(count(i -> place(i, 2) == 1), plan.machines().exchanged());
    assertEquals(100, plan.percent(), 1e-9);
  }

  @Test
  void countsHostsThatAreRefusedAsMoved() throws Exception {
    String refuses =
        """
        function select(request)
          if request.host:find("^site1") then return nil, "closed" end
          return hash.python(request.host, #backends)
        end
        """;
    Plan plan = plan(Configs.lua(3, ""), Configs.lua(3, refuses));
    int closed = count(i -> ("" + i).startsWith("1"));
    assertEquals(closed, plan.moves().moved());
    assertEquals(closed, plan.moves().after(Preview.REFUSED));
    assertEquals(0, plan.moves().refusedBefore());
    assertEquals(closed, plan.moves().refusedAfter());
  }

  @Test
  void saysOnHowManyHostsTheNewScriptFails() throws Exception {
    String fails =
        "function select(r) if r.host == 'site7.example' then error('no') end return 1 end";
    Plan plan = plan(Configs.lua(3, ""), Configs.lua(3, fails));
    assertEquals(1, plan.moves().after(Preview.FAILED));
    assertEquals(1, plan.moves().failedAfter());
    assertTrue(plan.error().contains("new.lua:7: no"), plan.error());
  }

  @Test
  void saysWhichFileReadsMoreThanTheHost() throws Exception {
    Plan plan = plan(Configs.lua(3, ""), Configs.lua(3, Configs.MODULO_BY_PATH));
    assertEquals(0, plan.undecidedBefore());
    assertEquals(HOSTS, plan.undecidedAfter());
  }

  @Test
  void aMultipleOfTheOldLengthMovesHalf() throws Exception {
    Plan plan = plan(Configs.lua(8, ""), Configs.lua(17, ""));
    Alternative sixteen = alternative(plan, "16 slots instead of 17");
    assertEquals(count(i -> place(i, 8) != place(i, 16)), sixteen.moved());
    Alternative names = alternative(plan, "the same change with hash.rendezvous in both files");
    // 9 of 17 are new and get their share.
    assertEquals(52.9, names.percent(), 5);
  }

  @Test
  void aSlotThatIsDownKeepsThePlacesOfTheOthers() throws Exception {
    String without = Configs.lua("", "live1", "live2", "live4", "live5");
    Plan plan = plan(Configs.lua(5, ""), without);
    Alternative down = alternative(plan, "state = \"down\" for live3 instead of removal");
    assertEquals(count(i -> place(i, 5) == 3), down.moved());
    assertTrue(down.moved() < plan.moves().moved() / 2);
  }

  @Test
  void newSlotsInTheMiddleAreBetterPutAtTheEnd() throws Exception {
    Plan plan = plan(Configs.lua("", "a", "b", "c", "d"), Configs.lua("", "a", "b", "c", "x", "d"));
    Plan swapped = plan(Configs.lua("", "a", "b", "c"), Configs.lua("", "b", "a", "c"));
    assertEquals(
        0, alternative(swapped, "the slots in the old order, new ones at the end").moved());
    assertTrue(
        plan.alternatives().stream().allMatch(a -> a.moved() < plan.moves().moved()),
        plan::toString);
  }

  @Test
  void nothingIsCheaperThanNothing() throws Exception {
    Plan plan = plan(Configs.lua(8, ""), Configs.lua(8, Configs.MODULO));
    assertEquals(0, plan.moves().moved());
    assertEquals(List.of(), plan.alternatives());
    assertEquals(0, plan.percent());
  }

  private Plan plan(String old, String newer) throws Exception {
    Config before = Configs.load(directory, "old.lua", old);
    Config after = Configs.load(directory, "new.lua", newer);
    return Plan.of(before, after, SITES, Progress.NONE);
  }

  private static Alternative alternative(Plan plan, String what) {
    return plan.alternatives().stream()
        .filter(alternative -> alternative.what().equals(what))
        .findFirst()
        .orElseThrow(() -> new AssertionError(what + " in " + plan.alternatives()));
  }

  private static Moves.Load load(Plan plan, String slot) {
    return plan.moves().loads().stream()
        .filter(load -> load.slot().equals(slot))
        .findFirst()
        .orElseThrow();
  }

  private static int place(int site, int n) {
    byte[] host = SITES.get(site).host().getBytes(StandardCharsets.US_ASCII);
    return PythonHash.index(host, 0, host.length, n);
  }

  private static int count(IntPredicate sites) {
    return (int) IntStream.range(0, HOSTS).filter(sites).count();
  }
}
