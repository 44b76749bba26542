// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.load;

import dev.rsp.acceptance.rig.RawClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Clients that send requests at a fixed, modest rate on kept connections. They measure each latency
 * from the time at which the request was due, so that requests delayed by a stall count as well.
 */
final class GoodClients {
  private final int port;
  private final String path;
  private final int connections;
  private final int perSecond;

  /**
   * Clients of one port.
   *
   * @param perSecond the requests of each connection
   */
  GoodClients(int port, String path, int connections, int perSecond) {
    this.port = port;
    this.path = path;
    this.connections = connections;
    this.perSecond = perSecond;
  }

  /** Latencies in nanoseconds, in ascending order, and how many requests had no good response. */
  static final class Latencies {
    private final long[] sorted;
    private final long failed;

    private Latencies(long[] sorted, long failed) {
      this.sorted = sorted;
      this.failed = failed;
    }

    long count() {
      return sorted.length;
    }

    long failed() {
      return failed;
    }

    /** The latency that this share of the requests did not exceed. */
    double millis(double quantile) {
      int at = (int) Math.ceil(sorted.length * quantile) - 1;
      return sorted.length == 0 ? Double.NaN : sorted[Math.max(0, at)] / 1e6;
    }
  }

  /** Sends requests for so long. */
  Latencies ask(Duration length) {
    List<Asker> askers = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      Asker asker = new Asker((int) (perSecond * length.toMillis() / 1000));
      asker.start();
      askers.add(asker);
    }
    long[] all = new long[0];
    long failed = 0;
    for (Asker asker : askers) {
      try {
        asker.join();
      } catch (InterruptedException e) {
        throw new AssertionError("interrupted: the test took too long", e);
      }
      int had = all.length;
      all = Arrays.copyOf(all, had + asker.count);
      System.arraycopy(asker.nanos, 0, all, had, asker.count);
      failed += asker.failed;
    }
    Arrays.sort(all);
    return new Latencies(all, failed);
  }

  private final class Asker extends Thread {
    private final long[] nanos;
    private int count;
    private long failed;

    Asker(int requests) {
      super("good client");
      setDaemon(true);
      nanos = new long[requests];
    }

    @Override
    public void run() {
      long interval = 1_000_000_000L / perSecond;
      long due = System.nanoTime();
      int asked = 0;
      while (asked < nanos.length) {
        try (RawClient client = new RawClient(port)) {
          while (asked < nanos.length) {
            due += interval;
            asked++;
            while (due - System.nanoTime() > 0) {
              LockSupport.parkNanos(due - System.nanoTime());
            }
            if (client.get("good.example", path).status() != 200) {
              failed++;
            }
            nanos[count++] = System.nanoTime() - due;
          }
        } catch (IOException e) {
          failed++;
        }
      }
    }
  }
}
