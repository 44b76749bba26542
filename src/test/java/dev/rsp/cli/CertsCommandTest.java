// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.certs.TestCa;
import dev.rsp.documents.Document;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What {@code rsp certs} and {@code rsp check} say of certificates. */
@Timeout(60)
final class CertsCommandTest {
  private static final TestCa CA = TestCa.create();

  @TempDir private Path directory;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeEach
  void write() throws IOException {
    Files.createDirectories(directory.resolve("certs"));
    config("certificates = 'certs'");
    leaf(60, "*.late.test", "late.test");
    leaf(10, "soon.test", "a.test", "b.test", "c.test");
  }

  private void config(String line) throws IOException {
    Files.writeString(
        directory.resolve("backends.lua"),
        "listen = '127.0.0.1:0'\nbackends = { '127.0.0.1:1' }\n" + line + "\n");
  }

  private void leaf(int days, String... names) {
    CA.leaf(TestCa.ecdsaKeys(), Duration.ofDays(days).plusHours(1), names)
        .writePem(directory.resolve("certs"), names[0].replace("*", "_"));
  }

  private int run(Object command, String... arguments) {
    PrintStream before = System.out;
    PrintStream beforeErr = System.err;
    out.reset();
    err.reset();
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try {
      var line = new CommandLine(command);
      Converters.addTo(line);
      return line.execute(arguments);
    } finally {
      System.setOut(before);
      System.setErr(beforeErr);
    }
  }

  private int certs(String... options) {
    String[] all = new String[options.length + 1];
    System.arraycopy(options, 0, all, 0, options.length);
    all[options.length] = directory.resolve("backends.lua").toString();
    return run(new CertsCommand(), all);
  }

  private String printed() {
    return out.toString(StandardCharsets.UTF_8).replace(directory + "/", "");
  }

  @Test
  void listsCertificatesInTheOrderOfExpiry() {
    assertEquals(0, certs());
    String[] lines = printed().split("\n", -1);
    assertTrue(
        lines[0].matches(
            "10 day\\(s\\) +ECDSA P-256 +2[0-9-]{9} +soon.test,a.test,b.test,… \\(4\\) +certs/soon.test.pem"),
        lines[0]);
    assertTrue(lines[1].startsWith("60 day(s)"), lines[1]);
    assertEquals("2 certificate(s), 0 of them expired, 0 broken", lines[2]);
  }

  @Test
  void failsIfOneIsBrokenOrExpiredAndSaysWhy() throws IOException {
    Files.writeString(directory.resolve("certs/half.pem"), "-----BEGIN CERTIFICATE-----\nMI");
    assertEquals(1, certs());
    assertTrue(
        printed().startsWith("broken ")
            && printed().contains("- ")
            && printed()
                .contains(
                    "certs/half.pem\n  problem: the end of CERTIFICATE is missing: is it being written?\n"),
        printed());
    Files.delete(directory.resolve("certs/half.pem"));
    leaf(-3, "old.test");
    assertEquals(1, certs());
    assertTrue(printed().contains("  problem: expired 2"), printed());
    assertTrue(printed().contains("3 certificate(s), 1 of them expired, 0 broken"), printed());
  }

  @Test
  void findsTheCertificateOfAName() {
    assertEquals(0, certs("--name", "www.late.test"));
    assertTrue(printed().contains("certs/_.late.test.pem\n"), printed());
    assertTrue(!printed().contains("soon.test"), printed());
    assertEquals(1, certs("--name", "x.www.late.test"));
    assertTrue(
        printed().endsWith("problem: there is no certificate for x.www.late.test\n"), printed());
  }

  private void acme(int orders, int hosts) throws IOException {
    Files.writeString(
        directory.resolve("journal"),
        IntStream.range(0, hosts)
                .mapToObj(i -> "host-" + i + ".test 5\n")
                .collect(Collectors.joining())
            + "soon.test 5\nwww.late.test 5\nno-dot 5\n127.0.0.1 5\n");
    config(
        "certificates = 'certs'\njournal = 'journal'\n"
            + "acme = { directory = 'letsencrypt-staging', store = 'ordered', allow = 'journal',"
            + " orders = { %d, per = 86400 } }".formatted(orders));
  }

