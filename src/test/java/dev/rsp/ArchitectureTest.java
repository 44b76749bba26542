// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.cli.Main;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
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
import org.junit.jupiter.api.Timeout;

/** Which package and which class may know which, read from the class files by jdeps and javap. */
@Timeout(120)
final class ArchitectureTest {
  /** A circle of more classes cannot be understood one class at a time. */
  private static final int MAX_CIRCLE = 3;

  /** The circles of two or three classes that we accept, by their names below dev.rsp, and why. */
  private static final Map<Set<String>, String> ACCEPTED_CIRCLES =
      Map.of(
          Set.of("backend.BackendConnection", "backend.BackendPools", "backend.Dialect"),
          "A pool opens connections in a protocol; a connection that is idle goes back to its pool.",
          Set.of("backend.h2.Http2BackendStream", "backend.h2.Http2Session"),
          "The session carries streams; these share its window and its socket.",
          Set.of("client.h1.Http1ClientStream", "client.h1.Http1Connection"),
          "The connection reads requests and its stream answers them; each owns a state of its"
              + " own.",
          Set.of("client.h2.Http2ClientStream", "client.h2.Http2Streams"),
          "The table holds the open streams; these share what it has of the connection: its windows"
              + " and its socket.",
          Set.of("exchange.BackendEvents", "exchange.BackendStream"),
          "A stream is given the exchange that hears of it, and names itself when it is connected.",
          Set.of("exchange.Exchange", "exchange.RequestSender", "exchange.StartWait"),
          "The exchange has its request sent, perhaps after a wait, and hears when that fails.",
          Set.of("http.h1.BodyFraming", "http.h1.ChunkedFraming"),
          "The framing of chunks is one of three kinds of framing, and reports its progress as they"
              + " do.",
          Set.of("net.LoopMemory", "net.ReadBuffers"),
          "Reads get their buffers from the memory of the loop, which bounds them by their sizes.",
          Set.of("lua.Program", "lua.Script"),
          "A program is run to make a script, which keeps its program for its name and its text.",
          Set.of("wake.Start", "wake.Starter", "wake.StartLog"),
          "The starter makes attempts and ends them; an attempt takes its places for waiting"
              + " requests, its clock and its end from the starter; the log reads attempts.");

  /** For each package below dev.rsp, with its subpackages: those that it must not know. */
  private static final Map<String, Set<String>> FORBIDDEN =
      Map.of(
          "trace", Set.of("config", "net", "exchange", "client", "backend", "worker", "plan"),
          "access", Set.of("config", "net", "exchange", "client", "backend", "worker", "plan"),
          "net", Set.of("http", "exchange", "client", "backend", "worker", "plan"),
          "http", Set.of("net", "exchange", "client", "backend", "worker", "plan"),
          "exchange", Set.of("client", "backend", "worker", "plan"),
          "client", Set.of("backend", "worker", "plan"),
          "backend", Set.of("client", "worker", "plan"),
          "worker", Set.of("plan"));

  /** The packages that may know the worker. */
  private static final Set<String> USERS_OF_WORKER = Set.of("worker", "cli", "daemon");

  /** For each outermost class of ours, the other ones that it uses. */
  private static final Map<String, Set<String>> CLASS_USES = new TreeMap<>();

  /** For each package of ours, the packages that it uses, without itself. */
  private static final Map<String, Set<String>> USES = new TreeMap<>();

