// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.acceptance.rig.Eventually;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code rsp prepare}, and a start from the archive that it makes, in a copy of the tree. */
@Timeout(180)
final class StartIT {
  /** It serves some hundred requests in a process that writes down all that it does. */
  private static final Duration PREPARATION = Duration.ofSeconds(90);

  @TempDir private static Path shared;

  private static Path home = Path.of("/");

  @TempDir private Path directory;

  @BeforeAll
  static void prepare() throws IOException {
    home = copyOf(Path.of(System.getProperty("rsp.home")), shared.resolve("rsp"));
    Program preparation = Program.start(List.of(launcher(), "prepare"), Map.of());
    assertEquals(0, preparation.awaitExit(PREPARATION), preparation::toString);
    assertTrue(
        preparation.out().contains("rsp: made " + home + "/archive/java-"), preparation::toString);
    assertEquals("", preparation.err());
  }

  @Test
  void nearlyAllClassesComeFromTheArchive() throws IOException {
    Path loaded = directory.resolve("loaded");
    try (RawBackend backend = RawBackend.named("one");
        Program rsp = serve(backend, "-Xlog:class+load:file=" + loaded)) {
      long residentKib = rsp.residentKib();
      List<String> classes =
          Files.readAllLines(loaded).stream().filter(line -> line.contains(" source: ")).toList();
      List<String> ours = classes.stream().filter(line -> line.contains(" dev.rsp.")).toList();
      assertTrue(ours.size() > 100, () -> "classes of rsp: " + ours.size());
      assertTrue(archived(classes) > 0.8, () -> "of all classes: " + archived(classes));
      assertTrue(archived(ours) > 0.6, () -> "of rsp's: " + archived(ours));
      // 90 MiB is the target, see benchmarks.md. Memory differs by processors and Java.
      assertTrue(residentKib < 120 * 1024, () -> "resident KiB: " + residentKib);
    }
  }

  @Test
  void anArchiveOfOtherJarsIsIgnoredWithoutAWord() throws IOException {
    Path updated = copyOf(home, directory.resolve("updated"));
    Files.setLastModifiedTime(updated.resolve("lib/rsp.jar"), FileTime.from(Instant.EPOCH));
    expectsASilentStart(updated);
  }

  @Test
  void aBrokenArchiveIsIgnoredWithoutAWord() throws IOException {
    Path broken = copyOf(home, directory.resolve("broken"));
    try (Stream<Path> archives = Files.list(broken.resolve("archive"))) {
      Files.writeString(archives.findFirst().orElseThrow(), "no archive");
    }
    expectsASilentStart(broken);
  }

  @Test
  void aFolderThatCannotBeMadeIsNamed() throws IOException {
    Path full = copyOf(Path.of(System.getProperty("rsp.home")), directory.resolve("full"));
    Files.writeString(full.resolve("archive"), "a file where the folder belongs");
    Program preparation = Program.start(List.of(full + "/bin/rsp", "prepare"), Map.of());
    assertEquals(1, preparation.awaitExit(PREPARATION), preparation::toString);
    assertTrue(
        preparation.err().contains("rsp: cannot write " + full + "/archive"),
        preparation::toString);
  }

  private void expectsASilentStart(Path tree) throws IOException {
    try (RawBackend backend = RawBackend.named("one");
        Program rsp = serve(tree, backend, "")) {
      assertEquals("", rsp.err());
      assertTrue(rsp.out().lines().allMatch(StartIT::isLogged), rsp::toString);
    }
  }

  /** A line of rsp's own log begins with its time. */
  private static boolean isLogged(String line) {
    return line.matches("\\[\\d{4}-.*");
  }

  private Program serve(RawBackend backend, String javaOptions) throws IOException {
    return serve(home, backend, javaOptions);
  }

  /** Starts rsp; returns when it has served a request. */
  private Program serve(Path tree, RawBackend backend, String javaOptions) throws IOException {
    Path file = Rsp.write(directory.resolve("backends.lua"), Rsp.oneBackend(backend.address()));
    Program rsp =
        Program.start(
            List.of(tree + "/bin/rsp", "run", file.toString()),
            Map.of("RSP_JAVA_OPTS", javaOptions));
    Eventually.holds(rsp::toString, () -> rsp.out().contains("Started.  Listening on port "));
    String log = rsp.out();
    int begin = log.indexOf("Listening on port ") + "Listening on port ".length();
    int port = Integer.parseInt(log.substring(begin, log.indexOf('.', begin)));
    try (RawClient client = new RawClient(port)) {
      assertEquals(200, client.get("one", "/").status());
    }
    return rsp;
  }

  private static double archived(List<String> classes) {
    return (double) classes.stream().filter(line -> line.contains("shared objects file")).count()
        / classes.size();
  }

  private static String launcher() {
    return home.resolve("bin/rsp").toString();
  }

  private static Path copyOf(Path tree, Path copy) throws IOException {
    try (Stream<Path> files = Files.walk(tree)) {
      files
          .filter(file -> tree.equals(home) || !file.startsWith(tree.resolve("archive")))
          .forEach(file -> copy(file, copy.resolve(tree.relativize(file).toString())));
    }
    return copy;
  }

  /** As cp -p: an archive fits jars with the same times only. */
  private static void copy(Path from, Path to) {
    try {
      Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
