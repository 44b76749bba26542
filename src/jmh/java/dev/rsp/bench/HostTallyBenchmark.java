// SPDX-License-Identifier: Apache-2.0
package dev.rsp.bench;

import dev.rsp.journal.HostTally;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What it costs a request to have its host counted. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class HostTallyBenchmark {
  private static final int HOSTS = 1 << 14;

  private final HostTally tally = new HostTally();
  private final HostTally.Visit visit = new HostTally.Visit();
  private final byte[][] hosts = new byte[HOSTS][];
  private int next;

  /** Makes the hosts, and counts each once. */
  @Setup
  public void setUp() {
    for (int i = 0; i < HOSTS; i++) {
      hosts[i] = ("site" + i + ".pythonanywhere.com").getBytes(StandardCharsets.US_ASCII);
      count(hosts[i]);
    }
  }

  private void count(byte[] host) {
    visit.begin(host, host.length);
    visit.answered(tally, 200, "live1");
  }

  /** One host, again and again. */
  @Benchmark
  public void countOneHost() {
    count(hosts[0]);
  }

  /** Many hosts in turn. */
  @Benchmark
  public void countManyHosts() {
    next = next + 1 & HOSTS - 1;
    count(hosts[next]);
  }
}
