// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Certificates while they serve: changes of files, reloads, and what they leave behind. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class CertificatesTest extends CertificatesRig {
  // Changes without a reload ----------------------------------------------------------------------

  @Test
  void findsNewRenewedAndRemovedFilesWithoutAReload() throws IOException {
    CA.ecdsa("a.test").writePem(folder, "a");
    use();
    Ready old = load("a.test");

    Path b = CA.ecdsa("b.test").writePem(folder.resolve("deeper/sub"), "b");
    Eventually.holds(() -> certificates.find("b.test") != null);

    TestCa.Leaf renewed = CA.ecdsa("a.test");
    renewed.writePem(folder, "a");
    Eventually.holds(() -> hasSerial("a.test", renewed));

    Files.delete(b);
    Eventually.holds(() -> certificates.find("b.test") == null);
    assertEquals(1, old.users.get(), "only this test uses the old one");
    library.release(old);
  }

  @Test
  void findsWhatIsWrittenInPlaceInAWatchedFolder() throws IOException {
    Path file = CA.ecdsa("a.test").writePem(folder, "a");
    use();
    library.release(load("a.test"));
    TestCa.Leaf renewed = CA.ecdsa("a.test");
    Files.writeString(file, renewed.chainPem() + renewed.keyPem());
    Eventually.holds(() -> hasSerial("a.test", renewed));
  }

  @Test
  void findsWhatCertbotRenews() throws IOException {
    Path live = Files.createDirectories(folder.resolve("live/a.test"));
    for (int version = 1; version <= 2; version++) {
      TestCa.Leaf leaf = CA.ecdsa("a.test");
      TestCa.write(folder.resolve("archive/a.test/fullchain" + version + ".pem"), leaf.chainPem());
      TestCa.write(folder.resolve("archive/a.test/privkey" + version + ".pem"), leaf.keyPem());
      for (String name : List.of("privkey", "fullchain")) {
        Path link = live.resolve(name + ".pem");
        Files.deleteIfExists(link);
        Files.createSymbolicLink(link, Path.of("../../archive/a.test/" + name + version + ".pem"));
      }
      if (version == 1) {
        use();
        library.release(load("a.test"));
      } else {
        Eventually.holds(() -> hasSerial("a.test", leaf));
      }
    }
  }

  @Test
  void keepsTheLastGoodOneInServiceWhileItsFileIsBroken() throws IOException {
    TestCa.Leaf good = CA.ecdsa("a.test");
    Path file = good.writePem(folder, "a");
    CA.ecdsa("b.test").writePem(folder, "b");
    use();
    library.release(load("a.test"));

    Files.writeString(file, good.chainPem());
    Files.setLastModifiedTime(file, FileTime.fromMillis(System.currentTimeMillis() - 10_000));
    use();
    assertEquals(1, catalogue().brokenCount());
    assertTrue(hasSerial("a.test", good), "the last good one serves");
    CertificateReport report = catalogue().reports().get(0);
    assertTrue(report.served());
    assertEquals(List.of("the last good one is still served"), report.notes());
    assertEquals("no private key (expected: in the same file, or in a.key)", report.problem());
    use();
    assertTrue(hasSerial("a.test", good), "after another reload, too");

    TestCa.Leaf renewed = CA.ecdsa("a.test");
    TestCa.write(file, renewed.chainPem() + renewed.keyPem());
    use();
    assertEquals(0, catalogue().brokenCount());
    assertTrue(hasSerial("a.test", renewed));
  }

  @Test
  void waitsForAFileThatIsBeingWritten() throws IOException {
    TestCa.Leaf good = CA.ecdsa("a.test");
    Path file = good.writePem(folder, "a");
    use();
    TestCa.Leaf renewed = CA.ecdsa("a.test");
    String all = renewed.chainPem() + renewed.keyPem();
    Files.writeString(file, all.substring(0, all.length() / 2));
    use();
    assertNotNull(certificates.find("a.test"), "although it was never loaded");
    Files.writeString(file, all);
    Eventually.holds(() -> catalogue().brokenCount() == 0 && hasSerial("a.test", renewed));
  }

  /** Before the folders are looked at the next time, and for all that are written at once. */
  @Test
  void certificatesThatWereJustWrittenAreFoundAtOnce() throws Exception {
    CA.ecdsa("a.test").writePem(folder, "a");
    use();
    assertTrue(!certificates.covers("b0.test"));
    List<Thread> writers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      String name = "b" + i + ".test";
      Path own = Files.createDirectories(folder.resolve("live").resolve(name));
      Thread writer =
          new Thread(
              () -> {
                TestCa.Leaf leaf = CA.ecdsa(name);
                TestCa.write(own.resolve("privkey.pem"), leaf.keyPem());
                Path chain = TestCa.write(own.resolve("fullchain.pem"), leaf.chainPem());
                certificates.added(chain);
              });
      writers.add(writer);
      writer.start();
    }
    for (Thread writer : writers) {
      writer.join();
    }
    for (int i = 0; i < 8; i++) {
      assertTrue(certificates.covers("b" + i + ".test"), "b" + i);
    }
    assertEquals(9, catalogue().size());
    assertNotNull(certificates.find("a.test"));
  }

  @Test
  void aCertificateThatWasJustRenewedReplacesTheOneBefore() throws Exception {
    Path own = Files.createDirectories(folder.resolve("a.test"));
    for (int i = 0; i < 2; i++) {
      TestCa.Leaf leaf = CA.ecdsa("a.test");
      TestCa.write(own.resolve("privkey.pem"), leaf.keyPem());
      Path chain = TestCa.write(own.resolve("fullchain.pem"), leaf.chainPem());
      if (i == 0) {
        use();
      } else {
        certificates.added(chain);
      }
      assertTrue(hasSerial("a.test", leaf));
      assertEquals(1, catalogue().size());
    }
    Files.writeString(own.resolve("fullchain.pem"), "no certificate");
    certificates.added(own.resolve("fullchain.pem"));
    assertEquals(1, catalogue().brokenCount());
  }

  @Test
  void withoutACatalogueNothingIsAdded() {
    certificates.added(folder.resolve("x.pem"));
    assertNull(certificates.catalogue());
    assertTrue(!certificates.covers("a.test"));
  }

  // Reloads ---------------------------------------------------------------------------------------

  @Test
  void keepsUnchangedCertificatesReadyOverReloads() {
    CA.ecdsa("a.test").writePem(folder, "a");
    CA.ecdsa("b.test").writePem(folder, "b");
    use();
    Ready a = load("a.test");
    Ready b = load("b.test");
    CA.ecdsa("b.test").writePem(folder, "b");
    CA.ecdsa("c.test").writePem(folder, "c");
    use();

    Ready again = certificates.ready(named("a.test"), true);
    assertSame(a, again);
    Ready renewed = load("b.test");
    assertNotSame(b, renewed);
    Eventually.holds(() -> b.users.get() == 1);
    assertNotNull(certificates.find("c.test"));
    List.of(a, b, again, renewed).forEach(library::release);
  }

  @Test
  void findsAtAReloadWhatTheKernelHasNotTold() throws IOException {
    TestCa.Leaf old = CA.ecdsa("a.test");
    Path elsewhere = folder.resolve("elsewhere");
    Path certs = Files.createDirectories(folder.resolve("certs"));
    Path file = old.writePem(elsewhere, "a");
    Files.createSymbolicLink(certs.resolve("a.pem"), file);
    CertificateSettings settings = new CertificateSettings(List.of(certs), null, null, 10);
    certificates.use(certificates.read(settings));
    // A new one is found only by what the kernel tells, or by a later comparison of all.
    CA.ecdsa("b.test").writePem(certs, "b");
    Eventually.holds(() -> certificates.find("b.test") != null);
    assertTrue(hasSerial("a.test", old));

    TestCa.Leaf renewed = CA.ecdsa("a.test");
    renewed.writePem(elsewhere, "a");
    certificates.use(certificates.read(settings));
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(8);
    Eventually.holds(() -> hasSerial("a.test", renewed) || System.nanoTime() > end);
    assertTrue(hasSerial("a.test", renewed), "before all are compared anyway");
  }

  /** As a deployment does that exchanges folders: the kernel tells only of the folder around. */
  @Test
  void findsAtAReloadAFolderThatAnotherOneReplaced() throws IOException {
    Path certs = Files.createDirectories(folder.resolve("certs"));
    CA.ecdsa("a.test").writePem(certs.resolve("all/site"), "a");
    CertificateSettings settings = new CertificateSettings(List.of(certs), null, null, 10);
    useAndAwaitAPass(settings, certs);
    library.release(load("a.test"));
    for (int round = 0; round < 3; round++) {
      TestCa.Leaf renewed = CA.ecdsa("a.test");
      renewed.writePem(folder.resolve("new/site"), "a");
      Files.move(certs.resolve("all"), folder.resolve("old" + round));
      Files.move(folder.resolve("new"), certs.resolve("all"));
      certificates.use(certificates.read(settings));
      assertTrue(hasSerial("a.test", renewed), "in round " + round);
    }
    // The new one is watched.
    TestCa.Leaf last = CA.ecdsa("a.test");
    last.writePem(certs.resolve("all/site"), "a");
    Eventually.holds(() -> hasSerial("a.test", last));
  }

  @Test
  void findsAtAReloadWhereASymbolicLinkLeadsNow() throws IOException {
    Path other = Files.createDirectories(folder.resolve("other"));
    CA.ecdsa("other.test").writePem(other, "other");
    TestCa.Leaf[] leaves = {CA.ecdsa("a.test"), CA.ecdsa("a.test")};
    leaves[0].writePem(folder.resolve("v0"), "a");
    leaves[1].writePem(folder.resolve("v1"), "a");
    Path current = Files.createSymbolicLink(folder.resolve("current"), Path.of("v0"));
    CertificateSettings settings = new CertificateSettings(List.of(other, current), null, null, 10);
    useAndAwaitAPass(settings, other);
    library.release(load("a.test"));

    Path draft = Files.createSymbolicLink(folder.resolve("draft"), Path.of("v1"));
    Files.move(draft, current, StandardCopyOption.ATOMIC_MOVE);
    certificates.use(certificates.read(settings));
    assertTrue(hasSerial("a.test", leaves[1]));
  }

  /** Until all were compared: the kernel does not tell of what a link leads to. */
  private void useAndAwaitAPass(CertificateSettings settings, Path certs) throws IOException {
    Path outside = folder.resolve("outside");
    Path file = CA.ecdsa("before.test").writePem(outside, "linked");
    Files.createSymbolicLink(certs.resolve("linked.pem"), file);
    certificates.use(certificates.read(settings));
    CA.ecdsa("after.test").writePem(outside, "linked");
    Eventually.holds(() -> certificates.find("after.test") != null);
  }

  /** As while a deployment moves it, while its disk is not there, or without free descriptors. */
  @Test
  void servesWhatItHasWhileAFolderCannotBeRead() throws IOException {
    Path certs = Files.createDirectories(folder.resolve("certs"));
    CA.ecdsa("a.test").writePem(certs, "a");
    Path single = CA.ecdsa("warm.test").writePem(folder, "warm");
    Path cold = CA.ecdsa("cold.test").writePem(folder, "cold");
    CertificateSettings settings =
        new CertificateSettings(List.of(certs, single, cold), null, null, 10);
    certificates.use(certificates.read(settings));
    library.release(load("a.test"));
    library.release(load("warm.test"));
    Files.move(certs, folder.resolve("elsewhere"));
    Files.delete(single);
    Files.delete(cold);
    for (int i = 0; i < 2; i++) {
      certificates.use(certificates.read(settings));
      library.release(load("a.test"));
      library.release(load("warm.test"));
      assertNull(certificates.find("cold.test"), "it is not in memory");
      assertEquals(3, catalogue().brokenCount());
    }
    Files.move(folder.resolve("elsewhere"), certs);
    certificates.use(certificates.read(settings));
    assertEquals(2, catalogue().brokenCount());
    Files.delete(certs.resolve("a.pem"));
    certificates.use(certificates.read(settings));
    assertNull(certificates.find("a.test"), "the folder can be read, and has none");
  }

  /** File systems keep times of seconds, or of ticks of the kernel. */
  @Test
  void findsAFileThatWasWrittenTwiceAtTheSameTime() throws IOException {
    FileTime time = FileTime.fromMillis(System.currentTimeMillis());
    TestCa.Leaf old = CA.ecdsa("a.test");
    TestCa.Leaf renewed = CA.ecdsa("a.test");
    Path file = folder.resolve("a.pem");
    writeAt(file, old, time);
    use();
    assertTrue(hasSerial("a.test", old));
    writeAt(file, renewed, time);
    use();
    assertTrue(hasSerial("a.test", renewed));
    CertificateEntry entry = catalogue().entries().get(0);
    use();
    assertSame(entry, catalogue().entries().get(0), "it has not changed again");
  }

  /** Also a load sees it, which no comparison has found yet. */
  @Test
  void aLoadNoticesThatAFileWasWrittenTwiceAtTheSameTime() throws IOException {
    FileTime time = FileTime.fromMillis(System.currentTimeMillis());
    Path file = folder.resolve("a.pem");
    writeAt(file, CA.ecdsa("a.test"), time);
    use();
    Named before = named("a.test");
    writeAt(file, CA.ecdsa("b.test"), time);
    AtomicReference<String> said = new AtomicReference<>();
    certificates.load(before, true, Runnable::run, (ready, why) -> said.set(String.valueOf(why)));
    Eventually.holds(() -> said.get() != null);
    assertEquals("it was replaced by one that does not cover the same names", said.get());
    Eventually.holds(() -> certificates.find("a.test") == null);
  }

  private static void writeAt(Path file, TestCa.Leaf leaf, FileTime time) throws IOException {
    String text = leaf.chainPem() + leaf.keyPem();
    Files.writeString(file, text + " ".repeat(10_000 - text.length()));
    Files.setLastModifiedTime(file, time);
  }

  @Test
  void theNoteAboutAKeyGoesWithItsPermission() throws IOException {
    Path file = CA.ecdsa("a.test").writePem(folder, "a");
    rest(file);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    use();
    assertEquals(1, catalogue().reports().get(0).notes().size());
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    use();
    assertEquals(List.of(), catalogue().reports().get(0).notes());
  }

  @Test
  void findsAtAReloadAllThatWasRenewedBrokenOrRemovedBefore() throws IOException {
    for (int i = 0; i < 30; i++) {
      CA.ecdsa(i + ".test").writePem(folder, "c" + i);
    }
    use();
    TestCa.Leaf shared = CA.ecdsa("last.test");
    for (int round = 0; round < 5; round++) {
      String name = round + ".round.test";
      CA.ecdsa(name).writePem(folder, "c" + round);
      Files.writeString(folder.resolve("c" + (10 + round) + ".pem"), shared.chainPem());
      Files.delete(folder.resolve("c" + (20 + round) + ".pem"));
      use();
      assertNotNull(certificates.find(name), name);
      assertNull(certificates.find(round + ".test"));
      assertNull(certificates.find((20 + round) + ".test"));
      int broken = round + 1;
      assertEquals(broken, catalogue().brokenCount(), "in round " + round);
    }
    CA.ecdsa("10.test").writePem(folder, "c10");
    use();
    assertEquals(4, catalogue().brokenCount());
    assertNotNull(certificates.find("10.test"));
  }

  @Test
  void leavesNothingOfEarlierReloads() {
    for (int i = 0; i < 20; i++) {
      CA.ecdsa("a.test").writePem(folder, "a");
      use();
      library.release(load("a.test"));
    }
    Eventually.holds(
        () -> library.all.stream().filter(ready -> ready.users.get() > 0).count() == 1);
    certificates.useNone();
    assertNull(certificates.find("a.test"));
    Eventually.holds(() -> library.all.stream().allMatch(ready -> ready.users.get() == 0));
  }

  @Test
  void failsNoHandshakeWhileFilesAreReplacedAndReloaded() throws Exception {
    int names = 20;
    for (int i = 0; i < names; i++) {
      CA.ecdsa(i + ".test").writePem(folder, "c" + i);
    }
    use();
    AtomicReference<String> failed = new AtomicReference<>();
    AtomicInteger handshakes = new AtomicInteger();
    AtomicBoolean stop = new AtomicBoolean();
    Thread clients =
        new Thread(
            () -> {
              for (int i = 0; !stop.get() && failed.get() == null; i++) {
                String name = i % names + ".test";
                Named named = certificates.find(name);
                String why = named == null ? "no certificate for " + name : handshake(named);
                if (why != null) {
                  failed.set(name + ": " + why);
                }
                handshakes.incrementAndGet();
              }
            });
    clients.start();
    for (int round = 0; round < 10; round++) {
      for (int i = 0; i < names; i += 2) {
        CA.ecdsa(i + ".test").writePem(folder, "c" + i);
      }
      use();
    }
    int done = handshakes.get();
    Eventually.holds(() -> handshakes.get() > done + 2 * names || failed.get() != null);
    stop.set(true);
    clients.join();
    assertNull(failed.get());
  }

  private @Nullable String handshake(Named named) {
    Ready ready = certificates.ready(named, true);
    if (ready != null) {
      library.release(ready);
      return null;
    }
    SynchronousQueue<String> answer = new SynchronousQueue<>();
    ExecutorService loop = Executors.newSingleThreadExecutor();
    try {
      certificates.load(
          named,
          true,
          loop,
          (loaded, why) -> {
            if (loaded != null) {
              library.release(loaded);
            }
            try {
              answer.offer(why == null ? "" : why, 20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
      String why = answer.poll(20, TimeUnit.SECONDS);
      return why == null ? "no answer" : why.isEmpty() ? null : why;
    } catch (InterruptedException e) {
      return "interrupted";
    } finally {
      loop.shutdown();
    }
  }
}
