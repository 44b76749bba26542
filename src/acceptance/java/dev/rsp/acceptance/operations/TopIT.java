// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code rsp top} beside a real rsp: in a pipe, and on a pseudo terminal. */
@Timeout(120)
final class TopIT {
  /**
   * Runs a command on a terminal of 14 lines and 100 characters. When the table is there, sends
   * what is asked for, and waits for the end. Prints the exit status, whether the mode of the
   * terminal is as before, and all that was drawn.
   */
  private static final String TERMINAL =
      """
      import fcntl, os, pty, select, signal, struct, sys, termios, time
      how, command = sys.argv[1], sys.argv[2:]
      main, terminal = pty.openpty()
      fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 14, 100, 0, 0))
      before = termios.tcgetattr(terminal)
      pid = os.fork()
      if pid == 0:
          os.setsid()
          fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
          for fd in (0, 1, 2):
              os.dup2(terminal, fd)
          os.environ["TERM"] = "xterm"
          os.execv(command[0], command)
      drawn = b""
      sent = ended = False
      deadline = time.monotonic() + 60
      while not ended and time.monotonic() < deadline:
          ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
          while select.select([main], [], [], 0.05)[0]:
              drawn += os.read(main, 65536)
          if not sent and b"slots 1-2 of 2" in drawn:
              sent = True
              raw = termios.tcgetattr(terminal)[3] & (termios.ICANON | termios.ECHO)
              assert raw == 0, raw
              if how == "TERM":
                  time.sleep(1.5)  # a second sample is drawn meanwhile
                  os.kill(pid, signal.SIGTERM)
              else:
                  os.write(main, how.encode())
      if not ended:
          os.kill(pid, signal.SIGKILL)
      status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
      print(status, termios.tcgetattr(terminal) == before)
      sys.stdout.flush()
      sys.stdout.buffer.write(drawn)
      """;

  @TempDir private Path directory;

  private String socket() {
    return directory.resolve("control.sock").toString();
  }

  private Rsp serving(RawBackend backend) {
    return Rsp.serving(
        directory,
        "control = \""
            + socket()
            + "\"\n"
            + Rsp.byName(
                Rsp.slot("alpha.example", backend.address()),
                "  { name = \"beta.example\", address = \"127.0.0.1:1\", state = \"drain\" },\n"));
  }

  @Test
  void inAPipeItIsATable() throws IOException {
    try (RawBackend backend = RawBackend.named("alpha.example");
        Rsp rsp = serving(backend)) {
      rsp.get("alpha.example", "/");
      Program top = Rsp.run("top", "--sort", "requests", "--control", socket());
      assertEquals(0, top.awaitExit(), top::toString);
      List<String> lines = top.out().lines().toList();
      assertTrue(lines.get(0).contains("pid " + rsp.program().pid() + "  serves  "), top::out);
      assertTrue(lines.get(3).startsWith("SLOT           STATE  ADDRESS "), top::out);
      assertTrue(lines.get(4).startsWith("alpha.example  up     " + backend.address()), top::out);
      assertTrue(lines.get(5).startsWith("beta.example   drain  127.0.0.1:1"), top::out);
      assertEquals(6, lines.size());
      assertFalse(top.out().contains("\u001b"), top::out);
      Program json = Rsp.run("top", "--json", "--control", socket());
      assertTrue(json.out().startsWith("{\"slots\":[{\"name\":\"alpha.example\","), json::out);
    }
  }

  @Test
  void onATerminalItIsRefreshedAndLeavesNoTrace() throws IOException {
    Path script = Files.writeString(directory.resolve("terminal.py"), TERMINAL);
    try (RawBackend backend = RawBackend.named("alpha.example");
        Rsp rsp = serving(backend)) {
      for (String how : List.of("sq", "\u0003", "TERM")) {
        Program top =
            Program.start(
                List.of(
                    "python3",
                    script.toString(),
                    how,
                    Rsp.launcher(),
                    "top",
                    "--control",
                    socket()),
                Map.of());
        assertEquals(0, top.awaitExit(Duration.ofSeconds(70)), top::toString);
        String all = top.out();
        // 143: ended by TERM, as a shell reports it; Java gives that as its own status.
        assertTrue(all.startsWith((how.equals("TERM") ? 143 : 0) + " True\n"), top::toString);
        assertTrue(all.contains("\u001b[?1049h") && all.endsWith("\u001b[?1049l"), top::toString);
        assertTrue(all.contains("\u001b[32m  up"), top::toString);
        assertTrue(rsp.program().isAlive(), rsp::toString);
      }
    }
  }

  @Test
  void withoutAnRspItSaysWhere() {
    Program top = Rsp.run("top", "--control", socket());
    assertEquals(1, top.awaitExit());
    assertTrue(top.err().startsWith("cannot ask rsp over " + socket()), top::toString);
    Program sort = Rsp.run("top", "--sort", "x");
    assertEquals(2, sort.awaitExit());
    assertTrue(sort.err().startsWith("--sort: x (expected: one of file, rate, "), sort::toString);
  }
}
