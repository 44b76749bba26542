// SPDX-License-Identifier: Apache-2.0
package dev.rsp.check;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Compiles what is not up to date in target/check. */
final class Compilation {
  /** Above this, to find the users costs more than to compile all. */
  private static final int MANY = 60;

  /** In front of the hash of a file that was to be compiled again, and perhaps was not. */
  private static final String UNFINISHED = "unfinished ";

  // As in pom.xml, without the plugin: Error Prone and NullAway make it four times as slow.
  private static final List<String> OPTIONS =
      List.of(
          "--release",
          "17",
          "-encoding",
          "UTF-8",
          "-parameters",
          "-proc:none",
          "-Xlint:all,-processing,-options,-classfile",
          "-Werror");

  private final List<Source> all;
  private int count;

  Compilation(List<Source> all) {
    this.all = all;
  }

  /** How many files were compiled. */
  int count() {
    return count;
  }

  /** Compiles, lets the compiler print what is wrong, and returns whether all is well. */
  boolean run() throws IOException {
    Map<String, String> now = hashes(all);
    Map<String, String> compiled = Workspace.load(Workspace.COMPILED);
    List<Source> changed = new ArrayList<>();
    Set<Source> stale = new LinkedHashSet<>();
    for (Source source : all) {
      String hash = compiled.getOrDefault(source.path(), "");
      if (hash.startsWith(UNFINISHED)) {
        stale.add(source);
      }
      if (!hash.endsWith(now.get(source.path()))) {
        changed.add(source);
      }
    }
    boolean gone = !now.keySet().containsAll(compiled.keySet());
    if (compiled.isEmpty() || gone || changed.size() > MANY) {
      Workspace.clean();
      stale.addAll(all);
    } else {
      stale.addAll(new Users(all).affectedBy(changed));
      // Until all compile: a class file may be that of a text that is gone.
      stale.forEach(
          source -> compiled.merge(source.path(), UNFINISHED, (hash, mark) -> mark + hash));
      Workspace.save(Workspace.COMPILED, compiled);
    }
    count = stale.size();
    boolean done =
        compile(stale, source -> !source.inTests(), Workspace.CLASSES)
            && compile(stale, Source::inTests, Workspace.TEST_CLASSES);
    if (done) {
      Workspace.save(Workspace.COMPILED, now);
    }
    return done;
  }

  private static boolean compile(Collection<Source> stale, Predicate<Source> which, Path directory)
      throws IOException {
    Set<Path> files =
        stale.stream()
            .filter(which)
            .map(source -> Path.of(source.path()))
            .collect(Collectors.toSet());
    if (files.isEmpty()) {
      return true;
    }
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
      List<String> options = new ArrayList<>(OPTIONS);
      options.addAll(List.of("-d", directory.toString(), "-cp", classPath(directory)));
      return compiler
          .getTask(null, manager, null, options, null, manager.getJavaFileObjectsFromPaths(files))
          .call();
    }
  }

  /** That of this program, but the program itself must not see its tests. */
  private static String classPath(Path directory) {
    Predicate<String> visible =
        entry ->
            directory.equals(Workspace.TEST_CLASSES)
                || !Path.of(entry).equals(Workspace.TEST_CLASSES);
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .filter(visible)
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** What is in each file now, as a hash, by its path. */
  static Map<String, String> hashes(List<Source> sources) {
    Map<String, String> hashes = new HashMap<>();
    for (Source source : sources) {
      hashes.put(source.path(), hash(source.text()));
    }
    return hashes;
  }

  private static String hash(String text) {
    try {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }
}
