// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Blob;
import dev.rsp.acceptance.rig.Origin;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** HUP reloads, TERM and INT drain, a second one ends it: with real signals to the real process. */
@Timeout(300)
final class SignalsIT {
  private static final long BODY = 30L * 1024 * 1024;

  /** The end of the drain time is not what ends it. */
  private static final String PATIENT = "timeouts = { drain = 600 }\n";

  @TempDir private Path directory;

  @Test
  void termLetsASlowDownloadFinishTakesNoNewConnectionsAndExitsWith0() throws IOException {
    drains("TERM");
  }

  /** nginx and HAProxy drain on QUIT and USR1; an operator of these sends it by habit. */
  @Test
  void quitDoesTheSameAndWritesNoThreadDump() throws IOException {
    drains("QUIT");
  }

  @Test
  void intDoesTheSameUnlessItWasIgnoredAtTheStart() throws IOException {
    if (ignoresInt()) {
      changesNothing("INT");
    } else {
      drains("INT");
    }
  }

  /** Whether a shell has started the tests in the background: children inherit that. */
  private static boolean ignoresInt() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .anyMatch(line -> line.matches("SigIgn:.*[2367abef]")); // signal 2 is bit 1: proc(5)
  }

  @Test
  void startedInTheBackgroundItIgnoresIntAndDrainsOnTermAndQuit() throws IOException {
    Path file = Rsp.write(directory.resolve("backends.lua"), Rsp.oneBackend("127.0.0.1:9"));
    for (String signal : List.of("TERM", "QUIT")) {
      try (Program rsp =
          Program.start(
              "sh", "-c", "trap '' INT QUIT; exec \"$0\" run \"$1\"", Rsp.launcher(), "" + file)) {
        Eventually.holds(rsp::toString, () -> rsp.out().contains("Started."));
        rsp.signal("INT");
        rsp.signal("USR1");
        Eventually.holds(rsp::toString, () -> rsp.out().contains("status connections=0"));
        assertTrue(!rsp.out().contains("stopping"), rsp::toString);
        rsp.signal(signal);
        assertEquals(0, rsp.awaitExit(), rsp::toString);
        assertTrue(rsp.out().endsWith("Stopped.\n"), rsp::toString);
      }
    }
  }

  @Test
  void aSecondQuitEndsItAtOnce() throws IOException {
    endsAtOnceOnTheSecond("QUIT");
  }

  /** Java's tools ask for their channel by QUIT, unless it is open from the start. */
  @Test
  void jcmdGetsAThreadDumpAndDoesNotStopIt() throws IOException {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    try (Rsp rsp = Rsp.serving(directory, Rsp.oneBackend("127.0.0.1:9"))) {
      String pid = String.valueOf(rsp.program().pid());
      Program dump = Program.run(jcmd.toString(), pid, "Thread.print");
      assertEquals(0, dump.awaitExit(), dump::toString);
      assertTrue(dump.out().contains("Full thread dump"), dump::toString);
      assertEquals(502, rsp.get("a.example", "/").status());
      assertTrue(!rsp.log().contains("stopping"), rsp::log);
    }
  }

  private void drains(String signal) throws IOException {
    try (RawBackend origin = Origin.start();
        Rsp rsp = Rsp.serving(directory, Rsp.oneBackend(origin.address()) + PATIENT);
        RawClient idle = rsp.connect();
        RawClient slow = rsp.connect()) {
      assertEquals(200, idle.get("a.example", "/length/10").status());
      slow.send("GET /length/" + BODY + " HTTP/1.1\r\nHost: a.example\r\n\r\n");
      String head = slow.wire().head();
      rsp.signal(signal);
      rsp.awaitLog("stopping");
      Eventually.holds("a refused connection", () -> refuses(rsp));
      // rsp does not wait for a client that sends no request.
      assertEquals("", idle.wire().rest());
      assertTrue(rsp.program().isAlive());
      Blob.Sum sum = new Blob.Sum();
      slow.wire().body(head, false, sum);
      assertEquals(Blob.sum(BODY), sum.hex());
      assertEquals(0, rsp.program().awaitExit(), rsp::toString);
      assertTrue(rsp.log().endsWith("Stopped.\n"), rsp::log);
      assertTrue(!rsp.log().contains("thread dump"), rsp::log);
    }
  }

  private static boolean refuses(Rsp rsp) throws IOException {
    try (Socket client = new Socket()) {
      client.connect(loopback(rsp.port()));
      // When the listener closes, connections in its queue are reset, and the next is refused. A
      // connection in between may get no answer until it sends something: Linux has dropped it.
      client.setSoTimeout(1_000);
      return client.getInputStream().read() == 0;
    } catch (ConnectException e) {
      return true;
    } catch (SocketException | SocketTimeoutException e) {
      return false;
    }
  }

  @Test
  void termDoesNotCutAnAnswerThatIsStillInOurBuffers() throws IOException {
    // Small enough for rsp to buffer it all, and more than the sockets hold for this client.
    int length = 300_000;
    try (RawBackend origin = Origin.start();
        Rsp rsp = Rsp.serving(directory, Rsp.oneBackend(origin.address()) + PATIENT);
        RawClient slow = new RawClient(loopback(rsp.port()), 4096)) {
      slow.send("GET /length/" + length + " HTTP/1.1\r\nHost: a.example\r\n\r\n");
      String head = slow.wire().head();
      Eventually.pause(200);
      rsp.signal("TERM");
      rsp.awaitLog("stopping");
      Blob.Sum sum = new Blob.Sum();
      slow.wire().body(head, false, sum);
      assertEquals(Blob.sum(length), sum.hex());
      assertEquals(0, rsp.program().awaitExit(), rsp::toString);
    }
  }

  @Test
  void aSecondTermEndsItAtOnce() throws IOException {
    endsAtOnceOnTheSecond("TERM");
  }

  private void endsAtOnceOnTheSecond(String signal) throws IOException {
    try (RawBackend origin = Origin.start();
        Rsp rsp = Rsp.serving(directory, Rsp.oneBackend(origin.address()) + PATIENT);
        RawClient stuck = rsp.connect()) {
      stuck.send("GET /length/" + 100 * BODY + " HTTP/1.1\r\nHost: a.example\r\n\r\n");
      String head = stuck.wire().head();
      rsp.signal(signal);
      rsp.awaitLog("stopping");
      rsp.signal(signal);
      assertEquals(0, rsp.program().awaitExit(), rsp::toString);
      assertThrows(
          IOException.class, () -> stuck.wire().body(head, false, OutputStream.nullOutputStream()));
    }
  }

  @Test
  void theDrainTimeEndsADownloadThatNeverEnds() throws IOException {
    try (RawBackend origin = Origin.start();
        Rsp rsp =
            Rsp.serving(
                directory, Rsp.oneBackend(origin.address()) + "timeouts = { drain = 0.5 }\n");
        RawClient stuck = rsp.connect()) {
      stuck.send("GET /length/" + 100 * BODY + " HTTP/1.1\r\nHost: a.example\r\n\r\n");
      stuck.wire().head();
      rsp.signal("TERM");
      assertEquals(0, rsp.program().awaitExit(), rsp::toString);
      assertTrue(rsp.log().contains("drain time is over"), rsp::log);
    }
  }

  /**
   * At first the shell has not run a line of the launcher yet, and signals end it. So the signals
   * are sent after its first line has run, which ignores them, HUP last, and at any time from then
   * until Java runs.
   */
  @Test
  void signalsInTheFirstMillisecondsOfItsLifeDoNotEndIt() throws IOException {
    Path file = Rsp.write(directory.resolve("backends.lua"), Rsp.oneBackend("127.0.0.1:9"));
    List<Program> shells = new ArrayList<>();
    try {
      for (int millis = 0; millis <= 56; millis += 7) {
        // One shell starts it, waits and signals: to fork one for the signal takes too long. In
        // SigIgn (proc(5)) HUP, signal 1, is bit 0 of the last hexadecimal digit. nohup ignores it
        // too, so VTALRM is looked at as well, which is before HUP in the list: signal 26 is bit 1
        // of the seventh digit from the end.
        String script =
            """
            "$0" run "$1" &
            while :; do
              while read -r name signals; do
                case $name$signals in SigIgn:*[2367abef]?????[13579bdf]) break 2 ;; esac
              done < /proc/$!/status
            done
            sleep 0.%03d
            for signal in ALRM PIPE TTIN TTOU USR1 USR2 WINCH HUP; do kill -$signal $!; done
            wait $!
            """
                .formatted(millis);
        shells.add(Program.start("sh", "-c", script, Rsp.launcher(), file.toString()));
      }
      for (Program shell : shells) {
        awaitStart(shell);
      }
    } finally {
      shells.forEach(shell -> child(shell).ifPresent(ProcessHandle::destroy));
      shells.forEach(shell -> shell.awaitExit());
    }
  }

  private static void awaitStart(Program shell) {
    Eventually.holds(
        () -> "a start after signals: " + shell,
        () -> {
          assertTrue(shell.isAlive(), () -> "a signal ended it: " + shell);
          return shell.out().contains("Started.");
        });
  }

  private static Optional<ProcessHandle> child(Program shell) {
    return ProcessHandle.of(shell.pid()).flatMap(handle -> handle.children().findFirst());
  }

  /** Signals that HAProxy and nginx use, for the most part. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "USR2", "TTIN", "TTOU", "WINCH", "ALRM", "PIPE", "URG", "CHLD", "CONT", "VTALRM", "PROF",
        "IO", "PWR"
      })
  void signalsThatAreNotUsedChangeNothing(String signal) throws IOException {
    changesNothing(signal);
  }

  private void changesNothing(String signal) throws IOException {
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, Rsp.oneBackend(backend.address()));
        RawClient client = rsp.connect()) {
      String before = rsp.log();
      for (int i = 0; i < 20; i++) {
        rsp.signal(signal);
        assertEquals(200, client.get("a.example", "/").status());
      }
      assertTrue(rsp.program().isAlive(), rsp::toString);
      assertEquals(before, rsp.log());
    }
  }

  @Test
  void usr1LogsHowTheRequestsSoFarHaveEndedAndChangesNothing() throws IOException {
    try (RawBackend origin = Origin.start();
        Rsp rsp = Rsp.serving(directory, Rsp.oneBackend(origin.address()));
        RawClient client = rsp.connect()) {
      awaitStatus(rsp, "status connections=1 ended none\n");
      assertEquals(200, client.get("a.example", "/length/10").status());
      awaitStatus(rsp, "status connections=1 ended served=1\n");
      assertEquals(200, client.get("a.example", "/length/10").status());
    }
  }

  /** Sends USR1 repeatedly: a request may not have been counted yet. */
  private static void awaitStatus(Rsp rsp, String line) {
    Eventually.holds(
        rsp::toString,
        () -> {
          rsp.signal("USR1");
          return rsp.log().contains(line);
        });
  }

  @Test
  void aHundredHupsInARowAreHarmlessAndTheLastFileHolds() throws IOException {
    try (RawBackend first = RawBackend.named("first");
        RawBackend last = RawBackend.named("last");
        Rsp rsp = Rsp.serving(directory, Rsp.oneBackend(first.address()))) {
      String pid = String.valueOf(rsp.program().pid());
      Program.run("sh", "-c", "for i in $(seq 100); do kill -HUP " + pid + "; done");
      Rsp.write(rsp.file(), Rsp.oneBackend(last.address()));
      rsp.signal("HUP");
      Eventually.holds(rsp::toString, () -> rsp.get("a.example", "/").body().startsWith("last "));
      assertTrue(rsp.count("reloaded file=") <= 101, rsp::log);
    }
  }

  @Test
  void aFileThatIsWrongChangesNothingAndIsLoggedWithItsLine() throws IOException {
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, Rsp.oneBackend(backend.address()))) {
      List<String> wrong = new ArrayList<>();
      wrong.add("\nlisten = \n");
      wrong.add("\nbackends = { \"127.0.0.1:99999\" }\nlisten = \"127.0.0.1:0\"\n");
      wrong.add("\nlistn = 3\n");
      wrong.add("\nerror(\"no\")\n");
      wrong.add("\nwhile true do end\n");
      wrong.add(
          "\nlisten = \"127.0.0.1:%d\"\nbackends = { \"127.0.0.1:9\" }\n"
              .formatted(backend.port()));
      for (String lua : wrong) {
        int before = rsp.count(rsp.file() + ":2: ");
        Rsp.write(rsp.file(), lua);
        rsp.reloadRefused();
        Eventually.holds(
            () -> "a line of the file for " + lua + rsp,
            () -> rsp.count(rsp.file() + ":2: ") > before || rsp.count(rsp.file() + ":3: ") > 0);
        assertEquals("b a.example /", rsp.get("a.example", "/").body());
      }
      Files.delete(rsp.file());
      rsp.reloadRefused();
      assertEquals("b a.example /", rsp.get("a.example", "/").body());
    }
  }

  @Test
  void aReloadThatRunsOutOfDescriptorsHalfWayChangesNothingAndGivesThemBack() throws IOException {
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, Rsp.oneBackend(backend.address()))) {
      assertEquals("b a.example /", rsp.get("a.example", "/").body());
      int before = rsp.program().descriptors();
      rsp.program().limitDescriptors(before + 20);
      Rsp.write(rsp.file(), Rsp.oneBackend("127.0.0.1:9") + "loops = 64\n");
      rsp.signal("HUP");
      rsp.awaitLog("reload refused, configuration unchanged: ");
      rsp.awaitLog("cannot start: too many open files");
      rsp.program().limitDescriptors(4096);
      Eventually.holds(
          () -> before + " descriptors again, not " + rsp.program().descriptors(),
          () -> rsp.program().descriptors() <= before + 3);
      assertEquals("b a.example /", rsp.get("a.example", "/").body());
      rsp.reconfigure(Rsp.oneBackend(backend.address()) + "loops = 64\n");
      assertEquals("b a.example /", rsp.get("a.example", "/").body());
    }
  }

  private static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }
}
