// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code rsp prepare}, and a start from the archive that it makes, in a copy of the tree. */
@Timeout(180)
final class StartIT {
  /** It serves some hundred requests in a process that writes down all that it does. */
  private static final Duration PREPARATION = Duration.ofSeconds(90);

  /** The major version of the class files of Java 6, the first with stack maps: JVMS 4.1. */
  private static final int JAVA_6 = 50;

  /** Needs a library that does not ship. */
  private static final String UNUSED = "org/luaj/vm2/luajc/";

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
      assertTrue(archived(classes) > 0.95, () -> "of all classes: " + archived(classes));
      assertTrue(archived(ours) > 0.95, () -> "of rsp's: " + archived(ours));
      // Java takes no class of LuaJ's and picocli's own formats.
      List<String> luaj = classes.stream().filter(line -> line.contains(" org.luaj.")).toList();
      assertTrue(luaj.size() > 100, () -> "classes of LuaJ: " + luaj.size());
      assertEquals(List.of(), luaj.stream().filter(line -> !isArchived(line)).toList());
      assertEquals(
          List.of(),
          classes.stream()
              .filter(line -> line.contains(" picocli.") && !isArchived(line))
              .toList());
      // 90 MiB is the target, see benchmarks.md. Memory differs by processors and Java.
      assertTrue(residentKib < 100 * 1024, () -> "resident KiB: " + residentKib);
    }
  }

  /** A new dependency with old classes would slow down the start, and nobody would notice. */
  @Test
  void everyJarHasClassesThatAnArchiveTakes() throws IOException {
    List<String> old = new ArrayList<>();
    for (Path jar : jars("")) {
      try (ZipFile file = new ZipFile(jar.toFile())) {
        for (String name : classNames(file)) {
          if (majorVersion(file, name) < JAVA_6 && !name.startsWith(UNUSED)) {
            old.add(jar.getFileName() + ": " + name);
          }
        }
      }
    }
    assertEquals(List.of(), old);
  }

  /** Java verifies a class when it is initialized, here by the stack maps of the build. */
  @Test
  void eachClassThatTheBuildChangedIsValid() throws Exception {
    List<String> valid = new ArrayList<>();
    for (Path jar : Stream.of("luaj-", "picocli-").flatMap(name -> jars(name).stream()).toList()) {
      try (ZipFile file = new ZipFile(jar.toFile());
          var loader =
              new URLClassLoader(
                  new URL[] {jar.toUri().toURL()}, ClassLoader.getPlatformClassLoader())) {
        for (String name : classNames(file)) {
          if (!name.startsWith(UNUSED)) {
            String className = name.replaceFirst("[.]class$", "").replace('/', '.');
            valid.add(Class.forName(className, true, loader).getName());
          }
        }
      }
    }
    assertTrue(valid.size() > 500, () -> "classes: " + valid.size());
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
    return (double) classes.stream().filter(StartIT::isArchived).count() / classes.size();
  }

  private static boolean isArchived(String line) {
    return line.contains("shared objects file");
  }

  private static List<Path> jars(String prefix) {
    try (Stream<Path> files = Files.list(home.resolve("lib"))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(prefix))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Those that any Java loads, and not those of newer ones or of the module system. */
  private static List<String> classNames(ZipFile jar) {
    return jar.stream()
        .map(ZipEntry::getName)
        .filter(name -> name.endsWith(".class"))
        .filter(name -> !name.startsWith("META-INF/") && !name.endsWith("module-info.class"))
        .toList();
  }

  private static int majorVersion(ZipFile jar, String name) throws IOException {
    try (var in = new DataInputStream(jar.getInputStream(jar.getEntry(name)))) {
      in.readInt(); // 0xCAFEBABE
      in.readUnsignedShort(); // the minor version
      return in.readUnsignedShort();
    }
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
