// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
final class StoreLockTest {
  @TempDir private Path folder;

  /** As the kernel sees it: what other processes can rely on. */
  private long locks(Path file) throws IOException {
    String inode = ":" + Files.getAttribute(file, "unix:ino") + " ";
    try (var lines = Files.lines(Path.of("/proc/locks"))) {
      return lines.filter(line -> line.contains(inode)).count();
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aSecondOneInTheSameProcessDoesNotTakeTheLockAwayFromTheFirst() throws IOException {
    Path file = folder.resolve("orders.lock");
    var first = new StoreLock(file);
    var second = new StoreLock(file);
    assertTrue(first.take());
    assertTrue(first.take(), "it has it already");
    assertEquals(1, locks(file));
    assertFalse(second.take());
    assertEquals(1, locks(file));
    second.close();
    assertEquals(1, locks(file));
    first.close();
    assertEquals(0, locks(file));
    assertTrue(second.take());
    assertEquals(1, locks(file));
    second.close();
    assertEquals(0, locks(file));
  }

  @Test
  void anotherNameOfTheSameFolderIsTheSameLock() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder);
    try (var first = new StoreLock(folder.resolve("orders.lock"));
        var second = new StoreLock(link.resolve("orders.lock"))) {
      assertTrue(first.take());
      assertFalse(second.take());
    }
  }

  @Test
  void aLockThatCannotBeOpenedCanBeTakenLater() throws IOException {
    Path file = Files.createDirectory(folder.resolve("orders.lock"));
    try (var lock = new StoreLock(file)) {
      assertThrows(IOException.class, lock::take);
      Files.delete(file);
      assertTrue(lock.take());
    }
  }
}
