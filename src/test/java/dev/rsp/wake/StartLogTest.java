// SPDX-License-Identifier: Apache-2.0
package dev.rsp.wake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.rsp.config.Initialise;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** A client may request any number of hosts that do not exist. */
@Timeout(60)
final class StartLogTest {
  private static final int HOSTS = 10_000;

  private static final Initialise BY =
      new Initialise("http://127.0.0.1:1/{host}", null, "POST", 10_000, 50, 5_000, 2, 3, 64, 0);

  private final Logger logger = (Logger) LoggerFactory.getLogger("dev.rsp.wake");
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

  @BeforeEach
  void listen() {
    lines.start();
    logger.addAppender(lines);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(lines);
  }

  @Test
  void theLinesOfHostsThatAreRefusedAreLimited() {
    Caller refusing =
        new Caller() {
          @Override
          public void call(String host, Initialise by, Result result) {
            result.calling();
            result.refused(404);
          }

          @Override
          public void close() {}
        };
    long began = System.nanoTime();
    try (var starter = new Starter(refusing, System::nanoTime)) {
      for (int i = 0; i < HOSTS; i++) {
        assertNotNull(starter.join("host" + i, BY, System.nanoTime()));
      }
    }
    long seconds = (System.nanoTime() - began) / 1_000_000_000 + 1;
    assertLines("initialise host=", seconds);
    assertLines("not started host=", seconds);
  }

  private void assertLines(String start, long seconds) {
    List<String> found =
        lines.list.stream()
            .map(ILoggingEvent::getFormattedMessage)
            .filter(line -> line.startsWith(start))
            .toList();
    assertTrue(found.size() <= seconds * StartLog.LINES_PER_SECOND, () -> "" + found.size());
    assertTrue(found.get(0).contains(" suppressed=0"), found.get(0));
    assertEquals(1, found.stream().filter(line -> line.startsWith(start + "host0 ")).count());
  }
}
