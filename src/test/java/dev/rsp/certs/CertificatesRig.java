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
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** Certificates of a folder of their own, which are counted until all are released. */
abstract class CertificatesRig {
  static final TestCa CA = TestCa.create();

  @TempDir Path folder;

  final Library library = new Library();
  final ExecutorService off = Executors.newFixedThreadPool(2);
  final Certificates<Ready> certificates = new Certificates<>(library, off);

  @AfterEach
  final void endsWithNothingInMemory() throws InterruptedException {
    certificates.close();
    off.shutdown();
    assertTrue(off.awaitTermination(20, TimeUnit.SECONDS));
    for (Ready ready : library.all) {
      assertEquals(0, ready.users.get(), "users left of " + ready.credential.entry());
    }
  }

  /** A prepared certificate that counts its users. */
  static final class Ready {
    final Credential credential;
    final AtomicInteger users = new AtomicInteger(1);

    Ready(Credential credential) {
      this.credential = credential;
    }

    String serial() {
      return credential.chain().get(0).getSerialNumber().toString();
    }
  }

  static final class Library implements Preparation<Ready> {
    final List<Ready> all = Collections.synchronizedList(new ArrayList<>());
    volatile @Nullable CountDownLatch gate;
    volatile boolean refuses;
    volatile boolean hasNoMemory;

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

  /** The file was changed a minute ago. */
  static void rest(Path file) throws IOException {
    Files.setLastModifiedTime(file, FileTime.fromMillis(System.currentTimeMillis() - 60_000));
  }

  final CertificateSettings settings(int prepared, @Nullable Path index) {
    return new CertificateSettings(List.of(folder), null, index, prepared);
  }

  final void use() {
    certificates.use(certificates.read(settings(100, null)));
  }

  final Catalogue catalogue() {
    Catalogue now = certificates.catalogue();
    assertNotNull(now);
    return now;
  }

  final Named named(String name) {
    Named named = certificates.find(name);
    assertNotNull(named, name);
    return named;
  }

  final boolean hasSerial(String name, TestCa.Leaf leaf) {
    Named named = certificates.find(name);
    if (named == null) {
      return false;
    }
    Ready ready = load(named, true);
    library.release(ready);
    return ready.serial().equals(leaf.certificate().getSerialNumber().toString());
  }

  final Ready load(String name) {
    return load(named(name), true);
  }

  final Ready load(Named named, boolean ecdsa) {
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
}
