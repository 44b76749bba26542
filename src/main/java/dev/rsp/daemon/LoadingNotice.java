// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log every few seconds that a configuration is still being loaded, until it is closed.
 * A file of a million lines, or name servers that do not answer, take that long.
 */
final class LoadingNotice {
  private static final Logger log = LoggerFactory.getLogger(LoadingNotice.class);

  /** So that nobody takes it for dead, and a file of the usual size gives no line. */
  private static final long EVERY_MILLIS = 5000;

  private final CountDownLatch closed = new CountDownLatch(1);

  private LoadingNotice() {}

  /** Begins, on a thread of its own. */
  static LoadingNotice of(Path file) {
    return of(file, EVERY_MILLIS);
  }

  /** The same, for tests. */
  static LoadingNotice of(Path file, long everyMillis) {
    var notice = new LoadingNotice();
    var thread = new Thread(() -> notice.run(file, everyMillis), "loading");
    thread.setDaemon(true);
    thread.start();
    return notice;
  }

  private void run(Path file, long everyMillis) {
    long began = System.nanoTime();
    try {
      while (!closed.await(everyMillis, TimeUnit.MILLISECONDS)) {
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began);
        log.info("still loading file={} after {} s", file, seconds);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // never happens
    }
  }

  /** It is loaded, or refused. */
  void close() {
    closed.countDown();
  }
}
