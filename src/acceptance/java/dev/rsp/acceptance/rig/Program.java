// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.rig;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.rsp.Eventually;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** A process that a test started, and what it printed. It is killed at the latest with the JVM. */
public final class Program implements AutoCloseable {
  /** How long a program may take to end after TERM, before it is killed. */
  private static final Duration END = Duration.ofSeconds(5);

  private static final Set<Process> running = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> running.forEach(Process::destroyForcibly)));
  }

  private final String name;
  private final Process process;
  private final OutputStream out;
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final List<Thread> readers = new ArrayList<>();

  private Program(List<String> command, Process process, OutputStream out) {
    this.name = String.join(" ", command);
    this.process = process;
    this.out = out;
    read(process.getInputStream(), out);
    read(process.getErrorStream(), err);
  }

  /** Starts a program, by its name or path, with no input. */
  public static Program start(String... command) {
    return start(List.of(command), Map.of());
  }

  /** Starts a program with additions to the environment. */
  public static Program start(List<String> command, Map<String, String> environment) {
    return start(command, environment, new ByteArrayOutputStream());
  }

  /** Starts a program whose standard output goes to a stream and is not kept. */
  public static Program start(List<String> command, OutputStream out) {
    return start(command, Map.of(), out);
  }

  private static Program start(
      List<String> command, Map<String, String> environment, OutputStream out) {
    List<String> found = new ArrayList<>(command);
    found.set(0, find(command.get(0)));
    ProcessBuilder builder = new ProcessBuilder(found);
    builder.environment().putAll(environment);
    try {
      Process process = builder.start();
      running.add(process);
      process.getOutputStream().close();
      return new Program(found, process, out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs a program, and returns when it has ended. */
  public static Program run(String... command) {
    Program program = start(command);
    program.awaitExit();
    return program;
  }

  /**
   * The path of a program; if it is not installed, the test fails: a skipped test shows nothing.
   */
  private static String find(String name) {
    if (name.contains("/")) {
      return name;
    }
    for (String directory :
        (System.getenv("PATH") + ":/usr/local/sbin:/usr/sbin:/sbin").split(":", -1)) {
      Path path = Path.of(directory, name);
      if (Files.isExecutable(path)) {
        return path.toString();
      }
    }
    return fail(name + " is not installed, and these tests need it; scripts/test installs it");
  }

  private void read(InputStream from, OutputStream to) {
    Thread reader =
        new Thread(
            () -> {
              byte[] buffer = new byte[65536];
              try {
                for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
                  to.write(buffer, 0, n);
                }
              } catch (IOException e) {
                // The process was killed, and its streams were closed with it.
              }
            });
    reader.setDaemon(true);
    reader.start();
    readers.add(reader);
  }

  /** The id of the process. */
  public long pid() {
    return process.pid();
  }

  /** Whether it has not ended yet. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** What it wrote to standard output so far; "" if that goes to a stream. */
  public String out() {
    return out instanceof ByteArrayOutputStream kept ? kept.toString(StandardCharsets.UTF_8) : "";
  }

  /** What it wrote to standard error so far. */
  public String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  /** Waits until it ends by itself; returns its exit code. */
  public int awaitExit() {
    return awaitExit(Eventually.PATIENCE);
  }

  /** As above, for a program that may take longer, or that must have ended already. */
  public int awaitExit(Duration within) {
    try {
      if (!process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS)) {
        close();
        throw new AssertionError(name + " did not end within " + within + ": " + this);
      }
      for (Thread reader : readers) {
        reader.join(Eventually.PATIENCE.toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
    return process.exitValue();
  }

  /** Sends a signal, by its name without SIG. Java can send only TERM and KILL. */
  public void signal(String signal) {
    Program kill = run("sh", "-c", "kill -" + signal + " " + pid());
    if (kill.awaitExit() != 0) {
      throw new AssertionError("kill -" + signal + " of " + this + ": " + kill.err());
    }
  }

  /** The number of its open file descriptors. */
  public int descriptors() {
    String[] open = Path.of("/proc/" + pid() + "/fd").toFile().list();
    if (open == null) {
      throw new AssertionError(name + " has ended: " + this);
    }
    return open.length;
  }

  /** Changes the soft limit of its open file descriptors. */
  public void limitDescriptors(int limit) {
    Program prlimit = run("prlimit", "--pid", "" + pid(), "--nofile=" + limit + ":");
    assertEquals(0, prlimit.awaitExit(Duration.ZERO), prlimit::toString);
  }

  /** Resident memory in KiB. */
  public long residentKib() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/" + pid() + "/status"))) {
        if (line.startsWith("VmRSS:")) {
          return Long.parseLong(line.replaceAll("\\D", ""));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    throw new AssertionError(name + " has ended: " + this);
  }

  /** Processor time that it has used, in milliseconds. */
  public long cpuMillis() {
    return process.info().totalCpuDuration().orElseThrow().toMillis();
  }

  /** Sends KILL, and waits until it has ended. */
  void kill() {
    process.destroyForcibly();
    close();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(END.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    running.remove(process);
  }

  @Override
  public String toString() {
    return name + "\n--- stdout:\n" + out() + "--- stderr:\n" + err();
  }
}
