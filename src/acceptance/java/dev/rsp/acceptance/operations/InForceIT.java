// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is in force, and what a HUP would do, can be asked; and systemd is told. */
@Timeout(120)
final class InForceIT {
  private static final String GUARDED =
      "journal = { path = \"hosts.journal\", every = 0.2 }\nreload = { max_moves = 30 }\n";

  @TempDir private Path directory;

  private Path copy() {
    return directory.resolve("hosts.journal.running");
  }

  private static String two(RawBackend one, RawBackend two, String more) {
    return "listen = \"127.0.0.1:0\"\nbackends = {\n"
        + Rsp.slot("one", one.address())
        + Rsp.slot("two", two.address())
        + "}\n"
        + more;
  }

  private static Program check(Rsp rsp) {
    return Rsp.run("check", rsp.file().toString());
  }

  @Test
  void theFirstLineSaysWhichRspServesWhichFileAndWhere() throws IOException {
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, Rsp.oneBackend(backend.address()))) {
      String first = rsp.log().lines().findFirst().orElse("");
      assertTrue(
          first.matches(
              ".* rsp \\S+ \\(commit [0-9a-z-]+, Java [0-9._+]+\\) file=\\S+/backends\\.lua pid="
                  + rsp.program().pid()
                  + " listen=127\\.0\\.0\\.1:0"),
          first);
    }
  }

  @Test
  void aRefusedHupSaysWhatStaysInForceAndUsr1SaysItAgain() throws IOException {
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, Rsp.oneBackend(backend.address()))) {
      String file = " file=" + rsp.file() + " file_differs=";
      rsp.signal("USR1");
      rsp.awaitLog("in force generation=1 since=");
      rsp.awaitLog(file + "no\n");
      Rsp.write(rsp.file(), "listen = 5");
      rsp.reloadRefused();
      rsp.awaitLog("still in force generation=1 since=");
      rsp.awaitLog(file + "yes\n");
      rsp.reconfigure(Rsp.oneBackend(backend.address()) + "-- another text\n");
      rsp.awaitLog("in force generation=2 since=");
    }
  }

  @Test
  void checkSaysWhatTheGuardWouldWithTheFileThatIsInForce() throws IOException {
    try (RawBackend one = RawBackend.named("one");
        RawBackend two = RawBackend.named("two");
        Rsp rsp = Rsp.serving(directory, two(one, two, GUARDED))) {
      assertEquals(
          "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(copy())));
      for (int i = 0; i < 40; i++) {
        rsp.get("host" + i + ".example", "/");
      }
      Path journal = directory.resolve("hosts.journal");
      Eventually.holds(
          "40 hosts in the journal",
          () -> Files.exists(journal) && Files.readAllLines(journal).size() == 41);
      Program same = check(rsp);
      assertEquals(0, same.awaitExit());
      assertTrue(
          same.out().contains("a reload would be accepted, and would move no known host"),
          same::toString);

      Rsp.write(rsp.file(), two(one, two, GUARDED).replace("\"one\", a", "\"three\", a"));
      Program moved = check(rsp);
      assertEquals(1, moved.awaitExit());
      assertTrue(moved.err().contains("it would move "), moved::toString);
      assertTrue(
          moved.err().contains("the running configuration's reload.max_moves is 30."),
          moved::toString);
      rsp.reloadRefused();

      // explain speaks of the file, and says that another one serves.
      Program explain = Rsp.run("explain", rsp.file().toString(), "host1.example");
      assertEquals(0, explain.awaitExit());
      assertTrue(
          explain.err().contains("note: rsp serves with another version of this file (digest "),
          explain::toString);
      rsp.stop();
      assertFalse(Files.exists(copy()));
      assertEquals(0, check(rsp).awaitExit());
    }
  }

  @Test
  void checkSaysThatANewAddressIsTakenAndKnowsTheDaemonsOwn() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        RawBackend one = RawBackend.named("one");
        RawBackend two = RawBackend.named("two");
        Rsp rsp = Rsp.serving(directory, two(one, two, GUARDED))) {
      String own = two(one, two, GUARDED);
      assertEquals(0, check(rsp).awaitExit());
      String more = "{ \"127.0.0.1:0\", \"127.0.0.1:" + taken.getLocalPort() + "\" }";
      Rsp.write(rsp.file(), own.replace("\"127.0.0.1:0\"", more));
      Program check = check(rsp);
      assertEquals(1, check.awaitExit());
      assertTrue(check.err().contains("expected: an address that can be bound"), check::toString);
    }
  }

  @Test
  void systemdIsToldOfAStartThatServesAndOfNoneThatFailed() throws IOException {
    Path socket = directory.resolve("notify");
    Path told = directory.resolve("told");
    String script =
        """
        import socket, sys
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        s.bind(sys.argv[1])
        print("bound", flush=True)
        with open(sys.argv[2], "w") as f:
            while True:
                f.write(s.recv(4096).decode().split("\\n")[0] + "\\n")
                f.flush()
        """;
    try (Program manager =
            Program.start("python3", "-c", script, socket.toString(), told.toString());
        RawBackend backend = RawBackend.named("b")) {
      Eventually.holds("the manager listens", () -> manager.out().contains("bound"));
      Map<String, String> environment =
          Map.of("NOTIFY_SOCKET", socket.toString(), "WATCHDOG_USEC", "400000");
      Path file = Rsp.write(directory.resolve("backends.lua"), "listen = 5");
      List<String> command = List.of(Rsp.launcher(), "run", file.toString());
      Program bad = Program.start(command, environment);
      assertEquals(1, bad.awaitExit());
      assertEquals("", Files.readString(told));

      Rsp.write(file, Rsp.oneBackend(backend.address()));
      try (Program good = Program.start(command, environment)) {
        awaitTold(told, "READY=1", 1);
        assertTrue(good.out().contains("Started.  Listening on "), good::toString);
        awaitTold(told, "WATCHDOG=1", 3);
        good.signal("HUP");
        awaitTold(told, "RELOADING=1", 1);
        awaitTold(told, "READY=1", 2);
        good.signal("TERM");
        awaitTold(told, "STOPPING=1", 1);
        assertEquals(0, good.awaitExit());
      }
    }
  }

  private static void awaitTold(Path told, String message, int times) {
    Eventually.holds(
        message + " " + times + " times",
        () -> Files.readAllLines(told).stream().filter(message::equals).count() >= times);
  }
}
