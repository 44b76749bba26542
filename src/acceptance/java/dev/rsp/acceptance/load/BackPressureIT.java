// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Blob;
import dev.rsp.acceptance.rig.Origin;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import dev.rsp.acceptance.rig.Wire;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * If one side does not read, rsp does not read from the other: 1 GiB waits at its sender, not in
 * rsp.
 */
@Isolated("loads or measures the machine")
@Timeout(300)
final class BackPressureIT {
  private static final long GIB = 1L << 30;

  /** Connections that are stuck at the same time. */
  private static final int STUCK = 8;

  /** How much the resident memory may grow in all, while 8 GiB wait to be sent. */
  private static final long MAX_GROWTH_KIB = 64 * 1024;

  /** How long nothing may move before a transfer counts as stuck. */
  private static final int QUIET_MILLIS = 500;

  private final AtomicLong moved = new AtomicLong();
  private final List<RawClient> clients = new ArrayList<>();
  private RawBackend stubborn;
  private RawBackend origin;
  private Rsp rsp;

  @BeforeEach
  void start(@TempDir Path directory) throws IOException {
    stubborn = RawBackend.holding(this::serveOrStall);
    origin = Origin.start();
    rsp =
        Rsp.serving(
            directory,
            Rsp.byName(
                Rsp.slot("stubborn", stubborn.address()), Rsp.slot("origin", origin.address())));
  }

  @AfterEach
  void stop() throws IOException {
    for (RawClient client : clients) {
      client.close();
    }
    rsp.close();
    stubborn.close();
    origin.close();
  }

  /** Answers a GET with 1 GiB; for other requests, reads no byte of the body. */
  private void serveOrStall(Wire wire) throws IOException {
    String head = wire.head();
    if (head.startsWith("GET ")) {
      wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + GIB + "\r\n\r\n");
      Blob.write(GIB, counting(wire.out()));
    } else {
      Eventually.pause(Duration.ofMinutes(5).toMillis());
    }
  }

  @Test
  void clientsThatNeverReadDoNotFillTheMemory() throws IOException {
    long before = residentAfterSomeWork();
    for (int i = 0; i < STUCK; i++) {
      RawClient client = rsp.connect();
      clients.add(client);
      client.send("GET / HTTP/1.1\r\nHost: stubborn\r\n\r\n");
    }
    assertStuckInLittleMemory(before);
  }

  @Test
  void backendsThatNeverReadDoNotFillTheMemory() throws IOException {
    long before = residentAfterSomeWork();
    for (int i = 0; i < STUCK; i++) {
      RawClient client = rsp.connect();
      clients.add(client);
      client.send("PUT / HTTP/1.1\r\nHost: stubborn\r\nContent-Length: " + GIB + "\r\n\r\n");
      Thread sender = new Thread(() -> send(client));
      sender.setDaemon(true);
      sender.start();
    }
    assertStuckInLittleMemory(before);
  }

  private void send(RawClient client) {
    try {
      Blob.write(GIB, counting(client.wire().out()));
    } catch (IOException e) {
      // The end of the test.
    }
  }

  @Test
  void oneGibibytePassesThroughInLittleMemory() throws IOException {
    long before = residentAfterSomeWork();
    AtomicLong read = new AtomicLong();
    try (RawClient client = rsp.connect()) {
      client.send("GET / HTTP/1.1\r\nHost: stubborn\r\n\r\n");
      client
          .wire()
          .body(client.wire().head(), false, counting(OutputStream.nullOutputStream(), read));
    }
    assertEquals(GIB, read.get());
    assertGrewLittle(before);
  }

  private void assertStuckInLittleMemory(long before) throws IOException {
    awaitQuiet();
    assertTrue(moved.get() < STUCK * GIB / 10, () -> "bytes that found a place: " + moved);
    assertGrewLittle(before);
    for (int i = 0; i < 20; i++) { // other requests do not wait
      assertEquals(1000, rsp.get("origin", "/length/1000").body().length());
    }
    assertGrewLittle(before);
  }

  /** Waits until bytes have moved, and then no byte moves for some time. */
  private void awaitQuiet() {
    long[] last = {0, System.nanoTime()};
    Eventually.holds(
        () -> "an end to what is buffered; so far bytes: " + moved,
        () -> {
          long seen = moved.get();
          if (seen != last[0] || seen == 0) {
            last[0] = seen;
            last[1] = System.nanoTime();
          }
          return System.nanoTime() - last[1] > QUIET_MILLIS * 1_000_000L;
        });
  }

  /** The JVM grows with the first requests in any case. */
  private long residentAfterSomeWork() throws IOException {
    for (int i = 0; i < 20; i++) {
      rsp.get("origin", "/length/1000000");
    }
    return rsp.program().residentKib();
  }

  private void assertGrewLittle(long before) {
    long growth = rsp.program().residentKib() - before;
    assertTrue(growth < MAX_GROWTH_KIB, "from %d KiB by %d KiB".formatted(before, growth));
  }

  private OutputStream counting(OutputStream to) {
    return counting(to, moved);
  }

  private static OutputStream counting(OutputStream to, AtomicLong count) {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        to.write(bytes, offset, length);
        count.addAndGet(length);
      }
    };
  }
}
