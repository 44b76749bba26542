// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.Slot.State;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A slot's state and weight, and the settings for the selection of slots. */
final class SlotStatesTest {
  private static final String STATES = " (expected: \"up\", \"drain\", \"down\" or \"spare\")";
  private static final String WEIGHTS = " (expected: a whole number of shares from 0 to 256)";

  @TempDir private Path directory;

  private Slot slot(String table) throws ConfigException {
    return file("backends = { " + table + " }").load().slots().get(0);
  }

  private ConfigFile file(String lua) {
    return ConfigFile.in(directory, "listen = '127.0.0.1:0'", lua);
  }

  @ParameterizedTest
  @CsvSource({"up, UP", "drain, DRAIN", "down, DOWN", "spare, SPARE"})
  void aSlotHasAState(String text, State state) throws Exception {
    Slot slot = slot("{ name = 'a', address = '10.0.0.1:80', state = '" + text + "' }");
    assertEquals(state, slot.state());
    assertEquals(text, slot.state().text());
  }

  @Test
  void aSlotIsUpAndWeighsOneUnlessItSaysOtherwise() throws Exception {
    for (String entry : List.of("'10.0.0.1:80'", "{ address = '10.0.0.1:80' }")) {
      assertEquals(State.UP, slot(entry).state());
      assertEquals(1, slot(entry).weight());
    }
    assertEquals(0, slot("{ address = '10.0.0.1:80', weight = 0 }").weight());
    assertEquals(256, slot("{ address = '10.0.0.1:80', weight = 256 }").weight());
  }

  @Test
  void aSpareWithANameMayBeWithoutAddress() throws Exception {
    Slot spare = slot("{ name = 'live9', state = 'spare' }");
    assertNull(spare.place());
    assertTrue(!spare.isUp() && !spare.isLastResort());
    assertTrue(slot("{ address = '10.0.0.1:80', state = 'spare' }").isLastResort());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{ address = '10.0.0.1:80', state = 'UP' }|[1].state: \"UP\"" + STATES,
        "{ address = '10.0.0.1:80', state = 1 }|[1].state: 1" + STATES,
        "{ address = '10.0.0.1:80', weight = 257 }|[1].weight: 257" + WEIGHTS,
        "{ address = '10.0.0.1:80', weight = -1 }|[1].weight: -1" + WEIGHTS,
        "{ address = '10.0.0.1:80', weight = 1.5 }|[1].weight: 1.5" + WEIGHTS,
        "{ address = '10.0.0.1:80', weight = '2' }|[1].weight: \"2\"" + WEIGHTS,
        "{ name = 'a', state = 'down' }|[1].address: not set (expected: an address: host:port,"
            + " [v6]:port or unix:/path)",
        "{ state = 'spare' }|[1].address: not set (expected: an address: host:port, [v6]:port or"
            + " unix:/path)",
      })
  void anythingElseIsAProblem(String slot, String problem) {
    assertEquals(
        List.of("backends.lua:2: backends" + problem),
        file("backends = { " + slot + " }").problems());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "failover = 17|failover: 17 (expected: a whole number of slots from 0 to 16)",
        "exists_below = '/etc'|exists_below: \"/etc\" (expected: a list of directories, such as {"
            + " \"/etc/vassals\" })",
        "exists_below = { '/' }|exists_below[1]: \"/\" (expected: an absolute directory in visible"
            + " ASCII characters, without . and .., and not /)",
        "exists_below = { '/a/../b' }|exists_below[1]: \"/a/../b\" (expected: an absolute directory"
            + " in visible ASCII characters, without . and .., and not /)",
        "exists_below = { 'etc' }|exists_below[1]: \"etc\" (expected: an absolute directory in"
            + " visible ASCII characters, without . and .., and not /)",
        "on_failure = 5|on_failure: 5 (expected: a function written in Lua)",
      })
  void soIsAWrongKeyForChoosing(String lua, String problem) {
    assertEquals(
        List.of("backends.lua:2: " + problem), file("backends = { 'app1:80' } " + lua).problems());
  }

  @Test
  void keysForChoosingAreRead() throws Exception {
    SelectionSettings selection =
        file("backends = { 'app1:80' } failover = 2 exists_below = { '/etc/vassals/', '/run/a' }"
                + " function on_failure() end")
            .load()
            .selection();
    assertEquals(2, selection.failover());
    assertEquals(List.of(Path.of("/etc/vassals"), Path.of("/run/a")), selection.existsBelow());
    assertTrue(selection.hasOnFailure());
    assertEquals(SelectionSettings.DEFAULTS, file("backends = { 'app1:80' }").load().selection());
  }

  @Test
  void slotsCannotBeMadeWrong() {
    Place place = Place.unix("/run/a.sock");
    refused("weight: 257 (expected: 0 to 256)", () -> new Slot(1, "a", place, 257, State.UP));
    refused(
        "place: null (expected: an address, unless the state is spare)",
        () -> new Slot(1, "a", null, 1, State.DOWN));
  }

  private static void refused(String message, Runnable maker) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, maker::run).getMessage());
  }
}
