// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.rig;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** ApacheBench, with 100 connections at a time. It gives up at the first connection that breaks. */
public final class Ab implements AutoCloseable {
  /** Far more than it takes: the machine may be busy with other things. */
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  private final int requests;
  private final Program program;

  private Ab(int requests, Program program) {
    this.requests = requests;
    this.program = program;
  }

  /** Starts to request {@code /small} of a host; the options are those of ab. */
  public static Ab start(int port, String host, int requests, String... options) {
    List<String> command = new ArrayList<>(List.of("ab", "-q", "-c", "100", "-n", "" + requests));
    command.addAll(List.of(options));
    command.addAll(List.of("-H", "Host: " + host, "http://127.0.0.1:" + port + "/small"));
    return new Ab(requests, Program.start(command, Map.of()));
  }

  /** Whether it has not ended yet. */
  public boolean isRunning() {
    return program.isAlive();
  }

  /** Waits until it ends, and fails if any request failed. */
  public void assertNoneFailed() {
    assertEquals(0, program.awaitExit(PATIENCE), program::toString);
    assertEquals(requests, number("Complete requests"), program::toString);
    assertEquals(0, number("Failed requests"), program::toString);
    // Only there if there were any.
    assertEquals(0, number("Non-2xx responses"), program::toString);
  }

  private int number(String label) {
    Matcher line = Pattern.compile(label + ": +(\\d+)").matcher(program.out());
    return line.find() ? Integer.parseInt(line.group(1)) : 0;
  }

  @Override
  public void close() {
    program.close();
  }
}
