// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.commands;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.acceptance.rig.Program;
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

/** A command that takes long says so on a terminal. */
@Timeout(90)
final class ProgressIT {
  /**
   * Is a control socket that answers only when the command has said on its terminal that it waits.
   * Prints the exit status, standard output, and what is left on the terminal.
   */
  private static final String SLOW =
      """
      import os, pty, select, socket, subprocess, sys, time
      path, command = sys.argv[1], sys.argv[2:]
      listener = socket.socket(socket.AF_UNIX)
      listener.bind(path)
      listener.listen()
      main, terminal = pty.openpty()
      environment = dict(os.environ, TERM="xterm")
      rsp = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=terminal, env=environment)
      os.close(terminal)
      connection, _ = listener.accept()
      connection.recv(4096)
      drawn = b""
      deadline = time.monotonic() + 60
      while b"waiting for rsp, " not in drawn and time.monotonic() < deadline:
          if select.select([main], [], [], 0.1)[0]:
              drawn += os.read(main, 4096)
      connection.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\nanswer\\n")
      connection.close()
      out = rsp.communicate()[0]
      try:
          while select.select([main], [], [], 0.1)[0]:
              drawn += os.read(main, 4096)
      except OSError:
          pass  # the other end is closed
      print(rsp.returncode, out, drawn.rsplit(b"\\r\\x1b[K", 1)[-1], b"waiting for rsp, " in drawn)
      """;

  @TempDir private Path directory;

  @Test
  void aCommandThatWaitsSaysSoAndErasesTheLine() throws IOException {
    Path script = Files.writeString(directory.resolve("slow.py"), SLOW);
    String socket = directory.resolve("control.sock").toString();
    Program slow =
        Program.start(
            List.of(
                "python3",
                script.toString(),
                socket,
                Rsp.launcher(),
                "status",
                "--control",
                socket),
            Map.of());
    assertEquals(0, slow.awaitExit(Duration.ofSeconds(80)), slow::toString);
    assertEquals("0 b'answer\\n' b'' True\n", slow.out(), slow::toString);
  }
}
