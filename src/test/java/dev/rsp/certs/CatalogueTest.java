// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is found in folders, and what is said of it. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class CatalogueTest {
  private static final TestCa CA = TestCa.create();

  /** Made once, because that takes long. */
  private static final KeyPair RSA = TestCa.rsaKeys();

  @TempDir private Path folder;

  // Layouts ---------------------------------------------------------------------------------------

  @Test
  void findsChainAndKeyInOneFile() {
    CA.ecdsa("a.test").writePem(folder, "any-name");

    assertEquals(Set.of("a.test"), names(read()));
  }

  @Test
  void takesNamesFromTheCertificateAndNotFromTheFile() {
    CA.ecdsa("B.Test", "*.c.test", "10.0.0.1", "xn--bcher-kva.test").writeTo(folder, "a.test");

    assertEquals(Set.of("b.test", "*.c.test", "xn--bcher-kva.test"), names(read()));
  }

  @Test
  void findsKeysBesideCertificatesUnderTheirNames() {
    CA.ecdsa("a.test").writeTo(folder, "a.test");
    TestCa.Leaf cert = CA.ecdsa("b.test");
    TestCa.write(folder.resolve("b.test.cert"), cert.chainPem());
    TestCa.write(folder.resolve("b.test.key"), cert.keyPem());
    TestCa.Leaf mkcert = CA.ecdsa("c.test");
    TestCa.write(folder.resolve("c.test.pem"), mkcert.chainPem());
    TestCa.write(folder.resolve("c.test-key.pem"), mkcert.keyPem());
    TestCa.Leaf pem = CA.ecdsa("d.test");
    TestCa.write(folder.resolve("d.test.pem"), pem.chainPem());
    TestCa.write(folder.resolve("d.test.key"), pem.keyPem());

    Catalogue read = read();

    assertEquals(Set.of("a.test", "b.test", "c.test", "d.test"), names(read));
    assertEquals(List.of(), problems(read));
  }

  @Test
  void findsTheFilesOfCertbotWithoutItsArchive() throws IOException {
    certbot("a.test", CA.ecdsa("a.test"), 1);
    certbot("b.test", rsa("b.test"), 7);
    Files.createDirectories(folder.resolve("renewal"));
    Files.writeString(folder.resolve("live/README"), "This directory contains your keys\n");

    for (Path path : List.of(folder, folder.resolve("live"), folder.resolve("live/a.test/.."))) {
      Catalogue read = read(path.normalize());
      assertEquals(Set.of("a.test", "b.test"), names(read), path.toString());
      assertEquals(List.of(), problems(read));
    }
    assertEquals(Set.of("a.test"), names(read(folder.resolve("live/a.test"))));
    assertEquals(Set.of("a.test"), names(read(folder.resolve("live/a.test/fullchain.pem"))));
  }

  @Test
  void findsTheFilesOfLegoAndAddsTheIssuerThatItKeepsApart() throws Exception {
    TestCa.Leaf leaf = CA.ecdsa("a.test");
    Path certificates = folder.resolve("certificates");
    TestCa.write(certificates.resolve("a.test.crt"), leaf.certificatePem());
    TestCa.write(certificates.resolve("a.test.key"), leaf.oldKeyPem());
    TestCa.write(certificates.resolve("a.test.issuer.crt"), leaf.intermediatePem());
    TestCa.write(certificates.resolve("a.test.json"), "{}");
    CA.ecdsa("_.b.test", "*.b.test").writeTo(certificates, "_.b.test");
    leaf.writePem(certificates, "a.test");
    Files.createDirectories(folder.resolve("accounts"));

    Catalogue read = read();

    assertEquals(Set.of("a.test", "_.b.test", "*.b.test"), names(read));
    assertEquals(List.of(), problems(read));
    assertEquals(leaf.chain(), credential(read, "a.test").chain());
  }

  @Test
  void findsTheFilesOfAcmeShAndOfKubernetes() throws IOException {
    TestCa.Leaf leaf = CA.ecdsa("a.test");
    Path own = folder.resolve("a.test_ecc");
    TestCa.write(own.resolve("fullchain.cer"), leaf.chainPem());
    TestCa.write(own.resolve("a.test.cer"), leaf.certificatePem());
    TestCa.write(own.resolve("ca.cer"), leaf.intermediatePem());
    TestCa.write(own.resolve("a.test.key"), leaf.keyPem());
    Path mounted = folder.resolve("mounted");
    CA.ecdsa("b.test").writeTo(mounted.resolve("..2026"), "tls");
    Files.createSymbolicLink(mounted.resolve("..data"), Path.of("..2026"));
    Files.createSymbolicLink(mounted.resolve("tls.crt"), Path.of("..data/tls.crt"));
    Files.createSymbolicLink(mounted.resolve("tls.key"), Path.of("..data/tls.key"));

    Catalogue read = read();

    assertEquals(Set.of("a.test", "b.test"), names(read));
    assertEquals(List.of(), problems(read));
  }

  @Test
  void readsSeveralFoldersAndFiles() {
    CA.ecdsa("a.test").writeTo(folder.resolve("one"), "a.test");
    CA.ecdsa("b.test").writeTo(folder.resolve("two/deeper"), "b.test");
    Path file = CA.ecdsa("c.test").writePem(folder.resolve("three"), "c.test");
    CA.ecdsa("d.test").writePem(folder.resolve("three"), "d.test");

    assertEquals(
        Set.of("a.test", "b.test", "c.test"),
        names(read(folder.resolve("one"), folder.resolve("two"), file)));
  }

  @Test
  void followsLinksButNotInCircles() throws IOException {
    CA.ecdsa("a.test").writeTo(folder.resolve("a"), "a.test");
    Files.createSymbolicLink(folder.resolve("a/again"), folder);
    Files.createSymbolicLink(folder.resolve("dangling.pem"), folder.resolve("nothing"));

    Catalogue read = read();

    assertEquals(Set.of("a.test"), names(read));
    assertEquals(
        List.of(folder.resolve("dangling.pem") + ": No such file or directory"), problems(read));
  }

  @Test
  void ignoresAuthoritiesAndFilesOfOtherKinds() throws IOException {
    TestCa.write(folder.resolve("ca.pem"), CA.rootPem());
    TestCa.write(folder.resolve("ca-bundle.crt"), CA.rootPem() + CA.rootPem());
    TestCa.write(folder.resolve("dhparam.pem"), TestCa.pem("DH PARAMETERS", new byte[10]));
    TestCa.write(folder.resolve("account.key"), CA.ecdsa("x.test").keyPem());
    TestCa.write(folder.resolve("other.pem"), CA.ecdsa("x.test").keyPem());
    Files.writeString(folder.resolve("README.md"), "-----BEGIN nothing");

    Catalogue read = read();

    assertEquals(0, read.size());
    assertEquals(List.of(), problems(read));
  }

  @Test
  void findsNothingInAnEmptyFolder() {
    assertEquals(0, read().size());
    assertEquals(List.of(), problems(read()));
    assertNull(read().names().find("a.test"));
    assertNull(read().names().find(null));
  }

  // Keys ------------------------------------------------------------------------------------------

  @Test
  void readsKeysInEachFormat() throws Exception {
    TestCa.Leaf ecdsa = CA.ecdsa("ec.test");
    TestCa.Leaf rsa = rsa("rsa.test");
    for (TestCa.Leaf leaf : List.of(ecdsa, rsa)) {
      for (String key : List.of(leaf.keyPem(), leaf.oldKeyPem(), crLf(leaf.keyPem()))) {
        TestCa.write(folder.resolve("x.pem"), "text before\n" + key + "text\n" + leaf.chainPem());

        Catalogue read = read();

        assertEquals(List.of(), problems(read), key);
        String name = leaf == rsa ? "rsa.test" : "ec.test";
        assertEquals(secret(leaf.key()), secret(credential(read, name).key()));
      }
    }
  }

  @Test
  void knowsAKeyByThePublicKeyInIt() {
    TestCa.Leaf leaf = CA.ecdsa("a.test");
    TestCa.Leaf other = CA.ecdsa("a.test");
    TestCa.write(folder.resolve("a.pem"), leaf.chainPem() + leaf.keyPemWithPublicKey());
    assertEquals(List.of(), problems(read()));

    TestCa.write(folder.resolve("a.pem"), leaf.chainPem() + other.keyPemWithPublicKey());
    assertEquals(
        List.of(folder.resolve("a.pem") + ": the private key is that of another certificate"),
        problems(read()));
  }

  @Test
  void refusesKeysThatItCannotUseAndSaysWhy() {
    TestCa.Leaf ecdsa = CA.ecdsa("a.test");
    TestCa.Leaf rsa = rsa("a.test");
    String encrypted = "the private key is encrypted (expected: one without a passphrase";
    assertRefused(
        ecdsa, CA.ecdsa("a.test").keyPem(), "the private key is that of another certificate");
    assertRefused(rsa, CA.rsa("a.test").keyPem(), "the private key is that of another certificate");
    assertRefused(
        ecdsa, rsa.keyPem(), "the private key is of type RSA, the certificate of type EC");
    assertRefused(
        rsa, ecdsa.oldKeyPem(), "the private key is of type EC, the certificate of type RSA");
    assertRefused(ecdsa, TestCa.pem("ENCRYPTED PRIVATE KEY", new byte[64]), encrypted);
    assertRefused(
        rsa,
        rsa.oldKeyPem()
            .replace(
                "KEY-----\nM", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nM"),
        encrypted);
    assertRefused(ecdsa, TestCa.pem("PRIVATE KEY", new byte[0]), "the private key is damaged");
    assertRefused(
        ecdsa, TestCa.pem("PRIVATE KEY", new byte[] {0x30, 5, 2}), "the private key is damaged");
    assertRefused(
        ecdsa,
        TestCa.pem(
            "PRIVATE KEY",
            Base64.getDecoder()
                .decode("MC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
        "an Ed25519 private key cannot be used (expected: ECDSA or RSA)");
    assertRefused(
        ecdsa, TestCa.pem("DSA PRIVATE KEY", new byte[9]), "a DSA PRIVATE KEY cannot be used");
    assertRefused(ecdsa, ecdsa.keyPem() + ecdsa.keyPem(), "more than one private key in one file");
    assertRefused(ecdsa, "", "no private key (expected: in the same file, or in a.key)");
  }

  private void assertRefused(TestCa.Leaf leaf, String key, String reason) {
    TestCa.write(folder.resolve("a.pem"), leaf.chainPem() + key);
    Catalogue read = read();
    assertEquals(0, read.size(), reason);
    assertEquals(1, read.brokenCount(), reason);
    String said = problems(read).get(0);
    assertTrue(said.startsWith(folder.resolve("a.pem") + ": " + reason), said);
  }

  @Test
  void survivesEachDamageOfAKey() {
    TestCa.Leaf leaf = rsa("a.test");
    byte[] key = leaf.key().getEncoded();
    for (int length = 0; length < 40; length++) {
      assertRefused(
          leaf, TestCa.pem("PRIVATE KEY", Arrays.copyOf(key, length)), "the private key is");
    }
    for (int i = 0; i < 30; i++) {
      byte[] damaged = key.clone();
      damaged[i] ^= (byte) 0xff;
      TestCa.write(folder.resolve("a.pem"), leaf.chainPem() + TestCa.pem("PRIVATE KEY", damaged));
      assertTrue(read().size() + read().brokenCount() == 1, "octet " + i);
    }
  }

  // Certificates ----------------------------------------------------------------------------------

  @Test
  void putsAChainInOrderAndLeavesOutWhatIsNotOfIt() throws Exception {
    TestCa.Leaf leaf = CA.ecdsa("a.test");
    TestCa.write(
        folder.resolve("a.pem"),
        leaf.keyPem() + leaf.intermediatePem() + CA.rootPem() + leaf.certificatePem());
    Catalogue read = read();
    assertEquals(
        List.of(leaf.certificate(), CA.intermediate(), CA.root()),
        credential(read, "a.test").chain());
    assertEquals(List.of("its chain is not in order; rsp sends it in order"), notes(read));

    TestCa.write(
        folder.resolve("a.pem"),
        leaf.keyPem() + leaf.certificatePem() + CA.ecdsa("b.test").certificatePem());
    read = read();
    assertEquals(List.of(leaf.certificate()), credential(read, "a.test").chain());
    assertEquals(
        List.of("1 certificate(s) in it are not of its chain, and are not sent"), notes(read));
  }

  @Test
  void reportsBrokenFilesAndServesTheOthers() throws IOException {
    TestCa.Leaf leaf = CA.ecdsa("a.test");
    leaf.writePem(folder, "good");
    String whole = leaf.chainPem() + leaf.keyPem();
    TestCa.write(folder.resolve("half.pem"), whole.substring(0, whole.length() / 2));
    TestCa.write(folder.resolve("base64.pem"), whole.replace("MI", "M*"));
    TestCa.write(
        folder.resolve("der.pem"), TestCa.pem("CERTIFICATE", new byte[20]) + leaf.keyPem());
    TestCa.write(folder.resolve("huge.pem"), whole + " ".repeat(CredentialReader.MAX_FILE_BYTES));
    TestCa.write(folder.resolve("long.pem"), leaf.keyPem() + leaf.intermediatePem().repeat(21));
    TestCa.write(folder.resolve("line.pem"), "-----BEGIN CERTIFICATE\nx");
    TestCa.write(folder.resolve("keyless.crt"), leaf.chainPem());
    TestCa.write(folder.resolve("empty.crt"), "");
    TestCa.write(folder.resolve("empty.key"), leaf.keyPem());
    TestCa.write(folder.resolve("nokey.crt"), leaf.chainPem());
    TestCa.write(folder.resolve("nokey.key"), "");
    Files.createDirectories(folder.resolve("folder.pem"));

    Catalogue read = read();

    assertEquals(Set.of("a.test"), names(read));
    assertEquals(
        List.of(
            "base64.pem: CERTIFICATE is not Base64",
            "der.pem: a certificate in it is damaged",
            "empty.crt: no certificate in it",
            "folder.pem: Is a directory",
            "half.pem: the end of CERTIFICATE is missing: is it being written?",
            "huge.pem: huge.pem is larger than 1048576 bytes",
            "keyless.crt: no private key (expected: in the same file, or in keyless.key)",
            "line.pem: a line that begins with -----BEGIN is not complete",
            "long.pem: more than 20 certificates in one file",
            "nokey.crt: no private key in nokey.key"),
        problems(read).stream().map(line -> line.replace(folder + "/", "")).sorted().toList());
  }

  @Test
  void isNotHeldUpByAFifo() throws Exception {
    CA.ecdsa("a.test").writePem(folder, "a.test");
    Path fifo = folder.resolve("fifo.pem");
    assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());

    Catalogue read = read();

    assertEquals(Set.of("a.test"), names(read));
    assertEquals(List.of(fifo + ": not a regular file"), problems(read));
  }

  @Test
  void reportsFoldersThatCannotBeReadOrAreGone() throws IOException {
    CA.ecdsa("a.test").writePem(folder.resolve("a"), "a.test");
    Path gone = folder.resolve("gone");
    assertEquals(List.of(gone + ": No such file or directory"), problems(read(folder, gone)));
    Path closed = Files.createDirectory(folder.resolve("closed"));
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("---------"));
    // root may read everything
    List<String> denied =
        Files.isReadable(closed) ? List.of() : List.of(closed + ": Permission denied");
    assertEquals(denied, problems(read()));
    assertEquals(Set.of("a.test"), names(read()));
  }

  @Test
  void saysWhatIsDoubtful() throws IOException {
    Path open = CA.ecdsa("a.test").writePem(folder, "a.test");
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));
    assertEquals(
        List.of("every user of this machine can read its private key (expected: chmod o-r)"),
        notes(read()));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r-----"));
    CA.ecdsa("a.test").writePem(folder, "a.test");
    assertEquals(List.of(), notes(read()));

    CA.ecdsa().writePem(folder, "a.test");
    assertEquals(
        List.of("no DNS name in its subjectAltName: it serves only as the default"), notes(read()));

    CA.ecdsa("a.test", "b*.test", "*", "a..test", "bücher.test", ".test", "c d.test")
        .writePem(folder, "a.test");
    assertEquals(
        List.of(
            "names that clients do not accept: b*.test, *, a..test, b?cher.test, .test, c?d.test"),
        notes(read()));
    assertEquals(Set.of("a.test"), names(read()));

    String[] many = new String[50];
    Arrays.fill(many, "c d.test");
    CA.ecdsa(many).writePem(folder, "a.test");
    String note = notes(read()).get(0);
    assertTrue(note.endsWith("c?d.test, c?d.test and 30 more"), note);
  }

  @Test
  void reportsWhenCertificatesExpire() {
    CA.expired("old.test").writePem(folder, "old");
    CA.leaf(TestCa.ecdsaKeys(), Duration.ofDays(10).plusMinutes(1), "soon.test")
        .writePem(folder, "soon");
    CA.ecdsa("late.test").writePem(folder, "late");
    Instant tomorrow = Instant.now().plus(Duration.ofDays(1));
    CA.leaf(TestCa.ecdsaKeys(), tomorrow, tomorrow.plus(Duration.ofDays(90)), "future.test")
        .writePem(folder, "future");

    Catalogue read = read();
    List<CertificateReport> reports = read.reports();

    assertEquals(
        List.of("old.test", "soon.test", "late.test", "future.test"),
        reports.stream().map(report -> report.names().get(0)).toList());
    assertTrue(String.valueOf(reports.get(0).problem()).startsWith("expired 2"));
    assertEquals(-1, reports.get(0).daysLeft());
    assertEquals(10, reports.get(1).daysLeft());
    assertNull(reports.get(2).problem());
    assertTrue(String.valueOf(reports.get(3).problem()).startsWith("not valid before 2"));
    assertEquals(1, read.expiredCount());
    assertEquals(reports.get(1).notAfter(), Instant.ofEpochMilli(read.nextExpiryMillis()));
  }

  // The choice ------------------------------------------------------------------------------------

  @Test
  void choosesTheExactNameThenTheWildcardThenTheDefault() {
    CA.ecdsa("a.test").writePem(folder, "exact");
    CA.ecdsa("*.test", "*.b.test").writePem(folder, "wildcard");
    CA.ecdsa("fallback.example").writePem(folder, "fallback");
    Catalogue read = readWithDefault("fallback.example");

    assertEquals("a.test", found(read, "a.test"));
    assertEquals("a.test", found(read, "A.TEST."));
    assertEquals("*.test", found(read, "b.test"));
    assertEquals("*.b.test", found(read, "x.b.test"));
    assertEquals("fallback.example", found(read, "x.y.b.test"));
    assertEquals("fallback.example", found(read, "x.a.test"));
    assertEquals("fallback.example", found(read, "test"));
    assertEquals("fallback.example", found(read, ".test"));
    assertEquals("fallback.example", found(read, "*.test"));
    assertEquals("fallback.example", found(read, "10.0.0.1"));
    assertEquals("fallback.example", found(read, ""));
    assertEquals("fallback.example", found(read, "."));
    assertEquals("fallback.example", found(read, null));
  }

  @Test
  void findsNothingForOtherNamesWithoutADefault() {
    CA.ecdsa("a.test").writePem(folder, "a");
    Catalogue read = read();

    assertNull(read.names().find("b.test"));
    assertNull(read.names().find(null));
    assertTrue(read.hasDefault());
  }

  @Test
  void takesTheDefaultByItsFile() {
    CA.ecdsa("a.test").writePem(folder, "a");
    CA.ecdsa("10.0.0.1").writePem(folder.resolve("sub"), "address");
    for (String name : List.of("sub/address.pem", folder + "/sub/address.pem")) {
      Catalogue read = readWithDefault(name);
      Named named = read.names().find("other.example");
      assertNotNull(named, name);
      assertEquals(folder.resolve("sub/address.pem"), entry(named, true).path());
    }
    Catalogue missing = readWithDefault("missing.pem");
    assertNull(missing.names().find(null));
    assertEquals(false, missing.hasDefault());
  }

  @Test
  void servesEcdsaAndRsaForOneName() {
    CA.ecdsa("a.test").writePem(folder, "ecdsa");
    rsa("a.test").writePem(folder, "rsa");
    Named named = read().names().find("a.test");
    assertNotNull(named);

    assertEquals("ECDSA P-256", entry(named, true).keyType());
    assertEquals("RSA 2048", entry(named, false).keyType());
  }

  @Test
  void servesTheOnlyTypeThereIsAndNoneToWhoDoesNotTakeIt() {
    rsa("rsa.test").writePem(folder, "rsa");
    CA.ecdsa("ecdsa.test").writePem(folder, "ecdsa");
    NameIndex names = read().names();

    assertEquals("RSA 2048", entry(names.find("rsa.test"), true).keyType());
    Named ecdsa = names.find("ecdsa.test");
    assertNotNull(ecdsa);
    assertNull(ecdsa.choose(false, System.currentTimeMillis()));
  }

  @Test
  void servesAnExpiredCertificateOnlyIfThereIsNoBetterOne() {
    CA.expired("a.test").writePem(folder, "a-old");
    CA.expired("b.test").writePem(folder, "b-old");
    CA.ecdsa("b.test").writePem(folder, "b-new");
    CA.expired("c.test").writePem(folder, "c-old");
    rsa("c.test").writePem(folder, "c-rsa");
    CA.expired("d.wild.test").writePem(folder, "d-old");
    CA.ecdsa("*.wild.test").writePem(folder, "wild");
    NameIndex names = read().names();

    assertEquals("a-old.pem", file(names.find("a.test")));
    assertEquals("b-new.pem", file(names.find("b.test")));
    assertEquals("c-rsa.pem", file(names.find("c.test")));
    assertEquals("wild.pem", file(names.find("d.wild.test")));
  }

  @Test
  void prefersTheCertificateThatIsValidLongerAndValidNow() {
    CA.leaf(TestCa.ecdsaKeys(), Duration.ofDays(30), "a.test").writePem(folder, "one");
    CA.leaf(TestCa.ecdsaKeys(), Duration.ofDays(60), "a.test").writePem(folder, "two");
    Instant tomorrow = Instant.now().plus(Duration.ofDays(1));
    CA.leaf(TestCa.ecdsaKeys(), tomorrow, tomorrow.plus(Duration.ofDays(90)), "a.test")
        .writePem(folder, "three");

    assertEquals("two.pem", file(read().names().find("a.test")));
  }

  // ----------------------------------------------------------------------------------------------

  private Catalogue read(Path... paths) {
    List<Path> all = paths.length == 0 ? List.of(folder) : List.of(paths);
    return CertificateScan.read(new CertificateSettings(all, null, null, 10));
  }

  private Catalogue readWithDefault(String name) {
    return CertificateScan.read(new CertificateSettings(List.of(folder), name, null, 10));
  }

  private void certbot(String name, TestCa.Leaf leaf, int version) throws IOException {
    Path live = Files.createDirectories(folder.resolve("live").resolve(name));
    Path archive = folder.resolve("archive").resolve(name);
    TestCa.write(archive.resolve("cert" + version + ".pem"), leaf.certificatePem());
    TestCa.write(archive.resolve("chain" + version + ".pem"), leaf.intermediatePem());
    TestCa.write(archive.resolve("fullchain" + version + ".pem"), leaf.chainPem());
    TestCa.write(archive.resolve("privkey" + version + ".pem"), leaf.keyPem());
    for (String file : List.of("cert", "chain", "fullchain", "privkey")) {
      Files.createSymbolicLink(
          live.resolve(file + ".pem"), Path.of("../../archive", name, file + version + ".pem"));
    }
  }

  private static TestCa.Leaf rsa(String... names) {
    return CA.leaf(RSA, Duration.ofDays(90), names);
  }

  private static String crLf(String text) {
    return text.replace("\n", "\r\n");
  }

  private static BigInteger secret(PrivateKey key) {
    return key instanceof ECPrivateKey ec ? ec.getS() : ((RSAPrivateKey) key).getPrivateExponent();
  }

  private static Set<String> names(Catalogue read) {
    return read.entries().stream()
        .flatMap(entry -> entry.names().stream())
        .collect(Collectors.toSet());
  }

  private static List<String> problems(Catalogue read) {
    return read.broken().stream().map(one -> one.path() + ": " + one.reason()).toList();
  }

  private static List<String> notes(Catalogue read) {
    return read.entries().stream().flatMap(entry -> entry.notes().stream()).toList();
  }

  private static CertificateEntry entry(@Nullable Named named, boolean ecdsa) {
    assertNotNull(named);
    CertificateEntry entry = named.choose(ecdsa, System.currentTimeMillis());
    assertNotNull(entry);
    return entry;
  }

  private static String file(@Nullable Named named) {
    return String.valueOf(entry(named, true).path().getFileName());
  }

  private static String found(Catalogue read, @Nullable String name) {
    Named named = read.names().find(name);
    return named == null ? "none" : named.name();
  }

  private static Credential credential(Catalogue read, String name) throws UnusableException {
    Credential credential = CredentialReader.read(entry(read.names().find(name), true).files());
    assertNotNull(credential);
    return credential;
  }
}
