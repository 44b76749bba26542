// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.load;

import dev.rsp.acceptance.load.CrowdBackend.Conduct;
import dev.rsp.acceptance.rig.Origin;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.Rsp;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * One packaged rsp in its default configuration, backends for every {@link Burden}, and a healthy
 * site beside them that is requested all the time.
 */
final class CrowdStage implements Closeable {
  /** Requests before anything is measured: Java grows with the first requests in any case. */
  private static final int WARM_UP_SECONDS = 2;

  private static final int PROBES_PER_SECOND = 50;

  /** Nothing has moved for so long: all are stalled. */
  private static final long QUIET_NANOS = 1_000_000_000L;

  /** How long a crowd may take until no byte moves, on a busy machine. */
  private static final Duration PATIENCE = Duration.ofSeconds(150);

  private static final int DRAIN_SECONDS = 2;

  private final CrowdBackend flood;
  private final CrowdBackend hang;
  private final CrowdBackend page;
  private final CrowdBackend tunnelFlood;
  private final CrowdBackend tunnelHang;
  private final RawBackend good;
  private final Rsp rsp;

  /**
   * What was measured.
   *
   * @param residentKib of the process before the crowd came
   * @param crowdedKib with the crowd
   * @param buffersBytes in use with the crowd, as rsp logs it
   * @param probes of the healthy site, with the crowd
   */
  record Seen(
      long residentKib,
      long crowdedKib,
      long buffersBytes,
      GoodClients.Latencies probes,
      int count) {
    /** What one more client costs, in KiB. */
    double kibEach() {
      return (crowdedKib - residentKib) / (double) count;
    }
  }

  /** Starts all, rsp as it is shipped. */
  CrowdStage(Path directory, String transport) throws IOException {
    this(directory, transport, "");
  }

  /** Starts all, with further options of Java for rsp. */
  CrowdStage(Path directory, String transport, String java) throws IOException {
    flood = new CrowdBackend(Conduct.FLOOD, "HTTP/1.1 200 OK\r\nContent-Length: 8388608\r\n\r\n");
    hang = new CrowdBackend(Conduct.HANG, "");
    page = new CrowdBackend(Conduct.PAGE, "");
    String switched =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
    tunnelFlood = new CrowdBackend(Conduct.FLOOD, switched);
    tunnelHang = new CrowdBackend(Conduct.ANSWER_AND_HANG, switched);
    good = Origin.start();
    rsp = Rsp.servingOnJava(java, directory, lua(directory), "--transport", transport);
  }

  private String lua(Path directory) {
    return "listen = \"127.0.0.1:0\"\nloops = 2\ntimeouts = { drain = "
        + DRAIN_SECONDS
        + " }\ninitialise = { url = \"http://"
        + hang.address()
        + "/{host}\", timeout = 300, waiting = 100000, waiting_total = 100000 }\nbackends = {\n"
        + Rsp.slot("flood", flood.address())
        + Rsp.slot("hang", hang.address())
        + Rsp.slot("page", page.address())
        + Rsp.slot("tunnel-flood", tunnelFlood.address())
        + Rsp.slot("tunnel-hang", tunnelHang.address())
        + Rsp.slot("good.example", good.address())
        + Rsp.slot("uwsgi", "uwsgi:" + hang.address())
        + Rsp.slot("asleep", "unix:" + directory.resolve("missing.sock"))
        + "}\n"
        + Rsp.BY_NAME;
  }

  Rsp rsp() {
    return rsp;
  }

  private GoodClients.Latencies probe(int seconds) {
    return new GoodClients(rsp.port(), "/length/1000", 2, PROBES_PER_SECOND)
        .ask(Duration.ofSeconds(seconds));
  }

  /** Connects a crowd, waits until no byte moves, and measures what it costs. */
  Seen measure(Crowd crowd, int count, int seconds) throws IOException {
    probe(WARM_UP_SECONDS);
    long before = rsp.program().residentKib();
    crowd.arrive(count);
    settle(crowd);
    // At once: some of the crowd is ended by timeouts during the probes.
    long after = rsp.program().residentKib();
    long buffers = rsp.memory("buffers_bytes");
    return new Seen(before, after, buffers, probe(seconds), count);
  }

  private void settle(Crowd crowd) throws IOException {
    long start = System.nanoTime();
    long quietSince = start;
    long last = -1;
    while (System.nanoTime() - quietSince < QUIET_NANOS) {
      crowd.send(20);
      long moved =
          crowd.moved()
              + flood.moved()
              + hang.moved()
              + page.moved()
              + tunnelFlood.moved()
              + tunnelHang.moved();
      if (moved != last) {
        last = moved;
        quietSince = System.nanoTime();
      }
      if (System.nanoTime() - start > PATIENCE.toNanos()) {
        throw new AssertionError("the crowd does not come to rest: " + rsp);
      }
    }
  }

  @Override
  public void close() throws IOException {
    rsp.close();
    for (Closeable backend : new Closeable[] {flood, hang, page, tunnelFlood, tunnelHang, good}) {
      backend.close();
    }
  }
}
