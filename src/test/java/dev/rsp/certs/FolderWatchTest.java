// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
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
  void hearsAlsoWhileNobodyWaits() throws IOException {
    watch.watch(List.of(folder));
    Files.writeString(folder.resolve("a.pem"), "x");
    Eventually.holds(watch::hasHeard);
    assertEquals(Map.of(folder, Set.of("a.pem")), watch.take());
  }

  @Test
  void watchesTheFolderThatHasThePathNow() throws IOException {
    Path first = Files.createDirectory(folder.resolve("first"));
    Path site = Files.createDirectory(folder.resolve("site"));
    List<Path> all = List.of(first, site);
    assertEquals(Set.of(first, site), watch.watch(all));
    assertEquals(Set.of(), watch.watch(all));

    Files.move(site, folder.resolve("old"));
    Files.createDirectory(site);
    assertNull(watch.takeAll(all), "it watches the one that has moved");
    assertEquals(Set.of(site), watch.watch(all));
    Files.writeString(folder.resolve("old").resolve("a.pem"), "x");
    Files.writeString(site.resolve("b.pem"), "x");
    assertEquals(Map.of(site, Set.of("b.pem")), watch.takeAll(all));
  }

  @Test
  void watchesTheFolderThatASymbolicLinkLeadsToNow() throws IOException {
    Path v1 = Files.createDirectory(folder.resolve("v1"));
    Path v2 = Files.createDirectory(folder.resolve("v2"));
    Path current = Files.createSymbolicLink(folder.resolve("current"), v1);
    List<Path> all = List.of(v2, current);
    watch.watch(all);
    Files.delete(current);
    Files.createSymbolicLink(current, v2);
    assertNull(watch.takeAll(all));
    assertEquals(Set.of(current), watch.watch(all));
    Files.writeString(v2.resolve("a.pem"), "x");
    assertEquals(
        Map.of(v2, Set.of("a.pem"), current, Set.of("a.pem")),
        watch.takeAll(all),
        "by each of its paths");
    assertEquals(Set.of(), watch.watch(List.of(v2)));
    Files.writeString(v2.resolve("b.pem"), "x");
    assertEquals(
        Map.of(v2, Set.of("b.pem")), watch.takeAll(List.of(v2)), "by the one that is left");
  }

  @Test
  void tellsOfAFolderThatWasRemoved() throws IOException {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    watch.watch(List.of(empty));
    Files.delete(empty);
    Eventually.holds(watch::hasHeard);
    assertEquals(Map.of(empty, Set.of()), watch.take());
    assertFalse(watch.isComplete(List.of(empty)));
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
