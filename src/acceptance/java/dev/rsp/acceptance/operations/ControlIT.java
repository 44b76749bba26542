// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The control socket of the real process, by rsp's own commands and by curl. */
@Timeout(120)
final class ControlIT {
  @TempDir private Path directory;

  private Path socket() {
    return directory.resolve("control.sock");
  }

  private String controlled(RawBackend backend, String more) {
    return Rsp.oneBackend(backend.address()) + "control = \"" + socket() + "\"\n" + more;
  }

  private Program rsp(String... words) {
    String[] all = Arrays.copyOf(words, words.length + 2);
    all[words.length] = "--control";
    all[words.length + 1] = socket().toString();
    return Rsp.run(all);
  }

  private String curl(String path) {
    return Program.run(
            "curl",
            "-sS",
            "-w",
            " %{http_code}",
            "--unix-socket",
            socket().toString(),
            "http://rsp" + path)
        .out();
  }

  @Test
  void statusSaysWhatIsInForceAndWhatEachBackendGot() throws IOException {
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, controlled(backend, ""))) {
      assertEquals(
          "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket())));
      rsp.get("a.example", "/");
      Program status = rsp("status");
      assertEquals(0, status.awaitExit(), status::toString);
      assertTrue(status.out().contains(" pid=" + rsp.program().pid() + " serves\n"), status::out);
      assertTrue(status.out().contains("\nin force generation=1 since="), status::out);
      assertTrue(status.out().contains(" file_differs=no\n"), status::out);
      assertTrue(status.out().contains("\nended served=1\n"), status::out);
      assertTrue(
          status.out().contains(" address=" + backend.address() + " requests=1"), status::out);
      Program json = rsp("status", "--json");
      String check =
          "import json,sys; d=json.load(sys.stdin); print(d['generation'], d['serving'],"
              + " d['slots'][0]['requests'], d['endings']['served'])";
      Program read =
          Program.run("sh", "-c", "printf %s \"$1\" | python3 -c \"$2\"", "sh", json.out(), check);
      assertEquals("1 True 1 1\n", read.out());
    }
  }

  @Test
  void prometheusGetsTheFiguresInItsFormats() throws IOException {
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, controlled(backend, ""))) {
      rsp.get("a.example", "/");
      Rsp.write(rsp.file(), "listen = 5");
      rsp.reloadRefused();
      String labels = "{address=\"" + backend.address() + "\",slot=\"" + backend.address() + "\"}";
      String figures = curl("/metrics");
      for (String line :
          new String[] {
            "rsp_config_generation 1.0",
            "rsp_exchanges_total{ending=\"served\"} 1.0",
            "rsp_reloads_total{result=\"refused\"} 1.0",
            "rsp_slot_requests_total" + labels + " 1.0",
            "rsp_slot_up{slot=\"" + backend.address() + "\"} 1.0",
          }) {
        assertTrue(figures.contains("\n" + line + "\n"), () -> line + " in " + figures);
      }
      String open =
          Program.run(
                  "curl",
                  "-sS",
                  "-H",
                  "Accept: application/openmetrics-text; version=1.0.0",
                  "--unix-socket",
                  socket().toString(),
                  "http://rsp/metrics")
              .out();
      assertTrue(open.endsWith("# EOF\n"), open);
    }
  }

  @Test
  void reloadWaitsAndSaysWhatMovedOrWhyNot() throws IOException {
    try (RawBackend backend = RawBackend.named("b");
        RawBackend other = RawBackend.named("o");
        Rsp rsp = Rsp.serving(directory, controlled(backend, ""))) {
      for (int i = 0; i < 20; i++) {
        rsp.get("host" + i + ".example", "/");
      }
      String two =
          controlled(backend, "")
              .replace(
                  "{ \"" + backend.address() + "\"",
                  "{ \"" + backend.address() + "\", \"" + other.address() + "\"");
      Rsp.write(rsp.file(), two);
      Program accepted = rsp("reload");
      assertEquals(0, accepted.awaitExit(), accepted::toString);
      assertTrue(accepted.out().matches("(?s)moved \\d+ of 20 hosts .*"), accepted::out);
      assertTrue(accepted.out().contains("\nin force generation=2 since="), accepted::out);
      assertTrue(rsp.log().contains("audit command=reload by=\"uid="), rsp::log);

      Rsp.write(rsp.file(), two + "timeouts = { haed = 1 }\n");
      Program refused = rsp("reload");
      assertEquals(1, refused.awaitExit(), refused::toString);
      assertTrue(refused.err().contains("did you mean head?"), refused::err);
      assertTrue(refused.err().contains("\nstill in force generation=2 "), refused::err);
      assertTrue(refused.err().contains(" file_differs=yes\n"), refused::err);

      // What is explained is what serves, and not the file.
      Program live = rsp("explain", rsp.file().toString(), "host1.example", "--live");
      assertEquals(0, live.awaitExit(), live::toString);
      assertTrue(live.out().contains("n           2\n"), live::out);
    }
  }

  @Test
  void probesOfOtherProgramsAreAnsweredAlsoWhileItDrains() throws IOException {
    try (RawBackend backend = RawBackend.answering((head, wire) -> Eventually.pause(60_000));
        Rsp rsp = Rsp.serving(directory, controlled(backend, ""))) {
      assertEquals("ok\n 200", curl("/healthz"));
      assertEquals("ok\n 200", curl("/readyz"));
      assertEquals("no such command\n 404", curl("/nothing"));
      assertEquals("POST only\n 405", curl("/reload"));
      try (RawClient client = rsp.connect()) {
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Eventually.holds("a request in flight", () -> curl("/status").contains("in_flight=1"));
        rsp.signal("TERM");
        Eventually.holds("not ready", () -> curl("/readyz").equals("stopping\n 503"));
        assertTrue(curl("/status").contains(" stops: waits for 1 connections"));
      }
      rsp.program().awaitExit();
      assertFalse(Files.exists(socket()));
    }
  }

  @Test
  void aReloadMovesTheSocketAndWithoutOneTheCommandSaysWhatIsMissing() throws IOException {
    Path other = directory.resolve("other.sock");
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, controlled(backend, ""))) {
      String moved = controlled(backend, "").replace(socket().toString(), other.toString());
      Rsp.write(rsp.file(), moved);
      assertEquals(0, rsp("reload").awaitExit());
      assertTrue(Files.exists(other));
      Eventually.holds("the old path is gone", () -> !Files.exists(socket()));
      Program none = rsp("status");
      assertEquals(1, none.awaitExit());
      assertTrue(
          none.err().startsWith("cannot ask rsp over " + socket() + ": No such file or directory"),
          none::err);
    }
  }
}
