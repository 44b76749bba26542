// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.rsp.config.Place;
import dev.rsp.exchange.BackendLog;
import dev.rsp.exchange.ConnectFailure;
import dev.rsp.exchange.Loads;
import dev.rsp.exchange.Service;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Every request that finds no backend has something to say, and the log is not to be filled. */
final class BackendLogTest {
  private final Logger logger = (Logger) LoggerFactory.getLogger(BackendLog.class);
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private final BackendLog log = new BackendLog();
  private final Place place = Place.unix("/run/a.sock");

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
  void tellsOnceASecondThatThereIsNoSocket() {
    for (int i = 0; i < 1000; i++) {
      log.noSocket(place, "Too many open files");
    }
    assertLines("no socket for backend=unix:/run/a.sock suppressed=0: Too many open files");
  }

  @Test
  void tellsOnceASecondThatABackendIsNotReached() {
    for (int i = 0; i < 1000; i++) {
      log.unreachable(place, ConnectFailure.EXHAUSTED);
    }
    assertLines("backend not reached backend=unix:/run/a.sock reason=exhausted suppressed=0");
  }

  @Test
  void tellsOnceASecondWhichSlotHasItsShareOfRequests() throws Exception {
    String lua = "backends = {{name = 'live1', address = '127.0.0.1:1'}, '127.0.0.1:2'}";
    Loads loads = new Loads();
    Service service = Service.of(EmbeddedRig.config(lua), loads);
    Place live1 = Objects.requireNonNull(Place.ofLiteral("127.0.0.1:1"));
    loads.share(live1).begin();
    loads.share(place).begin();
    for (int i = 0; i < 1000; i++) {
      log.overShare(service, live1);
    }
    assertLines(
        "slot over its share slot=live1 backend=127.0.0.1:1 in_flight=1 total=2 suppressed=0");
  }

  @Test
  void oneKindOfLineDoesNotKeepTheOtherBack() {
    log.noSocket(place, "Too many open files");
    log.unreachable(place, ConnectFailure.EXHAUSTED);
    assertLines(
        "no socket for backend=unix:/run/a.sock suppressed=0: Too many open files",
        "backend not reached backend=unix:/run/a.sock reason=exhausted suppressed=0");
  }

  private void assertLines(String... expected) {
    assertEquals(
        List.of(expected), lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList());
  }
}
