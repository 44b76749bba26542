// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.acme.AcmeSettings;
import dev.rsp.acme.ChallengeType;
import dev.rsp.certs.TestCa;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The values of {@code acme}. */
@Timeout(30)
final class AcmeKeysTest {
  private static final String REST =
      "\nlisten = { { address = '127.0.0.1:0', tls = true }, '127.0.0.2:0' }"
          + "\nbackends = { '10.0.0.1:80' }\njournal = 'hosts'\n";

  @TempDir private Path directory;

  @BeforeEach
  void makeStore() throws Exception {
    Files.createDirectories(directory.resolve("s"));
  }

  private Config load(String acme) throws Exception {
    return ConfigFile.in(directory, "acme = { store = 's', " + acme + " }" + REST).load();
  }

  private CertificateOrders orders(String acme) throws Exception {
    Config config = load(acme);
    assertEquals(List.of(), config.warnings());
    return present(config.orders());
  }

  private static CertificateOrders present(@Nullable CertificateOrders orders) {
    return Objects.requireNonNull(orders);
  }

  private static List<Path> paths(Config config) {
    return Objects.requireNonNull(config.certificates()).paths();
  }

  @Test
  void withoutTheKeyNothingIsOrdered() throws Exception {
    assertNull(ConfigFile.in(directory, "certificates = 's'" + REST).load().orders());
  }

  @Test
  void theDefaultsAreThoseOfLetsEncrypt() throws Exception {
    assertEquals(
        new CertificateOrders(
            new AcmeSettings(
                URI.create("https://acme-v02.api.letsencrypt.org/directory"),
                null,
                directory.resolve("s"),
                List.of(),
                ChallengeType.HTTP_01,
                300,
                10_800,
                15_000,
                AcmeSettings.DEFAULT_MAX_QUEUED),
            new AllowedHosts(AllowedHosts.Kind.JOURNAL, null)),
        orders("directory = 'letsencrypt', allow = 'journal'"));
    assertEquals(
        URI.create("https://acme-staging-v02.api.letsencrypt.org/directory"),
        orders("directory = 'letsencrypt-staging', allow = 'journal'").settings().directory());
    assertEquals(Path.of("/var/lib/rsp/certs"), Path.of(AcmeKeys.DEFAULT_STORE));
  }

  @Test
  void everyKeyIsTaken() throws Exception {
    TestCa ca = TestCa.create();
    Files.writeString(directory.resolve("ca.pem"), ca.rootPem());
    CertificateOrders orders =
        orders(
            "directory = 'https://127.0.0.1:14000/dir', email = 'a@b.example', ca = 'ca.pem',"
                + " allow = 'http://127.0.0.1:5555/ask?key=1', orders = { 5, per = 60 },"
                + " challenge = 'tls-alpn-01', timeout = 0.5");
    AcmeSettings settings = orders.settings();
    assertEquals(URI.create("https://127.0.0.1:14000/dir"), settings.directory());
    assertEquals("a@b.example", settings.email());
    assertEquals(List.of(ca.root()), settings.authorities());
    assertEquals(5, settings.orders());
    assertEquals(60, settings.perSeconds());
    assertEquals(500, settings.timeoutMillis());
    assertEquals(ChallengeType.TLS_ALPN_01, settings.firstChallenge());
    assertEquals(
        new AllowedHosts(AllowedHosts.Kind.URL, URI.create("http://127.0.0.1:5555/ask?key=1")),
        orders.allow());
  }

  @Test
  void aFunctionIsKeptAlthoughNothingElseOfTheFileServes() throws Exception {
    Config config =
        load("directory = 'letsencrypt', allow = function(host) return host == 'a.example' end");
    CertificateOrders orders = config.orders();
    assertTrue(orders != null && orders.asksScript());
    assertTrue(config.allowScript().allows("a.example").allowed());
    assertTrue(!config.allowScript().allows("b.example").allowed());
  }

