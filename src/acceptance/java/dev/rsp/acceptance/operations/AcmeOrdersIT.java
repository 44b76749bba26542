// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Pebble;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acme.AcmeSettings;
import dev.rsp.acme.Allow;
import dev.rsp.acme.Issuer;
import dev.rsp.acme.StoredHosts;
import dev.rsp.certs.Catalogue;
import dev.rsp.certs.CertificateScan;
import dev.rsp.certs.CertificateSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many orders at a real CA that rejects nonces and reuses authorizations, and all that goes wrong.
 */
@Timeout(180)
final class AcmeOrdersIT {
  private static final int HTTP_PORT = 5_080;
  private static final int HOSTS = 200;
  private static final long MONTH_SECONDS = 30 * 86_400;

  /** Orders that may be under way when the first issuer ends. */
  private static final int MOST_UNDER_WAY = 8;

  private static final Allow RULE =
      (host, answer) ->
          answer.accept(host.endsWith(".no.test") ? Allow.Answer.NO : Allow.Answer.YES);

  @TempDir private Path directory;
  private final String address = Pebble.ownAddress();

  private Pebble pebble() throws IOException {
    return Pebble.start(directory, address, HTTP_PORT, HTTP_PORT + 1, MONTH_SECONDS);
  }

  private static List<CompletableFuture<String>> wantAll(Issuer issuer) {
    return IntStream.range(0, HOSTS)
        .mapToObj(i -> FullDisk.want(issuer, "site" + i + ".test"))
        .toList();
  }

  private static Catalogue served(Path store) {
    return CertificateScan.read(new CertificateSettings(List.of(store), null, null, 1));
  }

  @Test
  void twoHundredHostsGetOneCertificateEachInSpiteOfARestartAndOfACaThatIsDown() throws Exception {
    Path store = directory.resolve("certs");
    try (Pebble pebble = pebble();
        var first = new Issuer(path -> {});
        var second = new Issuer(path -> {});
        var answers = new ChallengeAnswers(address, HTTP_PORT)) {
      AcmeSettings settings =
          FullDisk.settings(pebble.directoryUrl(), store, directory.resolve("ca.pem"));
      answers.use(first);
      first.use(settings, RULE);
      List<CompletableFuture<String>> wanted = wantAll(first);
      Eventually.holds(
          () -> "a quarter: " + first.figures(), () -> first.figures().issued() >= HOSTS / 4);
      first.useNone();
      wanted.forEach(FullDisk::get);
      answers.use(second);
      second.use(settings, RULE);
      List<String> problems =
          new ArrayList<>(wantAll(second).stream().map(FullDisk::get).distinct().toList());
      problems.remove("");
      assertEquals(List.of(), problems);
      assertEquals(HOSTS, served(store).size());
      assertEquals(0, served(store).brokenCount());
      int used = StoredHosts.read(settings).budgetUsed();
      assertTrue(used >= HOSTS && used <= HOSTS + MOST_UNDER_WAY, "orders: " + used);

      assertEquals(
          "certificates are not allowed for this host",
          FullDisk.get(FullDisk.want(second, "a.no.test")));
      assertEquals(used, second.figures().budgetUsed());

      Path chain = store.resolve("live/site7.test/fullchain.pem");
      Files.writeString(chain, Files.readString(chain).substring(0, 500));
      assertEquals(1, served(store).brokenCount());
      assertEquals("", FullDisk.get(FullDisk.want(second, "site7.test")));
      assertEquals(0, served(store).brokenCount());
      assertEquals(used + 1, second.figures().budgetUsed());

      pebble.stop();
      String reason = FullDisk.get(FullDisk.want(second, "late.test"));
      assertTrue(reason.startsWith("the CA cannot be reached: "), reason);
      pebble.restart(); // without our account
      Eventually.holds(
          () -> "the queued host: " + second.figures(),
          () -> second.figures().stored() == HOSTS + 1);
    }
  }

  /** How a program is run that may mount file systems which no other sees. */
  private static List<String> mayMount() {
    List<List<String>> ways =
        List.of(
            List.of("unshare", "--mount"),
            List.of("sudo", "-n", "unshare", "--mount"),
            List.of("unshare", "--map-root-user", "--mount"));
    for (List<String> way : ways) {
      List<String> command = new ArrayList<>(List.of("sh", "-c", "exec \"$@\"", "sh"));
      command.addAll(way);
      command.add("true");
      if (Program.run(command.toArray(String[]::new)).awaitExit() == 0) {
        return way;
      }
    }
    return fail("this test needs root, sudo or namespaces of users");
  }

  @Test
  void aFullDiskGetsNoOrder() throws Exception {
    Path store = Files.createDirectory(directory.resolve("certs"));
    String mount = "mount -t tmpfs -o size=160k tmpfs \"$1\" && shift && exec \"$@\"";
    List<String> command = new ArrayList<>(mayMount());
    command.addAll(List.of("sh", "-c", mount, "sh", store.toString()));
    try (Pebble pebble = pebble()) {
      command.addAll(
          List.of(
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              "-cp",
              System.getProperty("java.class.path"),
              FullDisk.class.getName(),
              pebble.directoryUrl(),
              store.toString(),
              directory.resolve("ca.pem").toString(),
              address,
              Integer.toString(HTTP_PORT)));
      try (Program program = Program.start(command.toArray(String[]::new))) {
        assertEquals(0, program.awaitExit(Eventually.PATIENCE.multipliedBy(2)), program::toString);
        List<String> lines =
            program.out().lines().filter(line -> line.matches("[a-z]+: .*|[a-z]+:")).toList();
        assertTrue(lines.contains("before: "), lines::toString);
        assertTrue(
            lines.stream()
                .anyMatch(line -> line.matches("full: the store cannot be written: No space.*")),
            lines::toString);
        assertTrue(lines.contains("used: 1"), lines::toString);
        assertTrue(lines.contains("after: 2"), lines::toString);
      }
    }
  }
}
