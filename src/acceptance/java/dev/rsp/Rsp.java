// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The packaged proxy, running by a configuration file. */
final class Rsp implements AutoCloseable {
  /** A {@code select} that sends each host to the backend of that name. */
  static final String BY_NAME =
      """
      function select(request)
        return request.host
      end
      """;

  private static final Pattern STARTED =
      Pattern.compile("Started\\. {2}Listening on (?:ports? (\\d+(?:, \\d+)*))?.*\\.\n");

  private static final Pattern ENDED = Pattern.compile("\\] ended (.*)\n");
  private static final Pattern PROBLEMS =
      Pattern.compile("not reloaded, all stays as it was: (\\d+) problem\\(s\\)\n");

  private final Path file;
  private final Program program;

  private Rsp(Path file, Program program) {
    this.file = file;
    this.program = program;
  }

  /** Writes {@code backends.lua} into the directory and serves by it. */
  static Rsp serving(Path directory, String lua, String... options) {
    return servingFile(write(directory.resolve("backends.lua"), lua), options);
  }

  /** Serves by a file; returns when it is ready. */
  static Rsp servingFile(Path file, String... options) {
    Rsp rsp = start(file, options);
    rsp.awaitLog("Started.  Listening on ");
    return rsp;
  }

  /** As {@link #serving}, with further options of Java, which come last and so count. */
  static Rsp servingOnJava(String javaOptions, Path directory, String lua, String... options) {
    Path file = write(directory.resolve("backends.lua"), lua);
    List<String> command = new ArrayList<>(List.of(launcher(), "run"));
    command.addAll(List.of(options));
    command.add(file.toString());
    Rsp rsp = new Rsp(file, Program.start(command, Map.of("RSP_JAVA_OPTS", javaOptions)));
    rsp.awaitLog("Started.  Listening on ");
    return rsp;
  }

  /** As {@link #serving}, with so many descriptors at most. */
  static Rsp servingWithDescriptors(int most, Path directory, String lua, String... options) {
    Path file = write(directory.resolve("backends.lua"), lua);
    // Java raises its limit to the hard one, so that is lowered as well.
    List<String> command =
        new ArrayList<>(
            List.of("sh", "-c", "ulimit -n " + most + "; exec \"$@\"", "sh", launcher(), "run"));
    command.addAll(List.of(options));
    command.add(file.toString());
    Rsp rsp = new Rsp(file, Program.start(command, Map.of()));
    rsp.awaitLog("Started.  Listening on ");
    return rsp;
  }

  /** As {@link #serving}, but does not wait. */
  static Rsp start(Path file, String... options) {
    List<String> command = new ArrayList<>(List.of(launcher(), "run"));
    command.addAll(List.of(options));
    command.add(file.toString());
    return new Rsp(file, Program.start(command, Map.of()));
  }

  /** Runs a command that ends by itself. */
  static Program run(String... arguments) {
    List<String> command = new ArrayList<>(List.of(launcher()));
    command.addAll(List.of(arguments));
    Program program = Program.start(command, Map.of());
    program.awaitExit();
    return program;
  }

  static String launcher() {
    return Path.of(System.getProperty("rsp.home"), "bin", "rsp").toString();
  }

  /** A named backend as a line of the table {@code backends}. */
  static String slot(String name, String address) {
    return "  { name = \"%s\", address = \"%s\" },\n".formatted(name, address);
  }

  /** The configuration with one backend for all hosts, on a port that is free. */
  static String oneBackend(String address) {
    return "listen = \"127.0.0.1:0\"\nbackends = { \"%s\" }\n".formatted(address);
  }

  /** The configuration that sends each host to the {@link #slot} of that name. */
  static String byName(String... slots) {
    return "listen = \"127.0.0.1:0\"\nbackends = {\n" + String.join("", slots) + "}\n" + BY_NAME;
  }

