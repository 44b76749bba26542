// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The reference has each key that the parser takes, and no other. */
@Timeout(60)
final class KeyReferenceTest {
  /** In an error message about an unknown key of a table. */
  private static final Pattern KNOWN =
      Pattern.compile(
          "\\.no_such_key_: 1 \\(expected: (?:one of )?([a-z0-9_]+(?:, [a-z0-9_]+)*)[;)]");

  @TempDir Path directory;

  @Test
  void theGlobalsAreThoseOfTheParser() {
    Set<String> known =
        KeyReference.entries().stream().map(KeyEntry::global).collect(Collectors.toSet());
    assertEquals(
        new TreeSet<>(Keys.GLOBALS), new TreeSet<>(known), "add a missing key to KeyReference");
  }

  /** The parser names all keys of a table when it meets an unknown one in it. */
  @Test
  void theKeysInEachTableAreThoseOfTheParser() throws Exception {
    for (String global : Keys.GLOBALS) {
      Set<String> parsed = keysIn("%s = { no_such_key_ = 1 }", global);
      if (global.equals(Keys.LISTEN)) {
        parsed = keysIn("%s = { address = '127.0.0.1:0', no_such_key_ = 1 }", global);
      } else if (global.equals(Keys.BACKENDS)) {
        parsed = keysIn("%s = { { name = 'a', no_such_key_ = 1 } }", global);
      }
      Set<String> documented =
          KeyReference.within(global).stream()
              .map(KeyEntry::name)
              .collect(Collectors.toCollection(TreeSet::new));
      assertEquals(parsed, documented, global + ": add a missing key to KeyReference");
    }
  }

  /** The keys that the parser names; none if the global is no table. */
  private Set<String> keysIn(String line, String global) throws Exception {
    Path file = directory.resolve("backends.lua");
    StringBuilder lua = new StringBuilder(line.formatted(global)).append('\n');
    for (String[] required :
        new String[][] {{"listen", "'127.0.0.1:0'"}, {"backends", "{ 'a:1' }"}}) {
      if (!global.equals(required[0])) {
        lua.append(required[0]).append(" = ").append(required[1]).append('\n');
      }
    }
    Files.writeString(file, lua);
    ConfigException refused = assertThrows(ConfigException.class, () -> ConfigLoader.load(file));
    Set<String> keys = new TreeSet<>();
    for (String problem : refused.problems()) {
      Matcher known = KNOWN.matcher(problem);
      if (known.find()) {
        keys.addAll(List.of(known.group(1).split(", ")));
      }
    }
    return keys;
  }

  @Test
  void noKeyStandsInItTwice() {
    List<String> paths = KeyReference.entries().stream().map(KeyEntry::path).toList();
    assertEquals(paths.stream().distinct().toList(), paths);
  }

  @Test
  void eachGlobalHasOneEffectOfAReload() {
    List<String> keys =
        KeyReference.reloads().stream().flatMap(effect -> effect.keys().stream()).toList();
    assertEquals(new TreeSet<>(Keys.GLOBALS), new TreeSet<>(keys));
    assertEquals(keys.stream().distinct().toList(), keys);
    assertEquals("apply to new requests", KeyReference.reloadOf("timeouts"));
    assertThrows(IllegalArgumentException.class, () -> KeyReference.reloadOf("no_such_key"));
  }

  @Test
  void rangesAndDefaultsAreThoseOfTheParser() {
    KeyEntry head = KeyReference.find("limits.head_bytes").get(0);
    assertEquals("512 to 1048576 bytes", head.value());
    assertEquals("32768", head.unset());
    assertEquals("0.05", KeyReference.find("initialise.poll").get(0).unset());
  }

  @Test
  void aKeyIsFoundByItsPathAndByItsName() {
    assertEquals(List.of("timeouts.connect"), paths("timeouts.connect"));
    assertEquals(List.of("timeouts.connect"), paths("connect"));
    assertEquals(List.of("backends[].weight"), paths("backends.weight"));
    assertEquals(List.of("backends[].weight"), paths("backends[2].weight"));
    assertEquals(List.of("timeouts"), paths("timeouts"));
    assertEquals(List.of("journal.every", "candidate.every"), paths("every"));
    assertEquals(List.of(), paths("no_such_key"));
    assertEquals(List.of(), paths(""));
  }

  private static List<String> paths(String word) {
    return KeyReference.find(word).stream().map(KeyEntry::path).toList();
  }

  @Test
  void aMistypedKeyHasANearestOne() {
    assertEquals("timeouts.connect", KeyReference.nearest("timeouts.conect"));
    assertEquals("backends", KeyReference.nearest("backend"));
    assertNull(KeyReference.nearest("zzzzzzzz"));
  }

  @Test
  void plainTextHasNoMarkdown() {
    for (KeyEntry key : KeyReference.entries()) {
      String plain = KeyEntry.sentence(key.value() + " " + key.unset() + " " + key.meaning());
      assertFalse(plain.contains("`") || plain.contains("](") || plain.contains("**"), plain);
      assertTrue(plain.endsWith("."), plain);
    }
    assertEquals(
        List.of("configuration.md#proxies-in-front-of-rsp"),
        KeyReference.find("trusted_proxies").get(0).links());
  }
}
