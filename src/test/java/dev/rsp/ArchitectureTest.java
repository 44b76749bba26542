// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Which package may know which, read from the class files by jdeps. */
final class ArchitectureTest {
  /** For each package of ours, the packages that it uses, without itself. */
  private static final Map<String, Set<String>> USES = new TreeMap<>();

  @BeforeAll
  static void readClassFiles() throws Exception {
    Path classes = Path.of(Main.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    var output = new StringWriter();
    var out = new PrintWriter(output);
    String[] options = {"-verbose:class", "-filter:none", classes.toString()};
    assertEquals(0, ToolProvider.findFirst("jdeps").orElseThrow().run(out, out, options));
    out.flush();
    // "   dev.rsp.Main   -> java.lang.String   java.base"; lines without an indent name archives.
    for (String line : output.toString().lines().filter(l -> l.startsWith(" ")).toList()) {
      String[] words = line.trim().split("\\s+", -1);
      if (words.length > 2 && words[1].equals("->")) {
        String user = packageOf(words[0]);
        String used = packageOf(words[2]);
        Set<String> uses = USES.computeIfAbsent(user, name -> new TreeSet<>());
        if (!user.equals(used)) {
          uses.add(used);
        }
      }
    }
    assertTrue(USES.containsKey("dev.rsp.http"), "jdeps said: " + output);
  }

  @Test
  void hasNoCycles() {
    USES.keySet().forEach(name -> assertNoCycle(name, new ArrayList<>()));
  }

  @Test
  void httpKnowsOnlyBuffers() {
    assertUsesOnly("dev.rsp.http", "java", "io.netty.buffer", "io.netty.util", "org.jspecify");
  }

  @Test
  void hashKnowsNothing() {
    assertUsesOnly("dev.rsp.hash", "java", "org.jspecify");
  }

  @Test
  void onlyScriptsAndTheFileKnowLua() {
    Set<String> users =
        USES.entrySet().stream()
            .filter(entry -> entry.getValue().stream().anyMatch(used -> within(used, "org.luaj")))
            .map(Map.Entry::getKey)
            .filter(user -> !Set.of("dev.rsp.lua", "dev.rsp.config").contains(user))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(Set.of(), users);
  }

  @Test
  void packagesSayWhatTheyAreFor() {
    Set<String> empty = Set.of("util", "utils", "impl", "manager", "common", "helper", "misc");
    List<String> found =
        USES.keySet().stream()
            .filter(name -> Stream.of(name.split("\\.", -1)).anyMatch(empty::contains))
            .toList();
    assertEquals(List.of(), found);
  }

  private static void assertNoCycle(String name, List<String> path) {
    assertTrue(!path.contains(name), "a cycle: " + String.join(" -> ", path) + " -> " + name);
    path.add(name);
    for (String used : USES.getOrDefault(name, Set.of())) {
      assertNoCycle(used, path);
    }
    path.remove(path.size() - 1);
  }

  private static void assertUsesOnly(String name, String... allowed) {
    List<String> others =
        USES.getOrDefault(name, Set.of()).stream()
            .filter(used -> Arrays.stream(allowed).noneMatch(prefix -> within(used, prefix)))
            .toList();
    assertEquals(List.of(), others, name + " uses");
  }

  private static boolean within(String name, String prefix) {
    return name.equals(prefix) || name.startsWith(prefix + ".");
  }

  private static String packageOf(String className) {
    return className.substring(0, Math.max(0, className.lastIndexOf('.')));
  }
}
