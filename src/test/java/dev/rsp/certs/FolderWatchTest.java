// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the kernel tells of folders, and when it is known. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FolderWatchTest {
  @TempDir private Path folder;

  private final FolderWatch watch = new FolderWatch();

  @AfterEach
  void close() {
    watch.close();
  }

  @Test
  void knowsAllThatHasChangedBeforeItIsAsked() throws IOException {
    Path other = Files.createDirectory(folder.resolve("other"));
    List<Path> all = List.of(folder, other);
    watch.watch(all);
    for (int round = 0; round < 50; round++) {
      Set<String> written = new TreeSet<>();
      for (int i = 0; i < 100; i++) {
        String name = round + "-" + i + ".pem";
        Files.writeString(other.resolve(name), "x");
        written.add(name);
      }
      Map<Path, Set<String>> heard = watch.takeAll(all);
      assertNotNull(heard);
      assertEquals(Set.of(other), heard.keySet());
      Set<String> names = heard.getOrDefault(other, Set.of("none"));
      assertTrue(names.isEmpty() || written.equals(new TreeSet<>(names)), () -> "heard: " + names);
    }
    assertEquals(Map.of(), watch.takeAll(all), "each change once");
  }

  @Test
  void isNotCertainOfFoldersThatItDoesNotWatch() throws IOException {
    Path other = Files.createDirectory(folder.resolve("other"));
    assertNull(watch.takeAll(List.of()));
    assertNull(watch.takeAll(List.of(folder)));
    watch.watch(List.of(folder, other));
    assertEquals(Map.of(), watch.takeAll(List.of(folder, other)));
    Files.delete(other);
    Files.createDirectory(other);
    assertNull(watch.takeAll(List.of(other)), "it is another folder now");
    watch.close();
    assertNull(watch.takeAll(List.of(folder)));
  }

  @Test
  void endsAWaitWhenItIsWoken() throws InterruptedException {
    watch.wake();
    watch.await(TimeUnit.MINUTES.toMillis(10));
    Thread waker =
        new Thread(
            () -> {
              while (!Thread.interrupted()) {
                watch.wake();
                LockSupport.parkNanos(1_000);
              }
            });
    waker.start();
    try {
      for (int i = 0; i < 1_000; i++) {
        watch.await(TimeUnit.MINUTES.toMillis(10));
      }
    } finally {
      waker.interrupt();
      waker.join(TimeUnit.SECONDS.toMillis(30));
    }
    assertFalse(waker.isAlive());
    watch.await(1); // takes the last one
    assertFalse(Thread.currentThread().isInterrupted(), "nobody else was interrupted");
  }

  @Test
  void waitsNoLongerThanForTheFirstChange() throws Exception {
    watch.watch(List.of(folder));
    Files.writeString(folder.resolve("a.pem"), "x");
    watch.await(TimeUnit.MINUTES.toMillis(10));
    assertTrue(watch.hasHeard());
    watch.await(TimeUnit.MINUTES.toMillis(10));
    watch.settle(20);
    assertEquals(Map.of(folder, Set.of("a.pem")), watch.take());
  }
}
