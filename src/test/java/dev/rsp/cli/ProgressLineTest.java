// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class ProgressLineTest {
  private static final String ERASE = "\r\u001b[K";

  /** What was written, and a signal when that contains a text. */
  private static final class Terminal extends ByteArrayOutputStream {
    private final String awaited;
    private final CountDownLatch written = new CountDownLatch(1);

    Terminal(String awaited) {
      this.awaited = awaited;
    }

    @Override
    public synchronized void write(byte[] octets, int start, int length) {
      super.write(octets, start, length);
      if (toString(StandardCharsets.UTF_8).contains(awaited)) {
        written.countDown();
      }
    }

    PrintStream stream() {
      return new PrintStream(this, true, StandardCharsets.UTF_8);
    }

    String expect() throws InterruptedException {
      assertTrue(written.await(10, TimeUnit.SECONDS), () -> toString(StandardCharsets.UTF_8));
      return toString(StandardCharsets.UTF_8);
    }
  }

  @Test
  void workThatTakesLongIsShownAndErasedAtItsEnd() throws Exception {
    var terminal = new Terminal("loading a.lua, 0 s");
    try (var line = ProgressLine.open(terminal.stream(), true, 1)) {
      line.at("loading a.lua");
      assertTrue(terminal.expect().startsWith(ERASE + "loading a.lua, "));
    }
    String all = terminal.toString(StandardCharsets.UTF_8);
    assertTrue(all.endsWith(" s" + ERASE), all);
  }

  @Test
  void theShareThatIsDoneIsShown() throws Exception {
    var terminal =
        new Terminal(ERASE + "assigning hosts by new.lua: 42 % (421,000 of 1,000,000), ");
    try (var line = ProgressLine.open(terminal.stream(), true, 1)) {
      line.at("assigning hosts by new.lua", 421_000, 1_000_000);
      terminal.expect();
    }
  }

  @Test
  void workThatIsDoneSoonerShowsNothing() {
    var terminal = new Terminal("never");
    try (var line = ProgressLine.open(terminal.stream(), true, 60_000)) {
      line.at("loading", 1, 2);
    }
    assertEquals("", terminal.toString(StandardCharsets.UTF_8));
  }

  @Test
  void nothingIsWrittenIfThereIsNoTerminal() throws Exception {
    var terminal = new Terminal("never");
    try (var line = ProgressLine.open(terminal.stream(), false, 0)) {
      line.at("loading", 1, 2);
      // Longer than the time until a terminal would have got a line.
      assertEquals(false, terminal.written.await(50, TimeUnit.MILLISECONDS));
    }
    assertEquals("", terminal.toString(StandardCharsets.UTF_8));
  }
}
