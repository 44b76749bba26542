// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.Eventually;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class OrderLogTest {
  @TempDir private Path folder;

  @Test
  void aLineThatIsAddedWhileTheLogIsWrittenAnewIsNotLost() throws Exception {
    Path file = folder.resolve("orders.log");
    try (var log = new OrderLog(file)) {
      log.rewrite(() -> List.of("old"));
      var adding = new Thread(() -> append(log, "late"));
      log.rewrite(
          () -> {
            adding.start();
            Eventually.holds(() -> adding.getState() == Thread.State.BLOCKED || !adding.isAlive());
            return List.of("new");
          });
      adding.join(TimeUnit.SECONDS.toMillis(30));
      assertEquals(List.of(OrderLog.HEADER, "new", "late"), Files.readAllLines(file));
      assertEquals(2, log.lines());
    }
  }

  private static void append(OrderLog log, String line) {
    try {
      log.append(line);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
