// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The index file: what is found in it, and that nothing in it can do harm. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class IndexFileTest {
  private static final Path FOLDER = Path.of("/certs");
  private static final long NOW = System.currentTimeMillis();

  @TempDir private Path folder;

  @Test
  void findsEachNameAndNoOther() throws IOException {
    List<CertificateEntry> written = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      written.add(entry("c" + i + ".crt", "ECDSA P-256", "n" + i + ".test", "*.n" + i + ".test"));
    }
    IndexedCertificates read = indexed(written);
    assertEquals(300, read.size());
    assertEquals(600, read.names());
    for (CertificateEntry entry : written) {
      for (String name : entry.names()) {
        CertificateEntry found = found(read, name);
        assertNotNull(found, name);
        assertEquals(entry.files(), found.files());
        assertEquals(entry.names(), found.names());
        assertEquals(entry.notAfterMillis(), found.notAfterMillis());
        assertEquals(entry.stamp(), found.stamp());
      }
    }
    for (String name : List.of("", "n", "n1", "n1.tes", "n1.testx", "n300.test", "*", "é", "zz")) {
      assertNull(read.named(name), name);
    }
  }

  @Test
  void givesTheSameCertificateToAllWhoAsk() throws IOException {
    CertificateEntry one = entry("a.crt", "ECDSA P-256", "a.test", "b.test");
    IndexedCertificates read = indexed(List.of(one));
    CertificateEntry found = found(read, "a.test");
    assertSame(found, found(read, "b.test"));
    assertSame(found, read.entries(List.of(FOLDER)).get(0));
    assertSame(found, read.inFilesNamed("a.crt").get(0));
    assertEquals(List.of(), read.inFilesNamed("b.crt"));
    assertEquals(List.of(), read.inFilesNamed("a.crt.long"));
  }

  @Test
  void offersAllCertificatesOfAName() throws IOException {
    IndexedCertificates read =
        indexed(List.of(entry("r.crt", "RSA", "a.test"), entry("e.crt", "ECDSA P-256", "a.test")));
    assertEquals(1, read.names());
    Named named = read.named("a.test");
    assertNotNull(named);
    CertificateEntry ecdsa = named.choose(true, NOW);
    CertificateEntry rsa = named.choose(false, NOW);
    assertNotNull(ecdsa);
    assertNotNull(rsa);
    assertEquals("ECDSA P-256", ecdsa.keyType());
    assertEquals("RSA", rsa.keyType());
  }

  @Test
  void keepsAllNamesOfACertificate() throws IOException {
    String[] names =
        IntStream.range(0, 70_000).mapToObj(i -> "n" + i + ".test").toArray(String[]::new);
    CertificateEntry one = entry("a.crt", "ECDSA P-256", names);
    IndexedCertificates read = indexed(List.of(one, entry("b.crt", "ECDSA P-256", "b.test")));
    CertificateEntry found = found(read, "n69999.test");
    assertNotNull(found);
    assertEquals(one.names(), found.names());
    assertEquals(one.notes(), found.notes());
  }

  @Test
  void doesNotVouchForFilesThatMayHaveChanged() throws IOException {
    CertificateEntry one = entry("a.crt", "ECDSA P-256", "a.test");
    assertEquals(one.stamp(), indexed(List.of(one)).entries(List.of(FOLDER)).get(0).stamp());
    one.doubt();
    assertEquals(0, indexed(List.of(one)).entries(List.of(FOLDER)).get(0).stamp());
  }

  @Test
  void findsTheDefaultByItsFile() throws IOException {
    IndexedCertificates read =
        indexed(
            List.of(
                entry("a.crt", "ECDSA P-256", "a.test"), entry("b.crt", "ECDSA P-256", "b.test")));
    CertificateSettings settings = new CertificateSettings(List.of(FOLDER), "b.crt", null, 10);
    Named byDefault = new Catalogue(settings, read).names().find(null);
    assertNotNull(byDefault);
    CertificateEntry chosen = byDefault.choose(true, NOW);
    assertNotNull(chosen);
    assertEquals(List.of("b.test"), chosen.names());
    CertificateSettings other = new CertificateSettings(List.of(FOLDER), "c.crt", null, 10);
    assertFalse(new Catalogue(other, read).hasDefault());
  }

  @Test
  void doesNothingUnexpectedWhateverIsInIt() throws IOException {
    Path file = folder.resolve("index");
    IndexFile.write(
        file,
        List.of(
            entry("a.crt", "ECDSA P-256", "a.test", "*.a.test"),
            entry("b.crt", "ECDSA P-256", "b.test")));
    byte[] honest = Files.readAllBytes(file);
    int usable = 0;
    for (int at = Long.BYTES; at < honest.length - Long.BYTES; at++) {
      for (int value : new int[] {0, 1, 0x2f, 0x7f, 0x80, 0xff}) {
        byte[] poisoned = honest.clone();
        poisoned[at] = (byte) value;
        var sum = new CRC32();
        sum.update(poisoned, 0, poisoned.length - Long.BYTES);
        ByteBuffer.wrap(poisoned).putLong(poisoned.length - Long.BYTES, sum.getValue());
        Files.write(file, poisoned);
        IndexedCertificates read = IndexFile.read(file);
        if (read != null) {
          usable++;
          use(read);
        }
      }
    }
    assertTrue(usable > honest.length, "the checksums are right");
  }

  private static void use(IndexedCertificates read) {
    for (String name : List.of("a.test", "*.a.test", "b.test", "c.test")) {
      read.named(name);
    }
    read.inFilesNamed("a.crt");
    for (CertificateEntry entry : read.entries(List.of(FOLDER))) {
      assertTrue(entry.path().startsWith(FOLDER), "outside of the folders: " + entry);
    }
  }

  private IndexedCertificates indexed(List<CertificateEntry> entries) throws IOException {
    Path file = folder.resolve("index");
    IndexFile.write(file, entries);
    IndexedCertificates read = IndexFile.read(file);
    assertNotNull(read);
    return read;
  }

  private static @Nullable CertificateEntry found(IndexedCertificates read, String name) {
    Named named = read.named(name);
    return named == null ? null : named.choose(true, NOW);
  }

  private static CertificateEntry entry(String file, String keyType, String... names) {
    String key = file.substring(0, 1) + ".key";
    return new CertificateEntry(
        new CertificateFiles(FOLDER, file, key, null),
        file.hashCode(),
        NOW - 1_000,
        NOW + 1_000_000,
        keyType,
        List.of(names),
        List.of());
  }
}
