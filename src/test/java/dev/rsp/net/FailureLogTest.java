// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.rsp.config.Place;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** A peer that has found a defect can cause a failure with each request. */
final class FailureLogTest {
  private final Logger logger = (Logger) LoggerFactory.getLogger(FailureLog.class);
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private final FailureLog log = new FailureLog();
  private final Throwable defect = new IllegalStateException("a defect");

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
  void reportsFailedConnectionsOfClientsOnceASecond() {
    for (int i = 0; i < 1000; i++) {
      log.clientFailed("127.0.0.1", defect);
    }
    assertLines("connection failed client=127.0.0.1 suppressed=0");
    assertNotNull(lines.list.get(0).getThrowableProxy(), "the stack trace");
  }

  @Test
  void reportsFailedConnectionsToBackendsOnceASecond() {
    for (int i = 0; i < 1000; i++) {
      log.backendFailed(Place.unix("/run/a.sock"), defect);
    }
    assertLines("connection failed backend=unix:/run/a.sock suppressed=0");
    assertNotNull(lines.list.get(0).getThrowableProxy(), "the stack trace");
  }

  @Test
  void reportsOtherFailuresOnceASecondForEachKind() {
    for (int i = 0; i < 1000; i++) {
      log.failed("a deadline failed", defect);
      log.failed("a task failed", defect);
    }
    assertLines("a deadline failed suppressed=0", "a task failed suppressed=0");
    assertNotNull(lines.list.get(0).getThrowableProxy(), "the stack trace");
  }

  private void assertLines(String... expected) {
    assertEquals(
        List.of(expected), lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList());
  }
}
