// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.Slot;
import dev.rsp.http.Refusal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The hosts that move when a slot changes its state or address. The numbers of slots are odd,
 * because powers of two hide weaknesses of the default hash.
 */
final class StatesTest {
  private static final List<String> HOSTS =
      IntStream.range(0, 2000).mapToObj(i -> "site" + i + ".example.com").toList();

  @TempDir private Path directory;

  /** Slots s1 to sn, all up except the given ones, such as {@code "2=down 5=drain"}. */
  private Chooser chooser(int n, String states, String more) throws Exception {
    var lua = new StringBuilder("backends = {");
    for (int i = 1; i <= n; i++) {
      String extra = "";
      for (String state : states.isEmpty() ? new String[0] : states.split(" ", -1)) {
        if (state.startsWith(i + "=")) {
          extra = ", state = '" + state.substring(state.indexOf('=') + 1) + "'";
        }
      }
      lua.append("{name = 's%d', address = '10.0.0.%d:80'%s},".formatted(i, i, extra));
    }
    return Configs.chooser(directory, lua.append("} ").append(more).toString());
  }

  private static Map<String, String> places(Chooser chooser) {
    Map<String, String> places = new HashMap<>();
    for (String host : HOSTS) {
      Decision decision = chooser.decide(Configs.get(host));
      places.put(host, Objects.requireNonNull(decision.slot(), host).name());
    }
    return places;
  }

  @ParameterizedTest(name = "n={0} {1}")
  @CsvSource({
    "3, down",
    "3, drain",
    "3, spare",
    "5, down",
    "7, down",
    "7, drain",
    "9, spare",
    "17, down",
  })
  void onlyTheHostsOfTheSlotMoveAndToAllOthers(int n, String state) throws Exception {
    Map<String, String> before = places(chooser(n, "", ""));
    Map<String, String> after = places(chooser(n, "2=" + state, ""));
    Map<String, Integer> taken = new HashMap<>();
    int moved = 0;
    for (String host : HOSTS) {
      if (Objects.equals(before.get(host), "s2")) {
        moved++;
        taken.merge(Objects.requireNonNull(after.get(host)), 1, Integer::sum);
      } else {
        assertEquals(before.get(host), after.get(host), host);
      }
    }
    assertEquals(n - 1, taken.size(), taken.toString());
    assertNull(taken.get("s2"));
    // Each takes about its share: at least a third of it, at most three times.
    double share = (double) moved / (n - 1);
    for (int count : taken.values()) {
      assertTrue(count > share / 3 && count < share * 3, taken.toString());
    }
    assertEquals(before, places(chooser(n, "", "")));
  }

  @ParameterizedTest(name = "n={0}")
  @ValueSource(ints = {3, 5, 7, 17})
  void aSecondSlotThatGoesMovesOnlyItsOwnAndWhatItHadTakenOver(int n) throws Exception {
    Map<String, String> one = places(chooser(n, "2=down", ""));
    Map<String, String> two = places(chooser(n, "2=down 3=down", ""));
    for (String host : HOSTS) {
      if (!Objects.equals(one.get(host), "s3")) {
        assertEquals(one.get(host), two.get(host), host);
      } else {
        assertNotEquals("s3", two.get(host));
        assertNotEquals("s2", two.get(host));
      }
    }
  }

  @ParameterizedTest(name = "n={0}")
  @ValueSource(ints = {3, 7})
  void aNewAddressMovesNothing(int n) throws Exception {
    Map<String, String> before = places(chooser(n, "3=down", ""));
    String lua =
        IntStream.rangeClosed(1, n)
            .mapToObj(
                i ->
                    "{name = 's%d', address = '192.0.2.%d:8%d', state = '%s'},"
                        .formatted(i, n - i + 1, i, i == 3 ? "down" : "up"))
            .reduce("", String::concat);
    assertEquals(before, places(Configs.chooser(directory, "backends = {" + lua + "}")));
  }

  @Test
  void slotsOfMoreWeightTakeOverMore() throws Exception {
    Chooser chooser =
        Configs.chooser(
            directory,
            "backends = { {name = 'a', address = '10.0.0.1:80', state = 'down'},"
                + " {name = 'b', address = '10.0.0.2:80', weight = 3},"
                + " {name = 'c', address = '10.0.0.3:80'},"
                + " {name = 'd', address = '10.0.0.4:80', weight = 0} }"
                + " function select() return 'a' end");
    Map<String, Integer> taken = new HashMap<>();
    places(chooser).values().forEach(slot -> taken.merge(slot, 1, Integer::sum));
    int b = taken.getOrDefault("b", 0);
    int c = taken.getOrDefault("c", 0);
    assertEquals(HOSTS.size(), b + c, taken.toString());
    assertTrue(b > 2.5 * c && b < 3.5 * c, taken.toString());
  }

  @Test
  void aSlotOfWeightZeroIsTheLastThatIsUp() throws Exception {
    Chooser chooser =
        Configs.chooser(
            directory,
            "backends = { {name = 'a', address = '10.0.0.1:80', state = 'down'},"
                + " {name = 'b', address = '10.0.0.2:80', weight = 0},"
                + " {name = 'c', address = '10.0.0.3:80', state = 'drain'} }");
    assertEquals(
        List.of("b"),
        places(chooser).values().stream().distinct().toList().stream()
            .filter(name -> !name.isEmpty())
            .toList());
  }

