// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import static dev.rsp.lua.Scripts.chosen;
import static dev.rsp.lua.Scripts.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.rsp.lua.Selection.Choice;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/** Tables of scripts: whatever their keys are, no operation takes long. */
@Timeout(60)
final class TableEntriesTest {
  /**
   * Of 20,000 entries in as many chains, the longest has 8 or 9; one of 16 occurs once in 10^9
   * processes.
   */
  private static final int LONGEST_CHAIN = 16;

  private static final LuaValue ONE = LuaValue.valueOf(1);

  static Stream<List<LuaValue>> collidingKeys() {
    return Stream.of(
        Collisions.strings(Collisions.longHosts(20_000)),
        Collisions.strings(Collisions.shortHosts()),
        Collisions.numbers(20_000));
  }

  @ParameterizedTest
  @MethodSource("collidingKeys")
  void keysThatCollideInLuaJAreSpreadOverAllChains(List<LuaValue> keys) {
    assertEquals(1, keys.stream().map(LuaValue::hashCode).distinct().count());
    int chains = Integer.highestOneBit(keys.size());
    var lengths = new int[chains];
    int longest = 0;
    for (LuaValue key : keys) {
      longest = Math.max(longest, ++lengths[KeyHash.of(key) & (chains - 1)]);
    }
    assertTrue(longest <= LONGEST_CHAIN, "longest chain: " + longest);
  }

  @ParameterizedTest
  @MethodSource("collidingKeys")
  void keysThatCollideInLuaJAreFoundEach(List<LuaValue> keys) {
    var entries = new TableEntries();
    for (int i = 0; i < keys.size(); i++) {
      entries.set(keys.get(i), LuaValue.valueOf(i));
    }
    for (int i = 0; i < keys.size(); i++) {
      assertEquals(i, entries.get(keys.get(i)).toint());
    }
    assertEquals(keys, keysOf(entries));
  }

  @Test
  void aTableByHostServesAllHostsThatCollideInLuaJ() {
    Script script =
        Scripts.run(
            "seen = {} n = 0\n"
                + "function select(r) if not seen[r.host] then n = n + 1 seen[r.host] = n % 4 + 1 end"
                + " return seen[r.host] end");
    int i = 0;
    for (String host : Collisions.longHosts(20_000)) {
      i++;
      assertEquals(
          List.of(new Choice.Index(i % 4 + 1)), chosen(script.select(request(host))).choices());
    }
  }

  @Test
  void aHashOfACopyIsTheSame() {
    String host = "a".repeat(70) + "0123456789";
    LuaValue key = LuaValue.valueOf(host);
    assertEquals(KeyHash.of(key), KeyHash.of(LuaValue.valueOf(host)));
    assertEquals(KeyHash.of(LuaValue.valueOf("x")), KeyHash.of(LuaValue.valueOf("x")));
    assertEquals(KeyHash.of(7), KeyHash.of(LuaValue.valueOf(7)));
  }

