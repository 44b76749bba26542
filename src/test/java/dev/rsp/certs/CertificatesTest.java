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
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Certificates while they serve: loads, changes of files, reloads, and what they leave behind. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class CertificatesTest {
  private static final TestCa CA = TestCa.create();

  @TempDir private Path folder;

  private final Library library = new Library();
  private final ExecutorService off = Executors.newFixedThreadPool(2);
  private final Certificates<Ready> certificates = new Certificates<>(library, off);

  @AfterEach
  void endsWithNothingInMemory() throws InterruptedException {
    certificates.close();
    off.shutdown();
    assertTrue(off.awaitTermination(20, TimeUnit.SECONDS));
    for (Ready ready : library.all) {
      assertEquals(0, ready.users.get(), "users left of " + ready.credential.entry());
    }
  }

  /** A prepared certificate that counts its users. */
  private static final class Ready {
    private final Credential credential;
    private final AtomicInteger users = new AtomicInteger(1);

    Ready(Credential credential) {
      this.credential = credential;
    }

    String serial() {
      return credential.chain().get(0).getSerialNumber().toString();
    }
  }

  private static final class Library implements Preparation<Ready> {
    private final List<Ready> all = Collections.synchronizedList(new ArrayList<>());
    private volatile @Nullable CountDownLatch gate;
    private volatile boolean refuses;
    private volatile boolean hasNoMemory;

    @Override
    public Ready prepare(Credential credential) throws GeneralSecurityException {
      CountDownLatch closed = gate;
      try {
        if (closed != null && !closed.await(20, TimeUnit.SECONDS)) {
          throw new GeneralSecurityException("the gate stays closed");
        }
      } catch (InterruptedException e) {
        throw new GeneralSecurityException(e);
      }
      if (refuses) {
        throw new GeneralSecurityException("not this one");
      }
      if (hasNoMemory) {
        throw new OutOfMemoryError("none outside of the heap");
      }
      Ready ready = new Ready(credential);
      all.add(ready);
      return ready;
    }

    @Override
    public void retain(Ready ready) {
      assertTrue(ready.users.getAndIncrement() > 0, "retained after its end");
    }

    @Override
    public void release(@Nullable Ready ready) {
      assertNotNull(ready);
      assertTrue(ready.users.decrementAndGet() >= 0, "released too often");
    }
  }

  // Loads -----------------------------------------------------------------------------------------

  @Test
  void readsNoKeyBeforeTheFirstHandshake() {
    CA.ecdsa("a.test").writePem(folder, "a");
    use();

    Named named = named("a.test");
    assertNull(certificates.ready(named, true));
    assertEquals(0, library.all.size());

    Ready loaded = load("a.test");
    assertEquals(1, library.all.size());
    Ready ready = certificates.ready(named, true);
    assertSame(loaded, ready);
    library.release(loaded);
    library.release(ready);
  }

  /** The caller is a loop: it goes on although a certificate cannot be read for a long time. */
  @Test
  void aLoadThatTakesLongKeepsNeitherItsCallerNorOtherHandshakes() throws InterruptedException {
    CA.ecdsa("cold.test").writePem(folder, "cold");
    CA.ecdsa("warm.test").writePem(folder, "warm");
    use();
    Ready warm = load("warm.test");
    CountDownLatch gate = new CountDownLatch(1);
    library.gate = gate;
    BlockingQueue<Runnable> loop = new LinkedBlockingQueue<>();
    List<Ready> answers = new ArrayList<>();
    certificates.load(named("cold.test"), true, loop::add, (ready, reason) -> answers.add(ready));
    assertSame(warm, certificates.ready(named("warm.test"), true));
    assertNull(certificates.ready(named("cold.test"), true));
    gate.countDown();
    Runnable answer = loop.poll(20, TimeUnit.SECONDS);
    assertNotNull(answer);
    assertEquals(List.of(), answers); // only its loop answers
    answer.run();
    assertEquals(1, answers.size());
    library.release(answers.get(0));
    library.release(warm);
    library.release(warm);
  }

  @Test
  void loadsOnceForAllThatAskAtTheSameTime() throws InterruptedException {
    CA.ecdsa("a.test", "b.test").writePem(folder, "a");
    use();
    library.gate = new CountDownLatch(1);
    int askers = 50;
    CountDownLatch answers = new CountDownLatch(askers);
    for (int i = 0; i < askers; i++) {
      certificates.load(
          named(i % 2 == 0 ? "a.test" : "b.test"),
          true,
          Runnable::run,
          (ready, why) -> {
            library.release(ready);
            answers.countDown();
          });
    }
    library.gate.countDown();

    assertTrue(answers.await(20, TimeUnit.SECONDS));
    assertEquals(1, library.all.size());
    assertEquals(1, certificates.loadCount());
  }

  @Test
  void answersAlsoIfThereIsNoMemoryAndLoadsWhenThereIs() {
    CA.ecdsa("a.test").writePem(folder, "a");
    CA.ecdsa("b.test").writePem(folder, "b");
    use();
    library.hasNoMemory = true;
    String expected =
        "it could not be loaded: java.lang.OutOfMemoryError: none outside of the heap";
    assertEquals(expected, failure("a.test"));
    assertEquals(expected, failure("a.test"), "it does not wait for the first one");
    library.hasNoMemory = false;
    library.release(load("b.test"));
  }

  @Test
  void answersOnTheLoopThatAsked() throws InterruptedException {
    CA.ecdsa("a.test").writePem(folder, "a");
    use();
    ExecutorService loop = Executors.newSingleThreadExecutor(task -> new Thread(task, "loop"));
    CountDownLatch answered = new CountDownLatch(1);
    AtomicReference<String> thread = new AtomicReference<>();
    certificates.load(
        named("a.test"),
        true,
        loop,
        (ready, why) -> {
          thread.set(Thread.currentThread().getName());
          library.release(ready);
          answered.countDown();
        });
    assertTrue(answered.await(20, TimeUnit.SECONDS));
    assertEquals("loop", thread.get());
    loop.shutdown();
  }

  @Test
  void leavesNothingBehindIfTheLoopHasEnded() {
    CA.ecdsa("a.test").writePem(folder, "a");
    use();
    ExecutorService ended = Executors.newSingleThreadExecutor();
    ended.shutdown();
    certificates.load(named("a.test"), true, ended, (ready, why) -> library.release(ready));
    Eventually.holds(() -> certificates.loadCount() == 1);
  }

  @Test
  void remembersAFailureForSomeSecondsAndSaysWhy() throws IOException {
    Path file = CA.ecdsa("a.test").writePem(folder, "a");
    use();
    library.refuses = true;
    assertEquals("the TLS library refuses it: not this one", failure("a.test"));
    library.refuses = false;
    assertEquals("the TLS library refuses it: not this one", failure("a.test"));
    assertEquals(2, certificates.failureCount());
    assertTrue(Files.exists(file));
  }

  @Test
  void loadsTheRsaCertificateIfTheOtherOneCannotBeLoaded() throws IOException {
    Path ecdsa = CA.ecdsa("a.test").writePem(folder, "ecdsa");
    CA.rsa("a.test").writePem(folder, "rsa");
    use();
    Named named = named("a.test");
    Files.delete(ecdsa);

    Ready ready = load(named, true);

    assertEquals("RSA 2048", ready.credential.entry().keyType());
    library.release(ready);
  }

  @Test
  void saysThatTheClientTakesNoneOfThem() {
    CA.ecdsa("a.test").writePem(folder, "a");
    use();
    AtomicReference<String> said = new AtomicReference<>();
    certificates.load(named("a.test"), false, Runnable::run, (ready, why) -> said.set(why));
    assertEquals("the client takes only RSA certificates", said.get());
  }

  @Test
  void refusesAFileThatNowCoversOtherNames() {
    CA.ecdsa("a.test").writePem(folder, "a");
    use();
    Named before = named("a.test");
    CA.ecdsa("b.test").writePem(folder, "a");

    AtomicReference<String> said = new AtomicReference<>();
    certificates.load(before, true, Runnable::run, (ready, why) -> said.set(String.valueOf(why)));

    Eventually.holds(() -> said.get() != null);
    assertEquals("it was replaced by one that does not cover the same names", said.get());
    Eventually.holds(
        () -> certificates.find("b.test") != null && certificates.find("a.test") == null);
  }

  @Test
  void boundsHowManyAreReady() {
    for (int i = 0; i < 40; i++) {
      CA.ecdsa(i + ".test").writePem(folder, "c" + i);
    }
    certificates.use(certificates.read(settings(10, null)));
    for (int i = 0; i < 40; i++) {
      library.release(load(i + ".test"));
    }
    Eventually.holds(
        () -> library.all.stream().filter(ready -> ready.users.get() > 0).count() <= 10);
    assertEquals(40, certificates.loadCount());
  }

  @Test
  void keepsWhatIsAskedOftenWhenManyAreAskedOnce() {
    KeyPair keys = TestCa.ecdsaKeys();
    for (int i = 0; i < 200; i++) {
      CA.leaf(keys, Duration.ofDays(90), i + ".test").writePem(folder, "c" + i);
    }
    CA.ecdsa("often.test").writePem(folder, "often");
    certificates.use(certificates.read(settings(20, null)));
    Ready often = load("often.test");
    library.release(often);
    for (int i = 0; i < 40; i++) {
      for (int reads = 0; reads < 5; reads++) {
        Ready again = certificates.ready(named("often.test"), true);
        assertSame(often, again);
        library.release(again);
      }
      library.release(load(i + ".test"));
    }
    for (int i = 40; i < 200; i++) {
      library.release(load(i + ".test"));
    }
    Ready still = certificates.ready(named("often.test"), true);
    assertSame(often, still);
    library.release(still);
  }

  @Test
  void spendsNothingOnInventedNames() {
    CA.ecdsa("a.test").writePem(folder, "a");
    use();
    long before = usedHeap();
    for (int i = 0; i < 1_000_000; i++) {
      assertNull(certificates.find("invented-" + i + ".example"));
    }
    long after = usedHeap();
    assertEquals(0, certificates.readyCount());
    assertTrue(after - before < 16L << 20, "bytes: " + (after - before));
  }

  private static long usedHeap() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

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

  @Test
  void aLoadThatEndsAfterTheEndLeavesNothing() {
    CA.ecdsa("a.test").writePem(folder, "a");
    use();
    var gate = new CountDownLatch(1);
    library.gate = gate;
    var answered = new AtomicInteger();
    certificates.load(
        Objects.requireNonNull(certificates.find("a.test")),
        true,
        Runnable::run,
        (ready, reason) -> {
          library.release(ready);
          answered.incrementAndGet();
        });
    certificates.close();
    gate.countDown();
    Eventually.holds(() -> answered.get() == 1 && library.all.get(0).users.get() == 0);
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

  // The index file --------------------------------------------------------------------------------

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
    for (int length = 0; length < bytes.length; length += 7) {
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

  @Test
  void servesNoCertificateForANameThatOnlyAPoisonedIndexKnows() throws IOException {
    Path index = folder.resolve("certs.index");
    Path certs = Files.createDirectories(folder.resolve("certs"));
    CA.ecdsa("a.test").writePem(certs, "a");
    CertificateSettings settings = new CertificateSettings(List.of(certs), null, index, 10);
    CertificateEntry honest = CertificateScan.read(settings).entries().get(0);
    CertificateEntry lie =
        new CertificateEntry(
            honest.files(),
            0,
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

  // ----------------------------------------------------------------------------------------------

  private CertificateSettings settings(int prepared, @Nullable Path index) {
    return new CertificateSettings(List.of(folder), null, index, prepared);
  }

  private void use() {
    certificates.use(certificates.read(settings(100, null)));
  }

  private Catalogue catalogue() {
    Catalogue now = certificates.catalogue();
    assertNotNull(now);
    return now;
  }

  private Named named(String name) {
    Named named = certificates.find(name);
    assertNotNull(named, name);
    return named;
  }

  private boolean hasSerial(String name, TestCa.Leaf leaf) {
    Named named = certificates.find(name);
    if (named == null) {
      return false;
    }
    Ready ready = load(named, true);
    library.release(ready);
    return ready.serial().equals(leaf.certificate().getSerialNumber().toString());
  }

  private Ready load(String name) {
    return load(named(name), true);
  }

  private Ready load(Named named, boolean ecdsa) {
    Ready now = certificates.ready(named, ecdsa);
    if (now != null) {
      return now;
    }
    AtomicReference<Ready> loaded = new AtomicReference<>();
    AtomicReference<String> failed = new AtomicReference<>();
    certificates.load(
        named,
        ecdsa,
        Runnable::run,
        (ready, why) -> {
          loaded.set(ready);
          failed.set(why);
        });
    Eventually.holds(() -> loaded.get() != null || failed.get() != null);
    assertNull(failed.get());
    Ready ready = loaded.get();
    assertNotNull(ready);
    return ready;
  }

  private String failure(String name) {
    AtomicReference<String> failed = new AtomicReference<>();
    certificates.load(
        named(name), true, Runnable::run, (ready, why) -> failed.set(String.valueOf(why)));
    Eventually.holds(() -> failed.get() != null);
    return String.valueOf(failed.get());
  }
}