  /** Writes a file in one step, as a careful operator does. */
  static Path write(Path file, String lua) {
    try {
      Path draft = Files.writeString(file.resolveSibling(file.getFileName() + ".new"), lua);
      return Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The first port that it listens on. */
  int port() {
    return ports().get(0);
  }

  /** The ports that it listened on when it started. */
  List<Integer> ports() {
    Matcher started = STARTED.matcher(log());
    if (!started.find() || started.group(1) == null) {
      throw new AssertionError("no port in the ready line: " + program);
    }
    return Pattern.compile(", ").splitAsStream(started.group(1)).map(Integer::valueOf).toList();
  }

  /** Serves by another text from now on. */
  void reconfigure(String lua) {
    write(file, lua);
    reload();
  }

  /** Has the file read again; returns when that is done. */
  void reload() {
    int before = count("reloaded file=");
    signal("HUP");
    Eventually.holds(() -> "a reload: " + program, () -> count("reloaded file=") > before);
  }

  /** Has a file read that cannot be used; returns when that was found out. */
  void reloadInVain() {
    int before = count("not reloaded, all stays as it was");
    signal("HUP");
    Eventually.holds(
        () -> "a reload that fails: " + program,
        () -> count("not reloaded, all stays as it was") > before && problemsAreTold());
  }

  /** Whether the lines that the last reload in vain announced have come, one for each problem. */
  private boolean problemsAreTold() {
    String log = log();
    Matcher announced = PROBLEMS.matcher(log);
    int missing = 0;
    int end = 0;
    while (announced.find()) {
      missing = Integer.parseInt(announced.group(1));
      end = announced.end();
    }
    return log.substring(end).lines().count() >= missing && log.endsWith("\n");
  }

  /** The bytes of direct memory that its allocator has; see {@code dev.rsp.MemoryUse}. */
  long directBytes() {
    return memory("direct_bytes");
  }

  /** A number of the line about memory that it logs on USR1. */
  long memory(String name) {
    int before = count("memory direct_bytes=");
    signal("USR1");
    Eventually.holds(
        () -> "the memory in the log: " + program, () -> count("memory direct_bytes=") > before);
    return lastNumber(name);
  }

  /** Has it collect its garbage, after which the leak detector knows what was lost. */
  void collectGarbage() {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    Program collection = Program.run(jcmd.toString(), "" + program.pid(), "GC.run");
    if (collection.awaitExit() != 0) {
      throw new AssertionError(collection);
    }
  }

  /** Stops it in good order; how often which exchange ended, by what the log calls it. */
  Map<String, Long> stop() {
    signal("TERM");
    program.awaitExit();
    Matcher ended = ENDED.matcher(log());
    Map<String, Long> counts = new TreeMap<>();
    if (ended.find()) {
      for (String word : ended.group(1).split(" ", -1)) {
        int equals = word.indexOf('=');
        counts.put(word.substring(0, equals), Long.valueOf(word.substring(equals + 1)));
      }
    }
    return counts;
  }

  /** The number that was last logged under a name. */
  private long lastNumber(String name) {
    Matcher number = Pattern.compile(" " + name + "=(-?\\d+)").matcher(log());
    long last = -1;
    while (number.find()) {
      last = Long.parseLong(number.group(1));
    }
    return last;
  }

  void awaitLog(String text) {
    Eventually.holds(
        () -> "a line with \"" + text + "\": " + program,
        () -> {
          if (log().contains(text)) {
            return true;
          }
          if (!program.isAlive()) {
            throw new AssertionError("it ended: " + program);
          }
          return false;
        });
  }

  /** How often a text is in the log. */
  int count(String text) {
    return (int) Pattern.compile(Pattern.quote(text)).matcher(log()).results().count();
  }

  String log() {
    return program.out();
  }

  Path file() {
    return file;
  }

  Program program() {
    return program;
  }

  void signal(String signal) {
    program.signal(signal);
  }

  /** A connection to the first port. */
  RawClient connect() throws IOException {
    return new RawClient(port());
  }

  /** What a GET on a connection of its own is answered with. */
  Answer get(String host, String path) throws IOException {
    try (RawClient client = connect()) {
      return client.get(host, path);
    }
  }

  @Override
  public void close() {
    // A stop in good order waits for what is in flight; SignalsIT looks at that.
    program.kill();
  }

  @Override
  public String toString() {
    return program.toString();
  }
}