  /** Hosts that a certificate covers, and those that no CA certifies, need no order. */
  @Test
  void saysHowManyOrdersTheNextDaysNeed() throws IOException {
    acme(100, 50);
    assertEquals(0, certs());
    assertTrue(
        printed()
            .contains(
                " 7 days: 50 order(s) of at most 700: 0 renewal(s), 50 for hosts without a"
                    + " certificate\n"),
        printed());
    assertTrue(printed().contains("90 days: 100 order(s) of at most 9000: 50 renewal(s), 50 for"));
    assertTrue(printed().contains("50 host(s) without a certificate: all have one by 2"));
    assertEquals(0, certs("--json"));
    assertTrue(printed().contains("\"forecast\":{"), printed());
    assertTrue(printed().contains("\"missing\":50,"), printed());
    assertTrue(printed().contains("\"problem\":null}}"), printed());
  }

  @Test
  void saysThatTheBudgetIsTooSmall() throws IOException {
    acme(1, 200);
    assertEquals(1, certs());
    String problem = "acme.orders allows 1 orders in 86400 seconds, too few for the renewals: ";
    assertTrue(printed().contains("problem: " + problem), printed());
    String file = directory.resolve("backends.lua").toString();
    assertEquals(0, run(new CheckCommand(), file));
    assertTrue(printed().contains(": warning: certificates: " + problem), printed());
    assertEquals(0, run(new PlanCommand(), file, file));
    assertTrue(printed().contains("\ncertificates of the new file\n   7 days: "), printed());
    assertTrue(printed().contains("\n  problem: " + problem), printed());
    assertEquals(0, run(new PlanCommand(), "--json", file, file));
    assertTrue(printed().contains("\"orders\":{\"week\":{"), printed());
  }

  /** The store is made by the first start. */
  @Test
  void anEmptyStoreIsNoProblem() throws IOException {
    config("acme = { directory = 'letsencrypt-staging', store = 'ordered', allow = 'journal' }");
    assertEquals(0, certs());
    assertTrue(printed().startsWith("0 certificate(s)"), printed());
    assertEquals(0, run(new CheckCommand(), directory.resolve("backends.lua").toString()));
    assertTrue(!printed().contains("no TLS handshake succeeds"), printed());
  }

  /** As for an operator who may not read it. */
  @Test
  void aStoreThatCannotBeReadCostsOnlyTheForecast() throws IOException {
    acme(1, 200);
    Files.createDirectories(directory.resolve("ordered/live"));
    Files.createDirectories(directory.resolve("ordered/renewal/orders.log"));
    String file = directory.resolve("backends.lua").toString();
    assertEquals(0, run(new CheckCommand(), file));
    String said = err.toString(StandardCharsets.UTF_8);
    assertTrue(said.contains("no forecast of the orders of certificates: cannot read "), said);
    assertEquals(0, certs());
    assertTrue(printed().contains("2 certificate(s)"), printed());
  }

  /** As text, without what differs from day to day. */
  private static String timeless(String text) {
    return text.replaceAll("2[0-9]{3}-[0-9]{2}-[0-9]{2}", "DATE").replaceAll("T[0-9:]{5}Z", "TIME");
  }

