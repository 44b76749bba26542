// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a start takes from the index file, and what it does not. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class IndexedCertificatesTest extends CertificatesRig {
  @Test
  void startsFromTheIndexWithoutOpeningCertificates() throws IOException {
    Path index = folder.resolve("state/certs.index");
    Files.createDirectories(index.getParent());
    Path certs = Files.createDirectories(folder.resolve("certs"));
    CA.ecdsa("a.test", "*.a.test").writeTo(certs, "a");
    CA.rsa("b.test").writePem(certs.resolve("b"), "b");
    CertificateSettings settings = new CertificateSettings(List.of(certs), "b.test", index, 10);
    try (Certificates<Ready> first = new Certificates<>(library, off)) {
      first.use(first.read(settings));
    }

    Catalogue read = certificates.read(settings);
    assertTrue(read.isFromIndex());
    assertEquals(2, read.size());
    Named byDefault = read.names().find(null);
    assertNotNull(byDefault);
    assertEquals("b.test", byDefault.name());

    TestCa.Leaf renewed = CA.ecdsa("a.test", "c.test");
    renewed.writeTo(certs, "a");
    certificates.use(read);
    Eventually.holds(() -> named("c.test").name().equals("c.test"));
    assertTrue(hasSerial("a.test", renewed));
  }

  @Test
  void findsWhatChangedWhileItDidNotRun() throws IOException {
    Path index = folder.resolve("certs.index");
    Path certs = Files.createDirectories(folder.resolve("certs"));
    Path a = CA.ecdsa("a.test").writePem(certs, "a");
    CertificateSettings settings = new CertificateSettings(List.of(certs), null, index, 10);
    try (Certificates<Ready> first = new Certificates<>(library, off)) {
      first.use(first.read(settings));
    }
    Files.delete(a);
    TestCa.Leaf b = CA.ecdsa("b.test");
    b.writePem(certs, "b");

    certificates.use(certificates.read(settings));

    Eventually.holds(
        () -> certificates.find("b.test") != null && certificates.find("a.test") == null);
  }

  @Test
  void discardsAnIndexThatIsDamagedOrPoisoned() throws IOException {
    Path index = folder.resolve("certs.index");
    Path certs = Files.createDirectories(folder.resolve("certs"));
    CA.ecdsa("a.test").writePem(certs, "a");
    Path elsewhere = CA.ecdsa("secret.test").writePem(folder.resolve("elsewhere"), "s").getParent();
    Catalogue whole =
        CertificateScan.read(new CertificateSettings(List.of(certs, elsewhere), null, null, 10));
    IndexFile.write(index, whole.entries());
    byte[] bytes = Files.readAllBytes(index);
    assertEquals(2, indexed(index, folder).size());
    assertEquals(
        List.of("a.test"),
        indexed(index, certs).get(0).names(),
        "nothing outside of the configured folders");
    assertEquals(1, indexed(index, certs).size());
    for (int i = 0; i < bytes.length; i++) {
      byte[] damaged = bytes.clone();
      damaged[i] ^= 1;
      Files.write(index, damaged);
      assertNull(IndexFile.read(index), "octet " + i);
    }
    for (int length = 0; length < bytes.length; length++) {
      Files.write(index, Arrays.copyOf(bytes, length));
      assertNull(IndexFile.read(index), "length " + length);
    }
    assertNull(IndexFile.read(folder), "a folder");
    assertNull(IndexFile.read(folder.resolve("none")), "no file");
  }

  private static List<CertificateEntry> indexed(Path index, Path path) {
    IndexedCertificates read = IndexFile.read(index);
    assertNotNull(read);
    return read.entries(List.of(path));
  }

  /** Whether or not it also knows the state of the file. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void servesNoCertificateForANameThatOnlyAPoisonedIndexKnows(boolean knowsStamp)
      throws IOException {
    Path index = folder.resolve("certs.index");
    Path certs = Files.createDirectories(folder.resolve("certs"));
    CA.ecdsa("a.test").writePem(certs, "a");
    CertificateSettings settings = new CertificateSettings(List.of(certs), null, index, 10);
    rest(certs.resolve("a.pem"));
    CertificateEntry honest = CertificateScan.read(settings).entries().get(0);
    CertificateEntry lie =
        new CertificateEntry(
            honest.files(),
            knowsStamp ? honest.stamp() : 0,
            honest.notBeforeMillis(),
            honest.notAfterMillis(),
            honest.keyType(),
            List.of("a.test", "bank.test"),
            List.of());
    IndexFile.write(index, List.of(lie));

    Catalogue read = certificates.read(settings);
    Named named = read.names().find("bank.test");
    assertNotNull(named);
    certificates.use(read);
    AtomicReference<String> said = new AtomicReference<>();
    certificates.load(named, true, Runnable::run, (ready, why) -> said.set(String.valueOf(why)));

    Eventually.holds(() -> said.get() != null);
    assertEquals("it was replaced by one that does not cover the same names", said.get());
    Eventually.holds(() -> certificates.find("bank.test") == null);
  }
}
