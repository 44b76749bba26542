// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import static dev.rsp.lua.Scripts.chosen;
import static dev.rsp.lua.Scripts.eval;
import static dev.rsp.lua.Scripts.failed;
import static dev.rsp.lua.Scripts.failureOf;
import static dev.rsp.lua.Scripts.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.hash.SlotTables;
import dev.rsp.hash.Weighted;
import dev.rsp.lua.Selection.Choice;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The hash functions of scripts. */
final class HashLibraryTest {
  private static final SlotTables TABLES =
      new SlotTables(
          List.of(
              new Weighted("live1", 1),
              new Weighted("live2", 3),
              new Weighted("live3", 1),
              new Weighted("off", 0)));

  private static final byte[] HOST = "www.example.com".getBytes(StandardCharsets.US_ASCII);

  private static Selection ask(String expression, Slots slots) {
    Script script = Scripts.run("function select(request) return " + expression + " end");
    script.slots(slots);
    return script.select(request("www.example.com"));
  }

  private static Selection.Chosen answer(String expression) {
    return chosen(ask(expression, new Slots(TABLES, index -> 0)));
  }

  private static List<Choice> index(int index) {
    return List.of(new Choice.Index(index));
  }

  @ParameterizedTest
  @CsvSource({
    // The hashes of "a": -468864544, e8b7be43, af63dc4c8601ec8c, 3c2569b2, d24ec4f1a98c6e5b.
    "python32, 7",
    "crc32, 5",
    "fnv1a, 6",
    "murmur3, 5",
    "xxh64, 7",
  })
  void reducesAPublishedHashToAnIndex(String function, int index) {
    assertEquals(index, eval("hash." + function + "('a', 7)").toint());
  }

  @ParameterizedTest
  @ValueSource(strings = {"python", "python32", "crc32", "fnv1a", "murmur3", "xxh64", "jump"})
  void choosesOneOfSoMany(String function) {
    for (int n : new int[] {1, 2, 17}) {
      int index = eval("hash." + function + "('www.example.com', " + n + ")").toint();
      assertTrue(index >= 1 && index <= n, function + " " + index);
    }
    assertEquals(
        "1: bad argument #2 to '" + function + "' (whole number from 1 expected, got 0)",
        failureOf("x = hash." + function + "('a', 0)"));
  }

  @Test
  void choosesABackendByNameAndWeight() {
    assertEquals(
        index(TABLES.rendezvous().index(HOST, 0, HOST.length)),
        answer("hash.rendezvous(request.host)").choices());
    assertEquals(
        index(TABLES.ring().index(HOST, 0, HOST.length)),
        answer("hash.ring(request.host)").choices());
    assertEquals(
        index(TABLES.maglev().index(HOST, 0, HOST.length)),
        answer("hash.maglev(request.host)").choices());
    assertEquals(
        index(TABLES.rendezvous().index(HOST, 0, HOST.length)),
        answer("hash.bounded(request.host, 1.25)").choices());
  }

  @ParameterizedTest
  @ValueSource(strings = {"rendezvous(request.host", "bounded(request.host, 1.25"})
  void choosesAmongSomeBackends(String call) {
    assertEquals(index(3), answer("hash." + call + ", {'live3'})").choices());
    assertEquals(index(1), answer("hash." + call + ", {1, 'off'})").choices());
  }

  @ParameterizedTest
  @ValueSource(strings = {"rendezvous", "ring", "maglev"})
  void theAnswerHoldsForTheHost(String function) {
    assertTrue(answer("hash." + function + "(request.host)").hostOnly());
  }

  @Test
  void theAnswerOfBoundedHoldsForNoOtherRequest() {
    assertFalse(answer("hash.bounded(request.host, 2)").hostOnly());
  }

  @Test
  void boundedLooksAtWhatIsInFlight() {
    int first = TABLES.rendezvous().index(HOST, 0, HOST.length);
    int second = TABLES.rendezvous().ranked(HOST, 0, HOST.length)[1];
    Selection busy =
        ask("hash.bounded(request.host, 1)", new Slots(TABLES, i -> i == first ? 50 : 0));
    assertEquals(index(second), chosen(busy).choices());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hash.rendezvous() => bad argument #1 to 'rendezvous' (string expected, got no value)",
        "hash.rendezvous('a', 'live1') =>"
            + " bad argument #2 to 'rendezvous' (table expected, got string)",
        "hash.rendezvous('a', {'live9'}) => bad argument #2 to 'rendezvous' (names or indexes of"
            + " backends expected, got live9)",
        "hash.rendezvous('a', {5}) =>"
            + " bad argument #2 to 'rendezvous' (names or indexes of backends expected, got 5)",
        "hash.rendezvous('a', {}) => hash.rendezvous: none of these backends has a weight",
        "hash.bounded('a', 1.5, {'off'}) => hash.bounded: none of these backends has a weight",
        "hash.bounded('a') => bad argument #2 to 'bounded' (number expected, got no value)",
        "hash.bounded('a', 0.5) => bad argument #2 to 'bounded' (number from 1 expected, got 0.5)",
        "hash.ring('a', {'live1'}) => bad argument #2 to 'ring' (no list expected: only rendezvous"
            + " and bounded take one)",
      })
  void saysWhatIsWrong(String row) {
    String[] parts = row.split(" => ", 2);
    assertEquals(
        "backends.lua:1: " + parts[1].strip(),
        failed(ask(parts[0], new Slots(TABLES, index -> 0))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rendezvous('a')", "ring('a')", "maglev('a')", "bounded('a', 2)"})
  void backendsAreNotKnownWhileTheFileIsLoading(String call) {
    String function = call.substring(0, call.indexOf('('));
    assertEquals(
        "1: hash."
            + function
            + " is for select: the backends are not known while the file is"
            + " loading",
        failureOf("x = hash." + call));
  }

  @Test
  void aScriptThatIsStartedAfreshKnowsItsBackends() {
    Script script =
        Scripts.run(
            "local kept = {} function select(request) if request.path == '/path' then "
                + "kept[#kept + 1] = ('x'):rep(900000) end return hash.ring(request.host) end");
    script.slots(new Slots(TABLES, index -> 0));
    boolean restarted = false;
    for (int i = 0; i < 200 && !restarted; i++) {
      restarted =
          script.select(request("a")) instanceof Selection.Failed failed
              && failed.message().contains("restarted");
    }
    assertTrue(restarted);
    chosen(script.select(request("a")));
  }
}
