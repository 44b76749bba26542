// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.certs.TestCa;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code backend_tls}, and {@code tls} of a backend. */
@Timeout(60)
final class BackendTlsKeysTest {
  private static final TestCa CA = TestCa.create();
  private static final TestCa.Leaf OWN = CA.rsa("rsp.example");

  @TempDir Path directory;

  @BeforeEach
  void writeFiles() throws Exception {
    Files.writeString(directory.resolve("ca.pem"), "# ours\n" + CA.rootPem());
    OWN.writeTo(directory, "own");
    OWN.writePem(directory, "both");
    CA.ecdsa("other.example").writeTo(directory, "other");
    Files.writeString(directory.resolve("old.key"), OWN.oldKeyPem());
    CA.ecdsa("third.example").writeTo(directory, "third");
    Files.writeString(directory.resolve("cut.key"), OWN.keyPem().substring(0, 200));
    Files.writeString(
        directory.resolve("secret.key"),
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
    Files.writeString(directory.resolve("empty.pem"), "nothing\n");
    Files.writeString(
        directory.resolve("broken.pem"),
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    CA.expired("old.example").writePem(directory, "expired");
  }

  private Config load(String... lines) throws ConfigException {
    return ConfigFile.in(directory, ConfigFile.LISTEN + "\n" + String.join("\n", lines)).load();
  }

  private List<Place> places(String... lines) throws ConfigException {
    return load(lines).slots().stream().map(Slot::place).map(Objects::requireNonNull).toList();
  }

  private static BackendTls tls(Place place) {
    return Objects.requireNonNull(place.tls());
  }

  private List<String> problems(String... lines) {
    ConfigException e = assertThrows(ConfigException.class, () -> load(lines));
    return e.problems().stream().map(line -> line.replace(directory + "/", "")).toList();
  }

  private static String backend(String tls) {
    return "backends = {{address = '10.0.0.9:443', protocol = 'https', tls = {" + tls + "}}}";
  }

  @Test
  void withoutKeysTheAuthoritiesOfTheSystemAreTrusted() throws Exception {
    BackendTls tls = tls(places("backends = {'https://app1:443'}").get(0));
    assertTrue(tls.verified());
    assertFalse(tls.authorities().isEmpty());
    assertNull(tls.name());
    assertNull(tls.key());
  }

  @ParameterizedTest
  @CsvSource({
    "https://app1.Example:443, app1.example",
    "https://app1.example.:443, app1.example",
    "https://10.0.0.9:443, 10.0.0.9",
    "https://[2001:db8::1]:443, 2001:db8::1",
  })
  void theNameIsTheHostOfTheAddress(String address, String name) throws Exception {
    assertEquals(name, places("backends = {'" + address + "'}").get(0).certificateName());
  }

  @Test
  void aBackendSaysOtherwiseKeyByKey() throws Exception {
    List<Place> places =
        places(
            "backend_tls = {ca = 'ca.pem', name = 'all.example', certificate = 'both.pem'}",
            "backends = {'https://10.0.0.8:443',",
            "  {address = '10.0.0.9:443', protocol = 'https', tls = {name = 'One.example'}},",
            "  {address = 'https://unix:/run/a.sock', tls = {certificate = 'other.crt', key = 'other.key'}}}");
    assertEquals("all.example", places.get(0).certificateName());
    assertEquals("one.example", places.get(1).certificateName());
    assertEquals("all.example", places.get(2).certificateName());
    assertEquals(List.of(CA.root()), tls(places.get(1)).authorities());
    assertEquals(OWN.chain(), tls(places.get(1)).chain());
    assertEquals(OWN.key(), tls(places.get(1)).key());
    assertNotEquals(OWN.chain(), tls(places.get(2)).chain());
  }

  @Test
  void placesAreTheSameOnlyIfAddressNameAndFilesAre() throws Exception {
    String[] lines = {
      "backend_tls = {ca = 'ca.pem'}",
      "backends = {'https://10.0.0.9:443',",
      "  {name = 'b', address = '10.0.0.9:443', protocol = 'https'},",
      "  {name = 'c', address = '10.0.0.9:443', protocol = 'https', tls = {name = 'c.example'}}}"
    };
    List<Place> first = places(lines);
    assertEquals(first.get(0), first.get(1));
    assertNotEquals(first.get(0), first.get(2));
    assertEquals(first, places(lines));
    Files.writeString(directory.resolve("ca.pem"), TestCa.create().rootPem());
    assertNotEquals(first.get(0), places(lines).get(0));
  }

  @Test
  void twoNamesBehindOneAddressAreTwoBackends() throws Exception {
    Config config =
        load(
            "backends = {'https://10.0.0.9:443',",
            "  {name = 'c', address = '10.0.0.9:443', protocol = 'https', tls = {name = 'c.example'}}}");
    assertEquals(List.of(), config.warnings());
  }

  @Test
  void verifyFalseIsAWarning() throws Exception {
    Config config = load(backend("verify = false"));
    assertEquals(1, config.warnings().size());
    String warning = config.warnings().get(0);
    assertTrue(
        warning.contains("backends.lua:2: backends[1].tls.verify: any certificate"), warning);
    assertFalse(tls(Objects.requireNonNull(config.slots().get(0).place())).verified());
  }

  @Test
  void anExpiredCertificateIsAWarning() throws Exception {
    Config config = load(backend("ca = 'ca.pem', certificate = 'expired.pem'"));
    assertEquals(1, config.warnings().size());
    assertTrue(config.warnings().get(0).contains("backends[1].tls.certificate"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ca = 'none.pem' | ca: \"none.pem\" (expected: certificates in PEM form: No such file or directory)",
        "ca = 'empty.pem' | ca: \"empty.pem\" (expected: certificates in PEM form: no BEGIN CERTIFICATE in it)",
        "ca = 7 | ca: 7 (expected: the path of a file in PEM form)",
        "name = 'a b' | name: \"a b\" (expected: a host name or an IP address, as in the backend's certificate)",
        "name = 'a.example.' | name: \"a.example.\" (expected: a host name or an IP address, as in the backend's certificate)",
        "verify = 1 | verify: 1 (expected: true or false)",
        "key = 'own.key' | key: \"own.key\" (expected: none: there is no certificate)",
        "certificate = 'own.crt' | certificate: \"own.crt\" (expected: a private key in PEM form: no BEGIN PRIVATE KEY in it)",
        "certificate = 'own.crt', key = 'other.key' | key: \"other.key\" (expected: a private key in PEM form: the private key is of type EC, the certificate of type RSA)",
        "certificate = 'other.crt', key = 'third.key' | key: \"third.key\" (expected: a private key in PEM form: the private key is that of another certificate)",
        "certificate = 'own.crt', key = 'cut.key' | key: \"cut.key\" (expected: a private key in PEM form: the end of PRIVATE KEY is missing: is it being written?)",
        "certificate = 'own.crt', key = 'secret.key' | key: \"secret.key\" (expected: a private key in PEM form: the private key is encrypted (expected: one without a passphrase, as of: openssl pkey -in KEY -out NEWKEY))",
        "sni = 'a' | sni: \"a\" (expected: one of ca, name, verify, certificate, key)",
      })
  void wrongValuesAreProblemsWithTheirLine(String tls, String problem) {
    String withCa = tls.startsWith("ca") ? tls : "ca = 'ca.pem', " + tls;
    assertEquals(List.of("backends.lua:2: backends[1].tls." + problem), problems(backend(withCa)));
  }

  @Test
  void aKeyMayHaveTheFormOfPkcs1() throws Exception {
    String text = backend("ca = 'ca.pem', certificate = 'own.crt', key = 'old.key'");
    assertEquals(OWN.key(), tls(places(text).get(0)).key());
  }

  @Test
  void aBrokenCertificateIsAProblem() {
    String problem = problems(backend("ca = 'broken.pem'")).get(0);
    assertTrue(
        problem.startsWith(
            "backends.lua:2: backends[1].tls.ca: \"broken.pem\" (expected: certificates in PEM form: "),
        problem);
  }

  @Test
  void allProblemsAreReportedAtOnce() {
    assertEquals(
        List.of(
            "backends.lua:2: backend_tls.ca: \"none.pem\" (expected: certificates in PEM form: No such file or directory)",
            "backends.lua:4: backends[2].tls: a table (expected: none, or protocol = \"https\" or \"h2\")"),
        problems(
            "backend_tls = {ca = 'none.pem'}",
            "backends = {'https://10.0.0.8:443',",
            "  {address = '10.0.0.9:80', tls = {verify = true}}}"));
  }

  @Test
  void aUnixSocketNeedsAName() throws Exception {
    assertEquals(
        List.of(
            "backends.lua:2: backends[1].tls.name: nil (expected: the name in the certificate: the"
                + " address of a Unix socket has none)"),
        problems("backends = {'https://unix:/run/a.sock'}"));
    assertEquals(
        "",
        places("backends = {{address = 'https://unix:/run/a.sock', tls = {verify = false}}}")
            .get(0)
            .certificateName());
  }

  @Test
  void theProtocolMustBeThatOfTheAddress() {
    assertEquals(
        List.of(
            "backends.lua:2: backends[1].address: \"https://10.0.0.9:443\" (expected: an address"
                + " without https://, because protocol is \"http\")"),
        problems("backends = {{address = 'https://10.0.0.9:443', protocol = 'http'}}"));
  }

  @Test
  void aScriptMayNameAddressesWithTlsIfTheFileSaysHow() throws Exception {
    BackendTls said =
        load("backend_tls = {ca = 'ca.pem'}", ConfigFile.BACKENDS).selection().scriptTls();
    assertEquals(List.of(CA.root()), Objects.requireNonNull(said).authorities());
    assertNotNull(
        load(ConfigFile.BACKENDS, "function select() return 'https://10.0.0.9:443' end")
            .selection()
            .scriptTls());
    assertNull(load(ConfigFile.BACKENDS, "function select() return 1 end").selection().scriptTls());
    assertNotNull(Place.ofLiteral("https://10.0.0.9:443", said));
    assertNull(Place.ofLiteral("https://10.0.0.9:443", null));
    assertNull(Place.ofLiteral("https://unix:/run/a.sock", said)); // whose certificate?
    assertNull(Place.ofLiteral("https://10.0.0.9:443/", said));
  }
}
