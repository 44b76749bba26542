// SPDX-License-Identifier: Apache-2.0
package dev.rsp.check;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The files of the project, and what the last checks left in target/check. */
final class Workspace {
  static final Path MAIN = Path.of("src/main/java");
  static final Path TESTS = Path.of("src/test/java");
  private static final Path STATE = Path.of("target/check");
  static final Path CLASSES = STATE.resolve("classes");
  static final Path TEST_CLASSES = STATE.resolve("test-classes");

  /** The files that compiled: what was in them then, as a hash. */
  static final Path COMPILED = STATE.resolve("compiled.properties");

  /** All files when the last check passed. */
  static final Path PASSED = STATE.resolve("passed.properties");

  private static final Path MILLIS = STATE.resolve("millis.properties");
  private static final Path SLOW_TESTS = Path.of("src/check/slow-tests.properties");
  private static final Path SUREFIRE_REPORTS = Path.of("target/surefire-reports");
  private static final Pattern SUREFIRE_TIME =
      Pattern.compile("<testsuite [^>]*?\\bname=\"([^\"]+)\" time=\"([0-9.]+)\"");

  private Workspace() {}

  /** All source files of the program and of its unit tests, in the order of their names. */
  static List<Source> sources() throws IOException {
    List<Source> sources = new ArrayList<>();
    addSources(MAIN, CLASSES, sources);
    addSources(TESTS, TEST_CLASSES, sources);
    return sources;
  }

  private static void addSources(Path root, Path classes, List<Source> to) throws IOException {
    Map<String, StringBuilder> classFiles = new HashMap<>();
    for (Path file : filesUnder(classes, ".class")) {
      String name = nameUnder(classes, file).replaceFirst("[$].*", "");
      classFiles
          .computeIfAbsent(name, n -> new StringBuilder())
          .append(Files.readString(file, StandardCharsets.ISO_8859_1));
    }
    for (Path file : filesUnder(root, ".java")) {
      String name = nameUnder(root, file);
      String compiled = classFiles.getOrDefault(name, new StringBuilder()).toString();
      to.add(
          new Source(file.toString(), root.equals(TESTS), name, Files.readString(file), compiled));
    }
  }

  private static String nameUnder(Path root, Path file) {
    String name = root.relativize(file).toString();
    return name.substring(0, name.lastIndexOf('.')).replace('/', '.');
  }

  private static List<Path> filesUnder(Path root, String ending) throws IOException {
    if (!Files.isDirectory(root)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(root)) {
      return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
    }
  }

  /** Forgets all that was compiled. */
  static void clean() throws IOException {
    Files.deleteIfExists(COMPILED);
    for (Path directory : List.of(CLASSES, TEST_CLASSES)) {
      if (Files.isDirectory(directory)) {
        try (Stream<Path> files = Files.walk(directory)) {
          files.sorted(Comparator.reverseOrder()).forEach(Workspace::delete);
        }
      }
      Files.createDirectories(directory);
    }
  }

  private static void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One of the files in target/check; empty if it is not there. */
  static Map<String, String> load(Path file) throws IOException {
    var properties = new Properties();
    if (Files.exists(file)) {
      try (var reader = Files.newBufferedReader(file)) {
        properties.load(reader);
      }
    }
    Map<String, String> map = new HashMap<>();
    properties.stringPropertyNames().forEach(key -> map.put(key, properties.getProperty(key)));
    return map;
  }

  /**
   * What each test class took when it ran last in a check, or else in Maven, or else according to
   * src/check/slow-tests.properties, in milliseconds.
   */
  static Map<String, Long> loadMillis(List<Source> all) throws IOException {
    // A test that was not waited for may still end, and note its time.
    Map<String, Long> millis = new ConcurrentHashMap<>();
    Map<String, String> slow = load(SLOW_TESTS);
    for (Source source : all) {
      if (slow.containsKey(source.simpleName())) {
        millis.put(source.className(), Long.valueOf(slow.get(source.simpleName())));
      }
    }
    for (Path report : filesUnder(SUREFIRE_REPORTS, ".xml")) {
      Matcher time = SUREFIRE_TIME.matcher(Files.readString(report));
      if (time.find()) {
        millis.put(time.group(1), (long) (Double.parseDouble(time.group(2)) * 1_000));
      }
    }
    load(MILLIS).forEach((name, value) -> millis.put(name, Long.valueOf(value)));
    return millis;
  }

  static void saveMillis(Map<String, Long> millisByClass) throws IOException {
    Map<String, String> text = new HashMap<>();
    millisByClass.forEach((name, millis) -> text.put(name, millis.toString()));
    save(MILLIS, text);
  }

  static void save(Path file, Map<String, String> map) throws IOException {
    var properties = new Properties();
    properties.putAll(map);
    try (var writer = Files.newBufferedWriter(file)) {
      properties.store(writer, null);
    }
  }

  /**
   * The files that differ from HEAD or that git does not know yet; none if this is no git clone.
   *
   * @throws InterruptedException if the thread is interrupted while git runs
   */
  static Set<String> changedSinceHead() throws IOException, InterruptedException {
    Set<String> changed = new HashSet<>();
    changed.addAll(git("diff", "--name-only", "--relative", "HEAD", "--", "src"));
    changed.addAll(git("ls-files", "--others", "--exclude-standard", "--", "src"));
    return changed;
  }

  private static List<String> git(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("git", "-c", "core.quotePath=false"));
    command.addAll(List.of(arguments));
    Process process;
    try {
      process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    } catch (IOException e) {
      return List.of(); // there is no git
    }
    byte[] output = process.getInputStream().readAllBytes();
    return process.waitFor() == 0
        ? new String(output, StandardCharsets.UTF_8).lines().toList()
        : List.of();
  }
}
