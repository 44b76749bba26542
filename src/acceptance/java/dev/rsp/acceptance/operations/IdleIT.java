// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import dev.rsp.acceptance.rig.Transports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A daemon with nothing to do does not use the processor. */
@Isolated("loads or measures the machine")
@Timeout(120)
final class IdleIT {
  /** Few enough for io_uring and a user who may lock 8 MiB of memory, systemd's default. */
  private static final int LOOPS = 12;

  private static final int WINDOW_MILLIS = 3_000;

  static List<String> transports() {
    return Transports.available();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void loopsThatHaveNothingToDoDoNotWake(String transport, @TempDir Path directory)
      throws IOException {
    try (RawBackend backend = RawBackend.named("one");
        Rsp rsp =
            Rsp.serving(
                directory,
                "loops = " + LOOPS + "\n" + Rsp.oneBackend(backend.address()),
                "--transport",
                transport)) {
      expectWakes(rsp, LOOPS / 4);
      try (RawClient client = rsp.connect()) {
        client.get("one", "/");
        // the loop of the idle connections looks once a second
        expectWakes(rsp, LOOPS / 4 + WINDOW_MILLIS / 1_000);
        client.get("one", "/");
      }
    }
  }

  @Test
  void aProcessWithNothingToDoHardlyWakes(@TempDir Path directory) throws IOException {
    try (RawBackend backend = RawBackend.named("one");
        Rsp rsp = Rsp.serving(directory, "loops = 2\n" + Rsp.oneBackend(backend.address()))) {
      rsp.get("one", "/");
      // Java's compilers and its timer: once in five seconds each. By default Java wakes 6 times a
      // second.
      expect(rsp, WINDOW_MILLIS / 1_000, IdleIT::wakesOfThread);
    }
  }

  /** In some window of time, soon, the threads of the loops are woken no more than so often. */
  private static void expectWakes(Rsp rsp, int most) {
    expect(rsp, most, IdleIT::wakesOfLoop);
  }

  private static void expect(Rsp rsp, int most, ToLongFunction<Path> wakesOfThread) {
    StringBuilder seen = new StringBuilder("wakes in " + WINDOW_MILLIS + " ms:");
    Eventually.holds(
        seen::toString,
        () -> {
          long before = wakes(rsp, wakesOfThread);
          Eventually.pause(WINDOW_MILLIS);
          long wakes = wakes(rsp, wakesOfThread) - before;
          seen.append(' ').append(wakes);
          return wakes <= most;
        });
  }

  /** How often the threads began to wait: proc_pid_status(5). */
  private static long wakes(Rsp rsp, ToLongFunction<Path> wakesOfThread) {
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + rsp.program().pid() + "/task"))) {
      return threads.mapToLong(wakesOfThread).sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long wakesOfLoop(Path thread) {
    try {
      return Files.readString(thread.resolve("comm")).startsWith("loop-")
          ? wakesOfThread(thread)
          : 0;
    } catch (NoSuchFileException e) {
      return 0; // it has ended
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long wakesOfThread(Path thread) {
    try {
      return Files.readAllLines(thread.resolve("status")).stream()
          .filter(line -> line.startsWith("voluntary_ctxt_switches:"))
          .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1).strip()))
          .sum();
    } catch (NoSuchFileException e) {
      return 0; // it has ended
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
