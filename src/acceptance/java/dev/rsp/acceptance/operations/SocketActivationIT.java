// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sockets that a service manager opens and keeps: systemd's socket activation. */
@Timeout(120)
final class SocketActivationIT {
  /**
   * Opens sockets as systemd does for rsp.socket, writes the configuration with their ports, and
   * starts rsp with them: again when it has ended and the file "again" exists. A socket blocks if
   * nobody changes that, so that a test sees whether rsp does.
   */
  private static final String MANAGER =
      """
      import os, socket, sys, time
      directory, kinds, lua, command = sys.argv[1], sys.argv[2].split(','), sys.argv[3], sys.argv[4:]
      opened = []
      for i, kind in enumerate(kinds):
          if kind == 'unix':
              s = socket.socket(socket.AF_UNIX)
              s.bind(directory + '/passed.sock')
          else:
              s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == 'udp' else socket.SOCK_STREAM)
              s.bind(('127.0.0.1', 0))
              lua = lua.replace('PORT%d' % i, str(s.getsockname()[1]))
              print('port %d' % s.getsockname()[1], flush=True)
          if kind != 'udp':
              s.listen(64)
          opened.append(s)
      with open(directory + '/backends.lua', 'w') as f:
          f.write(lua)
      while True:
          pid = os.fork()
          if pid == 0:
              high = [os.dup2(s.fileno(), 100 + i) for i, s in enumerate(opened)]
              for i, fd in enumerate(high):
                  os.dup2(fd, 3 + i, inheritable=True)
                  os.set_inheritable(fd, False)
              os.environ['LISTEN_PID'] = str(os.getpid())
              os.environ['LISTEN_FDS'] = str(len(high))
              os.execv(command[0], command)
          print('started %d' % pid, flush=True)
          status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
          print('ended %d' % status, flush=True)
          while not os.path.exists(directory + '/again'):
              time.sleep(0.01)
          os.remove(directory + '/again')
      """;

  @TempDir private Path directory;

  private Program manager(String kinds, String lua, String... options) {
    List<String> command =
        new ArrayList<>(
            List.of("python3", "-c", MANAGER, directory.toString(), kinds, lua, Rsp.launcher()));
    command.add("run");
    command.addAll(List.of(options));
    command.add(directory.resolve("backends.lua").toString());
    return Program.start(command, Map.of());
  }

  private static void await(Program manager, String text, int times) {
    Eventually.holds(
        () -> text + " in " + manager, () -> manager.out().split(text, -1).length > times);
  }

  private static int number(Program manager, String name) {
    Matcher found = Pattern.compile(name + " (\\d+)\n").matcher(manager.out());
    int last = -1;
    while (found.find()) {
      last = Integer.parseInt(found.group(1));
    }
    assertTrue(last >= 0, manager::toString);
    return last;
  }

  private static void signal(Program manager, String signal) {
    Program.run("kill", "-" + signal, Integer.toString(number(manager, "started")));
  }

  @Test
  void connectionsWaitDuringARestartAndAreServedAfterIt() throws IOException {
    try (RawBackend backend = RawBackend.named("b");
        Program manager =
            manager(
                "tcp,unix",
                "listen = { \"127.0.0.1:PORT0\", \"unix:%s\" }\nbackends = { \"%s\" }\n"
                    .formatted(directory.resolve("passed.sock"), backend.address()))) {
      await(manager, "Started.  Listening on ", 1);
      int port = number(manager, "port");
      for (int i = 0; i < 10; i++) {
        try (RawClient client = new RawClient(port)) {
          assertEquals(200, client.get("a", "/").status(), manager::toString);
        }
      }
      assertTrue(getByPath().startsWith("HTTP/1.1 200 "), manager::toString);

      signal(manager, "HUP");
      await(manager, "reloaded file=", 1);
      try (RawClient client = new RawClient(port)) {
        assertEquals(200, client.get("a", "/").status(), manager::toString);
      }

      signal(manager, "TERM");
      await(manager, "ended 0", 1);
      try (RawClient waiting = new RawClient(port)) {
        waiting.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Files.createFile(directory.resolve("again"));
        assertEquals(200, waiting.read().status(), manager::toString);
      }
      assertTrue(getByPath().startsWith("HTTP/1.1 200 "), "the socket file is not rsp's to remove");
      signal(manager, "TERM");
      await(manager, "ended 0", 2);
    }
  }

  private String getByPath() throws IOException {
    Path path = directory.resolve("passed.sock");
    try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      client.write(
          ByteBuffer.wrap("GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
      ByteBuffer answer = ByteBuffer.allocate(4096);
      client.read(answer);
      return new String(answer.array(), 0, answer.position(), StandardCharsets.US_ASCII);
    }
  }

  @Test
  void aSocketThatListenDoesNotNameAndOneThatDoesNotListenAreRefused() {
    try (Program manager =
        manager("udp,tcp", "listen = \"127.0.0.1:1\"\nbackends = { \"127.0.0.1:2\" }\n")) {
      await(manager, "ended 1", 1);
      String said = manager.out() + manager.err();
      assertTrue(
          said.contains(
              "backends.lua:1: listen: \"127.0.0.1:1\" (expected: also \"127.0.0.1:%d\", on which"
                  .formatted(number(manager, "port"))),
          said);
      assertTrue(said.contains(" (expected: a TCP or Unix socket that listens)"), said);
    }
  }

  @Test
  void anotherTransportThanEpollIsRefused() {
    try (Program manager =
        manager(
            "tcp",
            "listen = \"127.0.0.1:PORT0\"\nbackends = { \"127.0.0.1:2\" }\n",
            "--transport",
            "nio")) {
      await(manager, "ended 1", 1);
      String said = manager.out() + manager.err();
      assertTrue(said.contains("the transport nio cannot use a socket"), said);
    }
  }

  @Test
  void servesTheConnectionThatStartsItBySystemdsOwnTool() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    try (RawBackend backend = RawBackend.named("b")) {
      Path file =
          Rsp.write(
              directory.resolve("backends.lua"),
              "listen = \"127.0.0.1:%d\"\nbackends = { \"%s\" }\n"
                  .formatted(port, backend.address()));
      try (Program tool =
          Program.start(
              "systemd-socket-activate",
              "--listen=127.0.0.1:" + port,
              "--setenv=PATH",
              Rsp.launcher(),
              "run",
              file.toString())) {
        Eventually.holds(tool::toString, () -> tool.err().contains("Listening on"));
        try (RawClient client = new RawClient(port)) {
          assertEquals(200, client.get("a", "/").status(), tool::toString);
        }
        tool.signal("TERM");
        assertEquals(0, tool.awaitExit(), tool::toString);
      }
    }
  }
}
