// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.rsp.net.MemoryBudget.Level;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

/** What the buffers of all loops may take, and how short memory is. */
final class MemoryBudgetTest {
  private static final long LIMIT_BYTES = 100_000_000;

  private final Logger logger = (Logger) LoggerFactory.getLogger(MemoryBudget.class);
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
  private final MemoryBudget budget = new MemoryBudget();

  @BeforeEach
  void start() {
    logged.start();
    logger.addAppender(logged);
    budget.limit(LIMIT_BYTES);
  }

  @AfterEach
  void stop() {
    logger.detachAppender(logged);
  }

  @ParameterizedTest
  @CsvSource({
    "0, ENOUGH",
    "50000000, ENOUGH",
    "50000001, TIGHT",
    "75000000, TIGHT",
    "75000001, SHORT",
    "90000000, SHORT",
    "90000001, EXHAUSTED",
    "200000000, EXHAUSTED"
  })
  void memoryGetsShortStepByStep(long bytes, Level level) {
    budget.change(bytes);
    assertEquals(level, budget.level());
  }

  @Test
  void theBuffersOfAllLoopsCount() {
    budget.change(40_000_000);
    budget.change(40_000_000);
    assertEquals(Level.SHORT, budget.level());
    budget.change(-40_000_000);
    assertEquals(Level.ENOUGH, budget.level());
    assertEquals(40_000_000, budget.usedBytes());
  }

  @Test
  void anotherLimitCountsAtOnce() {
    budget.change(40_000_000);
    budget.limit(50_000_000);
    assertEquals(Level.SHORT, budget.level());
  }

  @Test
  void theLimitIsNoMoreThanTheProcessMayHave() {
    budget.configure(1L << 40);
    assertEquals(MemoryBudget.most(), budget.limitBytes());
    budget.configure(0);
    assertEquals(MemoryBudget.most(), budget.limitBytes());
    assertTrue(MemoryBudget.most() < Runtime.getRuntime().maxMemory());
  }

  @Test
  void theLimitIsEnoughToServe() {
    budget.configure(1);
    assertEquals(16 << 20, budget.limitBytes());
    budget.configure(17 << 20);
    assertEquals(17 << 20, budget.limitBytes());
  }

  @Test
  void theLogSaysOnceWhenMemoryGetsShortAndOnceWhenItIsNoLonger() {
    budget.change(60_000_000);
    budget.change(20_000_000);
    budget.change(15_000_000);
    budget.countEnded();
    budget.change(-30_000_000);
    budget.change(15_000_000);
    assertEquals(
        List.of("memory short buffers_bytes=80000000 limit_bytes=100000000"),
        logged.list.stream().map(ILoggingEvent::getFormattedMessage).toList());
    logged.list.clear();
    budget.change(-40_000_000);
    budget.change(-40_000_000);
    assertEquals(
        List.of("memory no longer short buffers_bytes=40000000 limit_bytes=100000000 closed=1"),
        logged.list.stream().map(ILoggingEvent::getFormattedMessage).toList());
  }
}
