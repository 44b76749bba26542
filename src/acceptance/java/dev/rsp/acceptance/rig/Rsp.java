// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.rig;

import dev.rsp.Eventually;
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

/** The packaged rsp, running with a configuration file. */
public final class Rsp implements AutoCloseable {
  /** A {@code select} that sends each host to the backend of that name. */
  public static final String BY_NAME =
      """
      function select(request)
        return request.host
      end
      """;

  private static final Pattern STARTED =
      Pattern.compile("Started\\. {2}Listening on (?:ports? (\\d+(?:, \\d+)*))?.*\\.\n");

  private static final Pattern ENDED = Pattern.compile("\\] ended (.*)\n");
  private static final Pattern PROBLEMS =
      Pattern.compile("reload refused, configuration unchanged: (\\d+) problem\\(s\\)\n");

  private final Path file;
  private final Program program;

  private Rsp(Path file, Program program) {
    this.file = file;
    this.program = program;
  }

  /**
   * Writes {@code backends.lua} into the directory and serves with it; returns when rsp is ready.
   */
  public static Rsp serving(Path directory, String lua, String... options) {
    return servingFile(write(directory.resolve("backends.lua"), lua), options);
  }

  /** Serves with a file; returns when rsp is ready. */
  static Rsp servingFile(Path file, String... options) {
    Rsp rsp = start(file, options);
    rsp.awaitLog("Started.  Listening on ");
    return rsp;
  }

  /** As {@link #serving}, with further options of Java, which come last and so win. */
  public static Rsp servingOnJava(
      String javaOptions, Path directory, String lua, String... options) {
    Path file = write(directory.resolve("backends.lua"), lua);
    List<String> command = new ArrayList<>(List.of(launcher(), "run"));
    command.addAll(List.of(options));
    command.add(file.toString());
    Rsp rsp = new Rsp(file, Program.start(command, Map.of("RSP_JAVA_OPTS", javaOptions)));
    rsp.awaitLog("Started.  Listening on ");
    return rsp;
  }