  @Test
  void printsWhatTheDocumentOfOrdersShows() throws Exception {
    long now = System.currentTimeMillis();
    long day = Duration.ofDays(1).toMillis();
    URI letsEncrypt = URI.create("https://acme-v02.api.letsencrypt.org/directory");
    byte[] digest =
        MessageDigest.getInstance("SHA-256")
            .digest(letsEncrypt.toString().getBytes(StandardCharsets.UTF_8));
    String account = HexFormat.of().formatHex(digest, 0, 4);
    Path store = directory.resolve("store");
    Path host = Files.createDirectories(store.resolve("live/a.example"));
    CA.leaf(TestCa.ecdsaKeys(), Duration.ofDays(89).plusHours(1), "a.example")
        .writePem(host, "both");
    String pem = Files.readString(host.resolve("both.pem"));
    Files.delete(host.resolve("both.pem"));
    int key = pem.indexOf("-----BEGIN PRIVATE KEY");
    Files.writeString(host.resolve("fullchain.pem"), pem.substring(0, key));
    Files.writeString(host.resolve("privkey.pem"), pem.substring(key));
    Files.setPosixFilePermissions(
        host.resolve("privkey.pem"), PosixFilePermissions.fromString("rw-------"));
    Files.createDirectories(store.resolve("renewal"));
    Files.writeString(
        store.resolve("renewal/orders.log"),
        "# rsp orders 1\ncert %s a.example %d %d %d - -\n"
                .formatted(account, now - day, now + 89 * day, now + 59 * day)
            + "fail %s b.example 1 %d http-01: dns: DNS problem: NXDOMAIN looking up A for b.example\n"
                .formatted(account, now + 300_000));
    Files.writeString(directory.resolve("journal"), "a.example 5\nb.example 5\n");
    config(
        "journal = 'journal'\n"
            + "acme = { directory = 'letsencrypt', store = 'store', allow = 'journal' }");
    assertEquals(1, certs());
    String shown =
        Document.read(Path.of("src/docs/acme.md")).blocks().stream()
            .filter(block -> block.info().endsWith("CertsCommandTest compares it"))
            .map(block -> block.text().replace("/var/lib/rsp/certs/", "store/"))
            .collect(Collectors.joining());
    assertEquals(timeless(shown), timeless(printed()));
  }

  @Test
  void printsAllAsJson() {
    assertEquals(0, certs("--json"));
    String text = printed();
    assertTrue(
        text.startsWith(
            "{\"total\":2,\"broken\":0,\"expired\":0,\"has_default\":true,\"certificates\":[{\"path\":\"certs/soon.test.pem\",\"names\":[\"soon.test\",\"a.test\",\"b.test\",\"c.test\"],\"key_type\":\"ECDSA P-256\""),
        text);
    assertTrue(
        text.contains("\"days_left\":10,\"served\":true,\"problem\":null,\"notes\":[]}"), text);
  }

  @Test
  void saysThatADefaultIsMissing() throws IOException {
    config("certificates = { path = 'certs', default = 'missing.test' }");
    assertEquals(1, certs());
    assertTrue(
        printed().endsWith("problem: there is no certificate for certificates.default\n"),
        printed());
    config("certificates = { path = 'certs', default = 'x.late.test' }");
    assertEquals(0, certs());
  }

  @Test
  void saysThatNoneAreConfigured() throws IOException {
    config("");
    assertEquals(1, certs());
    assertTrue(
        err.toString(StandardCharsets.UTF_8).endsWith("backends.lua: certificates: not set\n"));
  }

  // rsp check -------------------------------------------------------------------------------------

  private int check() {
    return run(new CheckCommand(), directory.resolve("backends.lua").toString());
  }

  @Test
  void checkPrintsProblemsAsWarnings() throws IOException {
    assertEquals(0, check());
    assertTrue(printed().contains("backends.lua: certificates: 2\n"), printed());
    for (int i = 10; i < 22; i++) {
      Files.writeString(directory.resolve("certs/" + i + ".crt"), "-----BEGIN CERTIFICATE");
    }
    assertEquals(0, check());
    assertTrue(
        printed()
            .contains(
                "backends.lua: warning: certificates: certs/21.crt: a line that begins with -----BEGIN"),
        printed());
    assertTrue(
        printed().contains("warning: certificates: 2 more with problems: rsp certs backends.lua\n"),
        printed());
  }

  @Test
  void checkFailsIfNoneCanBeServedButNotIfThereIsNoneYet() throws IOException {
    Files.delete(directory.resolve("certs/soon.test.pem"));
    Files.delete(directory.resolve("certs/_.late.test.pem"));
    assertEquals(0, check());
    assertTrue(printed().contains("there is none yet, so no TLS handshake succeeds\n"), printed());
    Files.writeString(directory.resolve("certs/x.pem"), "-----BEGIN CERTIFICATE");
    assertEquals(1, check());
    String said = err.toString(StandardCharsets.UTF_8);
    assertTrue(said.contains("certificates: none of them can be served\n"), said);
    assertTrue(said.contains("x.pem: a line that begins with"), said);
  }
}