  @BeforeAll
  static void readClassFiles() throws Exception {
    String output = run("jdeps", "-verbose:class", "-filter:none", classes().toString());
    // "   dev.rsp.Main   -> java.lang.String   java.base"; lines without an indent name archives.
    for (String line : output.lines().filter(l -> l.startsWith(" ")).toList()) {
      String[] words = line.trim().split("\\s+", -1);
      if (words.length > 2 && words[1].equals("->")) {
        String user = packageOf(words[0]);
        String used = packageOf(words[2]);
        Set<String> uses = USES.computeIfAbsent(user, name -> new TreeSet<>());
        if (!user.equals(used)) {
          uses.add(used);
        }
        if (within(used, "dev.rsp")) {
          String one = outermost(words[0]);
          String other = outermost(words[2]);
          Set<String> classUses = CLASS_USES.computeIfAbsent(one, name -> new TreeSet<>());
          if (!one.equals(other)) {
            classUses.add(other);
          }
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
  void hasOnlySmallCirclesOfClassesAndAReasonForEach() {
    Set<String> found = new TreeSet<>();
    for (Set<String> circle : Circles.of(CLASS_USES)) {
      assertTrue(circle.size() <= MAX_CIRCLE, "a circle of " + circle.size() + ": " + circle);
      found.add(circle.toString().replace("dev.rsp.", ""));
    }
    Set<String> accepted = new TreeSet<>();
    ACCEPTED_CIRCLES.keySet().forEach(circle -> accepted.add(new TreeSet<>(circle).toString()));
    assertEquals(accepted, found, "accepted circles, and those that there are");
  }

  @Test
  void noClassReachesThroughAFieldOfAnother() throws Exception {
    assertEquals(List.of(), FieldChains.of(run("javap", withClassFiles("-c", "-p"))));
  }

  @Test
  void packagesKnowOnlyThoseBelowThem() {
    assertEquals(List.of(), forbiddenArrows(USES));
  }

  @Test
  void anArrowThatIsForbiddenIsSeenFromAndToSubpackages() {
    assertEquals(
        List.of("backend.h1 -> client", "health -> worker", "net -> http.h1"),
        forbiddenArrows(
            new TreeMap<>(
                Map.of(
                    "dev.rsp.backend.h1", Set.of("dev.rsp.client", "dev.rsp.backend"),
                    "dev.rsp.health", Set.of("dev.rsp.worker"),
                    "dev.rsp.daemon", Set.of("dev.rsp.worker"),
                    "dev.rsp.net", Set.of("dev.rsp.http.h1", "io.netty.channel")))));
  }

  @Test
  void httpKnowsOnlyBuffers() {
    for (String name : USES.keySet()) {
      if (within(name, "dev.rsp.http")) {
        assertUsesOnly(
            name, "dev.rsp.http", "java", "io.netty.buffer", "io.netty.util", "org.jspecify");
      }
    }
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
  void everyClassIsInAPackageWithAPurpose() {
    assertTrue(!USES.containsKey("dev.rsp"), "classes in the root package");
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

  /** Each use of a package by another that is not allowed, as {@code user -> used}. */
  private static List<String> forbiddenArrows(Map<String, Set<String>> uses) {
    List<String> found = new ArrayList<>();
    uses.forEach(
        (user, all) -> {
          for (String used : all) {
            boolean worker = USERS_OF_WORKER.stream().noneMatch(room -> inRoom(user, room));
            boolean forbidden =
                FORBIDDEN.entrySet().stream()
                    .filter(rule -> inRoom(user, rule.getKey()))
                    .anyMatch(rule -> rule.getValue().stream().anyMatch(r -> inRoom(used, r)));
            if (forbidden || (worker && inRoom(used, "worker"))) {
              found.add(
                  user.substring("dev.rsp.".length())
                      + " -> "
                      + used.substring("dev.rsp.".length()));
            }
          }
        });
    return found;
  }

  private static boolean inRoom(String name, String room) {
    return within(name, "dev.rsp." + room);
  }

  private static Path classes() throws Exception {
    return Path.of(Main.class.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  private static String[] withClassFiles(String... options) throws Exception {
    try (Stream<Path> files = Files.walk(classes())) {
      Stream<String> names =
          files.map(Path::toString).filter(name -> name.endsWith(".class")).sorted();
      return Stream.concat(Stream.of(options), names).toArray(String[]::new);
    }
  }

  /** What a tool of the JDK prints. */
  private static String run(String tool, String... arguments) {
    var output = new StringWriter();
    var out = new PrintWriter(output);
    assertEquals(0, ToolProvider.findFirst(tool).orElseThrow().run(out, out, arguments));
    out.flush();
    return output.toString();
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

  private static String outermost(String className) {
    int nested = className.indexOf('$');
    return nested < 0 ? className : className.substring(0, nested);
  }

  private static String packageOf(String className) {
    return className.substring(0, Math.max(0, className.lastIndexOf('.')));
  }
}
