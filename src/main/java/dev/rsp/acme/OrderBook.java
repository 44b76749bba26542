// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import dev.rsp.log.IoReason;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What of the orders of a store survives a restart: the log of orders, of which this process is the
 * only writer while it holds the lock of the store. All methods block. Thread-safe.
 */
final class OrderBook implements Closeable {
  private static final Logger log = LoggerFactory.getLogger(OrderBook.class);

  /** The log is written again when it has this many lines that no longer matter. */
  private static final int MAX_OLD_LINES = 10_000;

  private final CertificateStore store;
  private final OrderRun run;
  private final OrderLog lines;
  private final StoreLock lock;

  /**
   * A book that is not open yet.
   *
   * @param run adopts certificates that are not in the log
   */
  OrderBook(CertificateStore store, OrderLog lines, OrderRun run) {
    this.store = store;
    this.lines = lines;
    this.run = run;
    lock = new StoreLock(store.lock());
  }

  /**
   * Makes the folders of the store that are missing, and becomes the process that orders for it.
   *
   * @return false if there is another one
   */
  boolean take() throws IOException {
    store.open();
    return lock.take();
  }

  /**
   * Reads all. Call it when the lock was taken.
   *
   * @throws IOException if the log cannot be read or written, or is that of a later version
   */
  void load(Hosts hosts, long nowMillis) throws IOException {
    boolean isNew = !Files.exists(store.log());
    int damaged = OrderLog.read(store.log(), hosts::apply);
    if (damaged > 0) {
      log.warn("log of orders file={}: {} damaged lines are ignored", store.log(), damaged);
    }
    List<String> unfinished = isNew ? store.hosts() : hosts.takeUnfinished();
    adopt(unfinished, hosts);
    int count = hosts.lineCount();
    if (damaged > 0 || !unfinished.isEmpty() || isNew || isOld(count, hosts.size())) {
      lines.rewrite(() -> hosts.lines(nowMillis));
    } else {
      lines.resume(count);
    }
  }

  /**
   * Takes certificates that are not in the log: of a store that was copied, of certbot, or of
   * orders whose ends were not logged because the process ended.
   */
  private void adopt(List<String> names, Hosts hosts) throws IOException {
    for (String name : names) {
      StoredCertificate found = run.adopt(name);
      if (found != null) {
        hosts.stored(hosts.getOrAdd(name), found);
      }
    }
  }

  /** Adds a line. What cannot be written is found in the store when it is needed. */
  void append(String line) {
    try {
      lines.append(line);
    } catch (IOException e) {
      log.warn("log of orders not written file={}: {}", store.log(), IoReason.of(e));
    }
  }

  /**
   * Writes the log again, without them, if most of its lines no longer matter. The caller must hold
   * no lock that {@code all} takes.
   *
   * @param all gives the lines that still matter, while no line can be added
   */
  void compact(int hostCount, Supplier<List<String>> all) {
    if (!isOld(lines.lines(), hostCount)) {
      return;
    }
    try {
      lines.rewrite(all);
    } catch (IOException e) {
      log.warn("log of orders not written file={}: {}", store.log(), IoReason.of(e));
    }
  }

  private static boolean isOld(int lineCount, int hostCount) {
    return lineCount > 2 * hostCount + MAX_OLD_LINES;
  }

  /** Lets another process order. */
  @Override
  public void close() throws IOException {
    try {
      lines.close();
    } finally {
      lock.close();
    }
  }
}