  /** It is one more folder of certificates, and makes the key certificates needless. */
  @Test
  void theStoreIsAFolderOfCertificates() throws Exception {
    String acme = "directory = 'letsencrypt', allow = 'journal'";
    assertEquals(List.of(directory.resolve("s")), paths(load(acme)));
    Files.createDirectories(directory.resolve("own"));
    Config both =
        ConfigFile.in(
                directory, "certificates = 'own'\nacme = { store = 's', " + acme + " }" + REST)
            .load();
    assertEquals(List.of(directory.resolve("own"), directory.resolve("s")), paths(both));
  }

  @Test
  void allProblemsAreSaidAtOnceWithTheirLines() throws Exception {
    List<String> problems =
        ConfigFile.in(
                directory,
                "acme = {\n  directory = 'http://ca.test/dir',\n  email = 'nobody',\n"
                    + "  store = '',\n  orders = { 0, pre = 5 },\n  challenge = 'dns-01',\n"
                    + "  timeout = 0,\n  ca = 'missing.pem',\n  alow = 'journal' }"
                    + REST)
            .problems();
    String all = String.join("\n", problems).replace(directory + "/", "");
    for (String expected :
        List.of(
            ":1: acme.allow: not set (expected: a function of the host, a URL to ask",
            ":2: acme.directory: \"http://ca.test/dir\" (expected: the https URL",
            ":3: acme.email: \"nobody\" (expected: one address",
            ":4: acme.store: \"\" (expected: the path of a folder",
            ":5: acme.orders[1]: 0 (expected: a whole number of orders from 1",
            ":5: acme.orders.pre: 5 (expected: 1 value(s), and per; did you mean per?)",
            ":6: acme.challenge: \"dns-01\" (expected: \"http-01\" or \"tls-alpn-01\")",
            ":7: acme.timeout: 0 (expected: a number of seconds",
            ":8: acme.ca: \"missing.pem\" (expected: a readable file of certificates",
            ":9: acme.alow: \"journal\" (expected: one of")) {
      assertTrue(all.contains(expected), expected + " is missing in\n" + all);
    }
    assertEquals(10, problems.size(), all);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "acme = true                                             | acme: true (expected: a table such as",
        "acme = { allow = 'journal' }                            | acme.directory: not set (expected: the https URL",
        "acme = { directory = 'letsencript', allow = 'journal' } | did you mean letsencrypt?",
        "acme = { directory = 'https://u@ca.test/', allow = 'journal' } | acme.directory",
        "acme = { directory = 'letsencrypt' }                    | without a rule anybody who points a name at this machine",
        "acme = { directory = 'letsencrypt', allow = true }      | acme.allow: true (expected: a function",
        "acme = { directory = 'letsencrypt', allow = 'journals' } | acme.allow: \"journals\" (expected: a function",
        "acme = { directory = 'letsencrypt', allow = math.max }  | acme.allow",
        "acme = { directory = 'letsencrypt', allow = 'ftp://127.0.0.1/' } | acme.allow",
        "acme = { directory = 'letsencrypt', allow = 'https://ask.example.com/' } | whoever answers at ask.example.com decides",
        "acme = { directory = 'letsencrypt', allow = 'journal', orders = 300 } | acme.orders: 300 (expected: a number and its seconds",
        "acme = { directory = 'letsencrypt', allow = 'journal', orders = { 300, 5 } } | acme.orders[2]: 5",
        "acne = { directory = 'letsencrypt', allow = 'journal' } | did you mean acme?",
      })
  void refusesWhatItCannotMean(String lua, String problem) throws Exception {
    List<String> problems =
        ConfigFile.in(directory, "certificates = 's'\n" + lua + REST).problems();
    assertEquals(1, problems.size(), problems::toString);
    assertTrue(problems.get(0).contains(problem), problems::toString);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "allow = 'http://10.0.0.1/ask'                      | acme.allow: is asked in clear",
        "allow = 'journal', orders = { 301, per = 10800 }   | acme.orders: more than Let's Encrypt gives",
        "allow = 'journal', store = 'no/s'                  | acme.store: there is no folder",
      })
  void warnsOfWhatMayBeAMistake(String acme, String warning) throws Exception {
    List<String> warnings =
        ConfigFile.in(directory, "acme = { directory = 'letsencrypt', " + acme + " }" + REST)
            .load()
            .warnings();
    assertTrue(warnings.stream().anyMatch(one -> one.contains(warning)), warnings::toString);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://127.0.0.1/a",
        "http://[::1]:5/a",
        "http://localhost/a",
        "https://a.test/a"
      })
  void aUrlThatOthersCannotAnswerNeedsNoWarning(String url) throws Exception {
    orders("directory = 'letsencrypt', allow = '" + url + "'");
  }

  @Test
  void theChallengeIsOneThatTheListenAddressesCanAnswer() throws Exception {
    String acme =
        """
        acme = { store = 's', directory = 'letsencrypt', allow = 'journal' }
        backends = { '10.0.0.1:80' }
        journal = 'hosts'
        """;
    Config tls =
        ConfigFile.in(directory, acme + "listen = { address = '127.0.0.1:0', tls = true }").load();
    assertEquals(ChallengeType.TLS_ALPN_01, present(tls.orders()).settings().firstChallenge());
    assertEquals(List.of(), tls.warnings());
    Config clear = ConfigFile.in(directory, acme + "listen = '127.0.0.1:0'").load();
    assertTrue(
        clear.warnings().get(0).contains("acme: no listen address has tls = true"),
        () -> clear.warnings().toString());
    Config wrong =
        ConfigFile.in(
                directory,
                acme.replace("allow", "challenge = 'http-01', allow")
                    + "listen = { address = '127.0.0.1:0', tls = true }")
            .load();
    assertTrue(
        wrong.warnings().get(0).contains("acme.challenge: all listen addresses have tls"),
        () -> wrong.warnings().toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{ address = '127.0.0.1:8443', tls = true }, '127.0.0.1:8080' || HTTP_01 | acme: no listen address has port 80 in clear or port 443 with tls",
        "{ address = '127.0.0.1:80', tls = true }, '127.0.0.1:443'    || HTTP_01 | acme: no listen address has port 80 in clear or port 443 with tls",
        "{ address = '127.0.0.1:8443', tls = true }, '127.0.0.1:80'   || HTTP_01 |",
        "{ address = '127.0.0.1:443', tls = true }, '127.0.0.1:8080'  || TLS_ALPN_01 |",
        "{ address = '127.0.0.1:443', tls = true }, '127.0.0.1:80'    || HTTP_01 |",
        "{ address = 'localhost:443', tls = true }                    || TLS_ALPN_01 |",
        "{ address = 'unix:/tmp/s', tls = true }                      || TLS_ALPN_01 |",
        "{ address = '127.0.0.1:8443', tls = true, proxy_protocol = { '10.0.0.0/8' } } || TLS_ALPN_01 |",
        "{ address = '127.0.0.1:443', tls = true }, '127.0.0.1:8080'  | http-01 | HTTP_01 | acme.challenge: no listen address in clear has port 80",
        "{ address = '127.0.0.1:8443', tls = true }, '127.0.0.1:80'   | tls-alpn-01 | TLS_ALPN_01 | acme.challenge: no listen address with tls has port 443",
      })
  void warnsIfNoCaCanConnect(
      String listen, @Nullable String challenge, ChallengeType first, @Nullable String warning)
      throws Exception {
    String lua =
        "acme = { store = 's', directory = 'letsencrypt', allow = 'journal'"
            + (challenge == null ? "" : ", challenge = '" + challenge + "'")
            + " }\nbackends = { '10.0.0.1:80' }\njournal = 'hosts'\nlisten = { "
            + listen
            + " }";
    Config config = ConfigFile.in(directory, lua).load();
    assertEquals(first, present(config.orders()).settings().firstChallenge());
    assertEquals(warning == null ? 0 : 1, config.warnings().size(), config.warnings()::toString);
    if (warning != null) {
      assertTrue(config.warnings().get(0).contains(warning), config.warnings()::toString);
    }
  }

  @Test
  void aJournalInMemoryIsAWarning() throws Exception {
    List<String> warnings =
        ConfigFile.in(
                directory,
                "acme = { store = 's', directory = 'letsencrypt', allow = 'journal' }"
                    + REST.replace("journal = 'hosts'", ""))
            .load()
            .warnings();
    assertTrue(warnings.get(0).contains("the journal is in memory only"), warnings::toString);
  }
}
