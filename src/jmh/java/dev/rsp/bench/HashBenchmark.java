// SPDX-License-Identifier: Apache-2.0
package dev.rsp.bench;

import dev.rsp.hash.Crc32;
import dev.rsp.hash.Fnv1a;
import dev.rsp.hash.JumpHash;
import dev.rsp.hash.Murmur3;
import dev.rsp.hash.PythonHash;
import dev.rsp.hash.SlotTables;
import dev.rsp.hash.Weighted;
import dev.rsp.hash.XxHash64;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What each hash of a host costs, by the number of backends. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class HashBenchmark {
  private final byte[] host = "ironhand.pythonanywhere.com".getBytes(StandardCharsets.US_ASCII);

  /** How many backends there are. */
  @Param({"8", "64"})
  int n;

  private SlotTables equal;
  private SlotTables weighted;

  /** Makes the tables. */
  @Setup
  public void setUp() {
    equal = tables(1);
    weighted = tables(3);
  }

  private SlotTables tables(int weights) {
    List<Weighted> list =
        IntStream.range(0, n).mapToObj(i -> new Weighted("live" + i, 1 + i % weights)).toList();
    return new SlotTables(list);
  }

  /** CPython 2's with 64 bits. */
  @Benchmark
  public int python() {
    return PythonHash.index(host, 0, host.length, n);
  }

  /** CPython 2's with 32 bits. */
  @Benchmark
  public int python32() {
    return PythonHash.index32(host, 0, host.length, n);
  }

  /** CRC-32. */
  @Benchmark
  public int crc32() {
    return Crc32.index(host, 0, host.length, n);
  }

  /** FNV-1a. */
  @Benchmark
  public int fnv1a() {
    return Fnv1a.index(host, 0, host.length, n);
  }

  /** MurmurHash3. */
  @Benchmark
  public int murmur3() {
    return Murmur3.index(host, 0, host.length, n);
  }

  /** XXH64. */
  @Benchmark
  public int xxh64() {
    return XxHash64.index(host, 0, host.length, n);
  }

  /** Jump hash. */
  @Benchmark
  public int jump() {
    return JumpHash.index(host, 0, host.length, n);
  }

  /** Rendezvous hashing, all weights equal. */
  @Benchmark
  public int rendezvous() {
    return equal.rendezvous().index(host, 0, host.length);
  }

  /** Rendezvous hashing with weights, which takes a logarithm for each backend. */
  @Benchmark
  public int rendezvousWeighted() {
    return weighted.rendezvous().index(host, 0, host.length);
  }

  /** The ring. */
  @Benchmark
  public int ring() {
    return equal.ring().index(host, 0, host.length);
  }

  /** Maglev's table. */
  @Benchmark
  public int maglev() {
    return equal.maglev().index(host, 0, host.length);
  }

  /** Bounded load, nothing busy. */
  @Benchmark
  public int bounded() {
    return equal.bounded().index(host, 0, host.length, 1.25, i -> 0, i -> true);
  }
}