  /** So the order does not depend on the secret of the hash, which is another in each process. */
  @Test
  void nextFollowsTheOrderInWhichKeysWereAdded() {
    var entries = new TableEntries();
    List<LuaValue> keys = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      keys.add(LuaValue.valueOf("host" + i));
      keys.add(LuaValue.valueOf(i + 0.5));
    }
    keys.forEach(key -> entries.set(key, ONE));
    assertEquals(keys, keysOf(entries));
  }

  @Test
  void theListComesFirst() {
    var entries = new TableEntries();
    entries.set(LuaValue.valueOf("a"), ONE);
    entries.set(3, ONE);
    entries.set(2, ONE);
    entries.set(1, ONE);
    assertEquals(
        List.of(ONE, LuaValue.valueOf(2), LuaValue.valueOf(3), LuaValue.valueOf("a")),
        keysOf(entries));
    assertEquals(3, entries.length());
  }

  @Test
  void pairsHasTheSameOrderEachTimeAFileIsLoaded() {
    String file =
        """
        local t = {} for i = 1, 300 do t['k' .. i * 7919 % 1000] = i t[i * 1.5] = i end
        t.k7 = nil t.new = 1 order = ''
        for k in pairs(t) do order = order .. tostring(k) .. ' ' end
        """;
    LuaValue order = Scripts.run(file).globals().get("order");
    assertNotNull(order);
    assertEquals(order.tojstring(), String.valueOf(Scripts.run(file).globals().get("order")));
    assertTrue(order.tojstring().startsWith("k919 1.5 k838 3 "), order::tojstring);
  }

  @Test
  void everyEntryCanBeRemovedWhileNextVisitsIt() {
    var entries = new TableEntries();
    for (int i = 0; i < 1_000; i++) {
      entries.set(LuaValue.valueOf("k" + i), ONE);
      entries.set(i - 500, ONE);
    }
    int visited = 0;
    LuaValue key = LuaValue.NIL;
    while (true) {
      Varargs next = entries.next(key);
      assertNotNull(next);
      key = next.arg1();
      if (key.isnil()) {
        break;
      }
      visited++;
      entries.set(key, LuaValue.NIL);
    }
    assertEquals(2_000, visited);
    assertEquals(List.of(), keysOf(entries));
  }

  @Test
  void nextOfAnUnknownKeyIsAnError() {
    assertNull(new TableEntries().next(ONE));
    assertEquals(
        "1: invalid key to 'next'",
        Scripts.failureOf("next({a = 1}, 'b')").replace("backends.lua:1: ", ""));
  }

  /** LuaJ moves all entries at once: of 262,144 entries, some megabytes. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void noEntryThatIsAddedAllocatesMuch(boolean list) {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    var entries = new TableEntries();
    long most = 0;
    for (int i = 1; i <= 300_000; i++) {
      LuaValue key = LuaValue.valueOf(list ? i : i + 0.5);
      long before = threads.getCurrentThreadAllocatedBytes();
      entries.set(key, ONE);
      most = Math.max(most, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertTrue(most < 64 << 10, "bytes: " + most);
  }

  @Test
  void placesOfRemovedEntriesAreUsedAgain() {
    var entries = new TableEntries();
    for (int i = 0; i < 100_000; i++) {
      entries.set(LuaValue.valueOf("k" + i), ONE);
      entries.set(LuaValue.valueOf("k" + (i - 10)), LuaValue.NIL);
    }
    assertTrue(entries.capacity() <= 256, "places: " + entries.capacity());
    assertEquals(10, keysOf(entries).size());
  }

  @Test
  void readingAFrozenTableChangesNothing() {
    var entries = new TableEntries();
    for (int i = 0; i < 100; i++) {
      entries.set(LuaValue.valueOf("k" + i), ONE);
    }
    entries.freeze();
    List<LuaValue> before = keysOf(entries);
    assertEquals(before, keysOf(entries));
    assertEquals(100, before.size());
  }

  /** Compares all operations with a map, for keys of all kinds. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void behavesAsAMapWhateverIsSetAndRemoved(long seed) {
    var random = new Random(seed);
    var entries = new TableEntries();
    Map<LuaValue, LuaValue> map = new LinkedHashMap<>();
    List<LuaValue> keys = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      keys.add(
          switch (i % 4) {
            case 0 -> LuaValue.valueOf("key" + i);
            case 1 -> LuaValue.valueOf(i + 0.25);
            case 2 -> LuaValue.valueOf(-i);
            default -> new org.luaj.vm2.LuaTable();
          });
      keys.add(LuaValue.valueOf(i));
    }
    for (int step = 0; step < 40_000; step++) {
      boolean fills = step / 4_000 % 2 == 0;
      LuaValue key = keys.get(random.nextInt(keys.size()));
      if (random.nextInt(10) < (fills ? 2 : 8)) {
        entries.set(key, LuaValue.NIL);
        map.remove(key);
      } else {
        LuaValue value = LuaValue.valueOf(step);
        entries.set(key, value);
        map.put(key, value);
      }
      if (step % 500 == 0) {
        for (LuaValue each : keys) {
          assertEquals(map.getOrDefault(each, LuaValue.NIL), entries.get(each));
        }
        List<LuaValue> visited = keysOf(entries);
        Set<LuaValue> distinct = new HashSet<>(visited);
        assertEquals(visited.size(), distinct.size());
        assertEquals(map.keySet(), distinct);
        int length = entries.length();
        assertTrue(length == 0 || !entries.get(length).isnil());
        assertTrue(entries.get(length + 1).isnil());
      }
    }
  }

  private static List<LuaValue> keysOf(TableEntries entries) {
    List<LuaValue> keys = new ArrayList<>();
    LuaValue key = LuaValue.NIL;
    while (true) {
      Varargs next = entries.next(key);
      assertNotNull(next);
      key = next.arg1();
      if (key.isnil()) {
        return keys;
      }
      keys.add(key);
    }
  }
}