  @Test
  void whatDrainsKeepsItsHostsWhenNothingIsUp() throws Exception {
    Map<String, String> all = places(chooser(3, "", ""));
    Map<String, String> draining = places(chooser(3, "1=drain 2=drain 3=drain", ""));
    assertEquals(all, draining);
    Map<String, String> spare = places(chooser(3, "1=drain 2=spare 3=down", ""));
    for (String host : HOSTS) {
      if (!Objects.equals(all.get(host), "s3")) {
        assertEquals(all.get(host), spare.get(host));
      }
      assertNotEquals("s3", spare.get(host));
    }
  }

  @Test
  void whatDrainsGetsNothingWhileAnythingIsUp() throws Exception {
    assertEquals(
        List.of("s2"),
        places(chooser(3, "1=drain 3=spare", "")).values().stream().distinct().toList());
  }

  @Test
  void aSpareWithoutAddressKeepsItsPlace() throws Exception {
    String up = "{name = 's%d', address = '10.0.0.%d:80'},";
    String two = up.formatted(1, 1) + up.formatted(2, 2);
    Chooser spare =
        Configs.chooser(directory, "backends = {" + two + "{name = 's3', state = 'spare'}}");
    Map<String, String> waiting = places(spare);
    Map<String, String> arrived = places(chooser(3, "", ""));
    for (String host : HOSTS) {
      if (!Objects.equals(arrived.get(host), "s3")) {
        assertEquals(arrived.get(host), waiting.get(host), host);
      }
    }
    assertEquals(3, spare.decide(Configs.get("a.example")).n());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "function select() return {1, 2} end", "failover = 2"})
  void nothingUpIsARefusalWithAReason(String more) throws Exception {
    Decision decision = chooser(3, "1=down 2=down 3=down", more).decide(Configs.get("a.example"));
    assertEquals(new Refusal(503, "no backend is up"), decision.refusal());
    assertEquals(decision.refusal(), decision.route().refusal());
    assertNull(decision.slot());
  }

  /** Failover depends only on the host and the slots. */
  @ParameterizedTest(name = "n={0}")
  @ValueSource(ints = {3, 5, 7})
  void failoverIsTheOrderInWhichSlotsWouldTakeOver(int n) throws Exception {
    Chooser chooser = chooser(n, "", "failover = 2");
    Map<String, Chooser> without = new HashMap<>();
    for (int i = 1; i <= n; i++) {
      without.put("s" + i, chooser(n, i + "=down", "failover = 2"));
    }
    for (String host : HOSTS.subList(0, 300)) {
      List<String> order = names(chooser.decide(Configs.get(host)));
      assertEquals(3, order.stream().distinct().count(), order.toString());
      Chooser firstDown = Objects.requireNonNull(without.get(order.get(0)));
      List<String> then = names(firstDown.decide(Configs.get(host)));
      assertEquals(order.subList(1, 3), then.subList(0, 2), host);
    }
  }

  @Test
  void noMoreSlotsAreTriedThanThereAre() throws Exception {
    assertEquals(2, names(chooser(3, "1=down", "failover = 16").decide(Configs.get("a"))).size());
  }

  @Test
  void aListOfTheScriptIsTriedAsItStands() throws Exception {
    String select = "failover = 5 function select() return {3, '192.0.2.1:80', 2, 's1'} end";
    assertEquals(
        List.of("s3", "192.0.2.1:80", "s2", "s1"),
        names(chooser(5, "", select).decide(Configs.get("a"))));
    Decision some = chooser(5, "3=down 1=drain", select).decide(Configs.get("a"));
    assertEquals(List.of("192.0.2.1:80", "s2"), names(some));
    assertEquals(List.of("s3", "s1"), some.passedOver().stream().map(Slot::name).toList());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"'s2'", "2", "'10.0.0.2:80'", "{2}", "backends[2]", "backends[2].address"})
  void aSlotThatIsDownIsNotContactedHoweverItIsCalled(String answer) throws Exception {
    Chooser chooser = chooser(3, "2=down", "function select() return " + answer + " end");
    for (String host : HOSTS.subList(0, 50)) {
      List<String> names = new ArrayList<>(names(chooser.decide(Configs.get(host))));
      assertEquals(1, names.size());
      assertNotEquals("s2", names.get(0));
    }
  }

  private static List<String> names(Decision decision) {
    return decision.targets().stream().map(Decision.Target::name).toList();
  }

  /** A slot that is down is never contacted, in any spelling of its address in a script. */
  @ParameterizedTest
  @ValueSource(strings = {"[2001:db8::1]:80", "[2001:DB8::1]:80", "[2001:db8:0:0:0:0:0:1]:80"})
  void anAddressMeansItsSlotInEverySpelling(String answer) throws Exception {
    Chooser chooser =
        Configs.chooser(
            directory,
            "backends = { {name = 'a', address = '[2001:db8::1]:80', state = 'down'},"
                + " {name = 'b', address = '10.0.0.2:80'} } function select() return '"
                + answer
                + "' end");
    Decision decision = chooser.decide(Configs.get("a.example"));
    assertEquals("b", Objects.requireNonNull(decision.slot()).name());
  }
}