  /** As {@link #serving}, with at most so many file descriptors. */
  public static Rsp servingWithDescriptors(
      int most, Path directory, String lua, String... options) {
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

  /** As {@link #servingFile}, but does not wait. */
  static Rsp start(Path file, String... options) {
    List<String> command = new ArrayList<>(List.of(launcher(), "run"));
    command.addAll(List.of(options));
    command.add(file.toString());
    return new Rsp(file, Program.start(command, Map.of()));
  }

  /** Runs a command of rsp that ends by itself; returns when it has ended. */
  public static Program run(String... arguments) {
    List<String> command = new ArrayList<>(List.of(launcher()));
    command.addAll(List.of(arguments));
    Program program = Program.start(command, Map.of());
    program.awaitExit();
    return program;
  }

  /** The path of {@code bin/rsp}. */
  public static String launcher() {
    return Path.of(System.getProperty("rsp.home"), "bin", "rsp").toString();
  }

  /** A named backend as a line of the table {@code backends}. */
  public static String slot(String name, String address) {
    return "  { name = \"%s\", address = \"%s\" },\n".formatted(name, address);
  }

  /** A configuration with one backend for all hosts; rsp listens on a free port. */
  public static String oneBackend(String address) {
    return "listen = \"127.0.0.1:0\"\nbackends = { \"%s\" }\n".formatted(address);
  }

  /** A configuration that sends each host to the {@link #slot} of that name. */
  public static String byName(String... slots) {
    return "listen = \"127.0.0.1:0\"\nbackends = {\n" + String.join("", slots) + "}\n" + BY_NAME;
  }

  /** Writes a file in one step, as a careful operator does. */
  public static Path write(Path file, String lua) {
    try {
      Path draft = Files.writeString(file.resolveSibling(file.getFileName() + ".new"), lua);
      return Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The first port that it listens on. */
  public int port() {
    return ports().get(0);
  }

  /** The ports that it listened on when it started. */
  public List<Integer> ports() {
    Matcher started = STARTED.matcher(log());
    if (!started.find() || started.group(1) == null) {
      throw new AssertionError("no port in the ready line: " + program);
    }
    return Pattern.compile(", ").splitAsStream(started.group(1)).map(Integer::valueOf).toList();
  }

  /** Replaces the configuration and has it read; returns when it is in force. */
  public void reconfigure(String lua) {
    write(file, lua);
    reload();
  }

  /** Has the file read again; returns when it is in force. */
  public void reload() {
    int before = count("reloaded file=");
    signal("HUP");
    Eventually.holds(() -> "a reload: " + program, () -> count("reloaded file=") > before);
  }

  /** Has a file read that rsp must refuse; returns when all its problems are in the log. */
  public void reloadRefused() {
    int before = count("reload refused, configuration unchanged");
    signal("HUP");
    Eventually.holds(
        () -> "a reload that fails: " + program,
        () -> count("reload refused, configuration unchanged") > before && problemsAreLogged());
  }

  /** Whether the log has all lines that the last refused reload announced, one for each problem. */
  private boolean problemsAreLogged() {
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

  /** The bytes of direct memory that its allocator holds; see {@code dev.rsp.daemon.MemoryUse}. */
  public long directBytes() {
    return memory("direct_bytes");
  }

  /** A number from the line about memory that it logs on USR1, by its name there. */
  public long memory(String name) {
    int before = count("memory direct_bytes=");
    signal("USR1");
    Eventually.holds(
        () -> "the memory in the log: " + program, () -> count("memory direct_bytes=") > before);
    return lastNumber(name);
  }

  /**
   * One of the figures for Prometheus, by its name and labels as they stand there; its control
   * socket is {@code control.sock} beside the configuration file.
   */
  public double figure(String name) {
    String socket = file.resolveSibling("control.sock").toString();
    Program figures = Program.run("curl", "-sS", "--unix-socket", socket, "http://rsp/metrics");
    return figures
        .out()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError(name + " is missing: " + figures));
  }

  /** Starts a garbage collection, after which the leak detector can find buffers that were lost. */
  public void collectGarbage() {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    Program collection = Program.run(jcmd.toString(), "" + program.pid(), "GC.run");
    if (collection.awaitExit() != 0) {
      throw new AssertionError(collection);
    }
  }

  /** How many native engines of TLS there are: one for each connection with TLS. */
  public long tlsEngines() {
    return instances("io\\.netty\\.handler\\.ssl\\.\\w*OpenSslEngine");
  }

  /** How many native contexts of TLS there are: of certificates, and for backends. */
  public long tlsContexts() {
    return instances("io\\.netty\\.handler\\.ssl\\.\\w*OpenSsl(?:Client|Server)Context");
  }

  /** Bytes of its live objects. */
  public long liveBytes() {
    return sum("(?m)^Total +\\d+ +(\\d+)$");
  }

  /** How many objects it has of such classes. */
  private long instances(String classes) {
    return sum("(?m)^ *\\d+: +(\\d+) +\\d+ +" + classes + "(?:\\s|$)");
  }

  /** The sum of a number in the lines of a look at its heap after a collection. */
  private long sum(String line) {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    Program histogram = Program.run(jcmd.toString(), "" + program.pid(), "GC.class_histogram");
    if (!histogram.out().contains("java.lang.String")) {
      throw new AssertionError(histogram);
    }
    return Pattern.compile(line)
        .matcher(histogram.out())
        .results()
        .mapToLong(found -> Long.parseLong(found.group(1)))
        .sum();
  }

  /**
   * Stops it with TERM; returns how often each ending of an exchange was counted, by its name in
   * the log.
   */
  public Map<String, Long> stop() {
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

  /** The number that was logged last under a name; -1 if there is none. */
  private long lastNumber(String name) {
    Matcher number = Pattern.compile(" " + name + "=(-?\\d+)").matcher(log());
    long last = -1;
    while (number.find()) {
      last = Long.parseLong(number.group(1));
    }
    return last;
  }

  /** Waits until a text is in the log; fails if rsp ends before. */
  public void awaitLog(String text) {
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
  public int count(String text) {
    return (int) Pattern.compile(Pattern.quote(text)).matcher(log()).results().count();
  }

  /** All that it logged so far. */
  public String log() {
    return program.out();
  }

  /** The configuration file. */
  public Path file() {
    return file;
  }

  /** The process. */
  public Program program() {
    return program;
  }

  /** Sends a signal, by its name without SIG, and does not wait for its effect. */
  public void signal(String signal) {
    program.signal(signal);
  }

  /** A connection to the first port. */
  public RawClient connect() throws IOException {
    return new RawClient(port());
  }

  /** Sends a GET on a new connection; returns the response. */
  public Answer get(String host, String path) throws IOException {
    try (RawClient client = connect()) {
      return client.get(host, path);
    }
  }

  @Override
  public void close() {
    // A graceful stop would wait for the requests in flight; SignalsIT tests that.
    program.kill();
  }

  @Override
  public String toString() {
    return program.toString();
  }
}
