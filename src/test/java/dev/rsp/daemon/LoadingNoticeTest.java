// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the log says while a file is loaded. */
@Timeout(60)
final class LoadingNoticeTest {
  private static final Path FILE = Path.of("backends.lua");

  private final Logger logger = (Logger) org.slf4j.LoggerFactory.getLogger(LoadingNotice.class);
  private final BlockingQueue<String> logged = new LinkedBlockingQueue<>();
  private final AppenderBase<ILoggingEvent> appender =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          logged.add(event.getFormattedMessage());
        }
      };

  @BeforeEach
  void listen() {
    appender.start();
    logger.addAppender(appender);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(appender);
  }

  @Test
  void aFileThatTakesLongIsSaidToBeStillLoadingAgainAndAgain() throws InterruptedException {
    LoadingNotice notice = LoadingNotice.of(FILE, 600);
    try {
      assertEquals("still loading file=backends.lua after 0 s", logged.poll(30, TimeUnit.SECONDS));
      String second = String.valueOf(logged.poll(30, TimeUnit.SECONDS));
      assertTrue(second.matches("still loading file=backends.lua after [1-9][0-9]* s"), second);
    } finally {
      notice.close();
    }
  }

  @Test
  void nothingIsSaidOfAFileThatIsLoadedInTimeAndNothingAfterIt() throws InterruptedException {
    LoadingNotice.of(FILE, 50_000).close();
    LoadingNotice slow = LoadingNotice.of(FILE, 20);
    assertEquals("still loading file=backends.lua after 0 s", logged.poll(30, TimeUnit.SECONDS));
    slow.close();
    logged.clear();
    // One line may have been on its way; a thread that goes on writes many.
    int late = 0;
    while (logged.poll(300, TimeUnit.MILLISECONDS) != null) {
      late++;
      assertTrue(late <= 1, "it goes on");
    }
  }
}
