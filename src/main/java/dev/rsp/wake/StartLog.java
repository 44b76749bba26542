// SPDX-License-Identifier: Apache-2.0
package dev.rsp.wake;

import dev.rsp.log.RateLimit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs starts. The rate of each kind of line is limited, because a client that requests many hosts
 * that do not exist causes lines for each. Any thread.
 */
final class StartLog {
  private static final Logger log = LoggerFactory.getLogger(StartLog.class);

  /** The default for the number of sites that may be starting at the same time. */
  static final int LINES_PER_SECOND = 64;

  private final RateLimit calling = new RateLimit(LINES_PER_SECOND);
  private final RateLimit notCalled = new RateLimit(1); // with a stack trace
  private final RateLimit accepted = new RateLimit(LINES_PER_SECOND);
  private final RateLimit started = new RateLimit(LINES_PER_SECOND);
  private final RateLimit failed = new RateLimit(LINES_PER_SECOND);

  /** The URL is about to be called. */
  synchronized void calling(Start start) {
    if (calling.allows()) {
      log.info(
          "initialise host={} url={} suppressed={}",
          start.host,
          start.by.urlForLog(start.host),
          calling.takeSuppressed());
    }
  }

  /** The URL could not be called because of an internal error. */
  synchronized void notCalled(Start start, Throwable cause) {
    if (notCalled.allows()) {
      log.error(
          "initialise failed host={} suppressed={}", start.host, notCalled.takeSuppressed(), cause);
    }
  }

  /** The URL has answered that the site is starting. */
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
