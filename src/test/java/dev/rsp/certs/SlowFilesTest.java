// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Reloads and new certificates while files are read for long: handshakes never wait for them. */
@Timeout(60)
final class SlowFilesTest {
  private static final TestCa CA = TestCa.create();

  @TempDir private Path folder;

  private final HeldFiles files = new HeldFiles();
  private final ExecutorService off = Executors.newFixedThreadPool(2);
  private final Certificates<Credential> certificates = new Certificates<>(new Uncounted(), off);

  /** Certificates are ready for handshakes as they are. */
  private static final class Uncounted implements Preparation<Credential> {
    @Override
    public Credential prepare(Credential credential) {
      return credential;
    }

    @Override
    public void retain(Credential credential) {
      // Nothing is freed.
    }

    @Override
    public void release(Credential credential) {
      // Nothing is freed.
    }
  }

  @BeforeEach
  void serveTwo() {
    CA.ecdsa("a.test").writePem(folder, "a");
    CA.ecdsa("b.test").writePem(folder, "b");
    reload();
    assertNotNull(served("a.test"));
  }

  @AfterEach
  void end() throws InterruptedException {
    files.release();
    certificates.close();
    off.shutdown();
    assertTrue(off.awaitTermination(20, TimeUnit.SECONDS));
  }

  private void reload() {
    certificates.use(
        certificates.read(new CertificateSettings(List.of(files.path(folder)), null, null, 100)));
  }

  private Thread reloading() {
    var thread = new Thread(this::reload, "reload");
    thread.start();
    return thread;
  }

  private @Nullable Credential ready(String name) {
    Named named = certificates.find(name);
    return named == null ? null : certificates.ready(named, true);
  }

  /** The certificate of a handshake; null if there is none for the name. */
  private @Nullable Credential served(String name) {
    Named named = certificates.find(name);
    if (named == null) {
      return null;
    }
    Credential now = certificates.ready(named, true);
    if (now != null) {
      return now;
    }
    var loaded = new CompletableFuture<@Nullable Credential>();
    certificates.load(named, true, Runnable::run, (credential, why) -> loaded.complete(credential));
    return loaded.orTimeout(20, TimeUnit.SECONDS).join();
  }

  private boolean serves(String name, TestCa.Leaf leaf) {
    Credential now = served(name);
    return now != null && now.chain().get(0).equals(leaf.certificate());
  }

  /** Renews a certificate, of which the thread that hears of changes cannot read the file. */
  private TestCa.Leaf renewSlowly() {
    files.hold("b.pem");
    TestCa.Leaf renewed = CA.ecdsa("b.test");
    renewed.writePem(folder, "b");
    Eventually.holds(() -> files.waiting() == 1);
    return renewed;
  }

  @Test
  void aReloadWaitsForAComparisonThatIsUnderWayAndHandshakesDoNot() throws InterruptedException {
    TestCa.Leaf renewed = renewSlowly();
    CA.ecdsa("c.test").writePem(folder, "c");
    Thread reload = reloading();
    Eventually.holds(() -> reload.getState() == Thread.State.BLOCKED);
    assertNotNull(ready("a.test"));
    assertNotNull(certificates.find("b.test"), "the one before stays");
    assertNull(certificates.find("c.test"));
    files.release();
    reload.join();
    assertTrue(serves("b.test", renewed));
    assertNotNull(served("c.test"));
  }

  @Test
  void whatIsInUseServesWhileAReloadReadsNewFiles() throws InterruptedException {
    files.hold("c.pem");
    CA.ecdsa("c.test").writePem(folder, "c");
    Thread reload = reloading();
    Eventually.holds(() -> files.waiting() > 0);
    assertNotNull(ready("a.test"));
    assertNull(ready("b.test"));
    assertNotNull(served("b.test"), "which is read now");
    assertNull(certificates.find("c.test"));
    assertTrue(reload.isAlive());
    files.release();
    reload.join();
    assertNotNull(served("c.test"));
  }

  @Test
  void aCertificateThatWasJustWrittenDoesNotWaitForAComparison() {
    TestCa.Leaf renewed = renewSlowly();
    CA.ecdsa("d.test").writePem(folder, "d");
    certificates.added(files.path(folder.resolve("d.pem")));
    assertNotNull(served("d.test"));
    assertEquals(1, files.waiting());
    files.release();
    Eventually.holds(() -> serves("b.test", renewed));
    assertTrue(certificates.covers("d.test"));
  }
}
