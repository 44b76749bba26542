// SPDX-License-Identifier: Apache-2.0
package dev.rsp.wake;

import dev.rsp.log.RateLimit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log lines of starts. A client that asks for many hosts that do not exist causes some for each
 * of them, so the lines of a kind are limited. Any thread.
 */
final class StartLog {
  private static final Logger log = LoggerFactory.getLogger(StartLog.class);

  /** As many sites as may be starting at a time by default. */
  static final int LINES_PER_SECOND = 64;

  private final RateLimit calling = new RateLimit(LINES_PER_SECOND);
  private final RateLimit notCalled = new RateLimit(1); // with a stack trace
  private final RateLimit accepted = new RateLimit(LINES_PER_SECOND);
  private final RateLimit started = new RateLimit(LINES_PER_SECOND);
  private final RateLimit failed = new RateLimit(LINES_PER_SECOND);

  /** The URL is going to be called. */
  synchronized void calling(Start start) {
    if (calling.allows()) {
      log.info(
          "initialise host={} url={} suppressed={}",
          start.host,
          start.by.shownUrl(start.host),
          calling.takeSuppressed());
    }
  }

  /** The URL could not be called by a fault of rsp's own. */
  synchronized void notCalled(Start start, Throwable cause) {
    if (notCalled.allows()) {
      log.error(
          "initialise failed host={} suppressed={}", start.host, notCalled.takeSuppressed(), cause);
    }
  }

  /** The URL has answered that the site is on its way. */
  synchronized void accepted(Start start, long afterMillis) {
    if (accepted.allows()) {
      log.info(
          "initialise accepted host={} after={}ms suppressed={}",
          start.host,
          afterMillis,
          accepted.takeSuppressed());
    }
  }

  /** The site accepts connections. */
  synchronized void started(Start start, long afterMillis, int waiting) {
    if (started.allows()) {
      log.info(
          "started host={} after={}ms waiting={} suppressed={}",
          start.host,
          afterMillis,
          waiting,
          started.takeSuppressed());
    }
  }

  /** The site was not started. */
  synchronized void failed(Start start, long afterMillis, int waiting, String why) {
    if (failed.allows()) {
      log.warn(
          "not started host={} after={}ms waiting={} suppressed={}: {}",
          start.host,
          afterMillis,
          waiting,
          failed.takeSuppressed(),
          why);
    }
  }
}
