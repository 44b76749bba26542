// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which certificates are read for handshakes, and how many stay in memory. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class PreparedCertificatesTest extends CertificatesRig {
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

  private String failure(String name) {
    AtomicReference<String> failed = new AtomicReference<>();
    certificates.load(
        named(name), true, Runnable::run, (ready, why) -> failed.set(String.valueOf(why)));
    Eventually.holds(() -> failed.get() != null);
    return String.valueOf(failed.get());
  }
}
