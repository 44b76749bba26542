// SPDX-License-Identifier: Apache-2.0
package dev.rsp.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.worker.ExchangeFuzz;
import dev.rsp.worker.Http2Fuzz;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * A short run of every target: all seeds, all inputs that ever broke something, and a fixed number
 * of damaged ones, the same each time. {@code scripts/fuzz} runs them for hours.
 */
final class FuzzTest {
  private static final long SEED = 20261121;

  private record Target(String name, int inputs, Consumer<byte[]> run) {}

  private static final List<Target> TARGETS =
      List.of(
          new Target("request", 15_000, RequestFuzz::fuzzerTestOneInput),
          new Target("response", 20_000, ResponseFuzz::fuzzerTestOneInput),
          new Target("chunks", 30_000, ChunkFuzz::fuzzerTestOneInput),
          new Target("host", 50_000, HostFuzz::fuzzerTestOneInput),
          new Target("proxy", 30_000, ProxyHeaderFuzz::fuzzerTestOneInput),
          new Target("exchange", 1_000, ExchangeFuzz::fuzzerTestOneInput),
          new Target("http2", 2_000, Http2Fuzz::fuzzerTestOneInput));

  @TestFactory
  Stream<DynamicTest> holdsForSeedsAndFindings() {
    return TARGETS.stream()
        .flatMap(
            target -> {
              List<DynamicTest> tests = new ArrayList<>();
              Corpus.seeds(target.name)
                  .forEach(
                      (file, input) ->
                          tests.add(
                              DynamicTest.dynamicTest(
                                  target.name + " seed " + file, () -> target.run.accept(input))));
              Corpus.findings(target.name)
                  .forEach(
                      (file, input) ->
                          tests.add(
                              DynamicTest.dynamicTest(
                                  target.name + " finding " + file,
                                  () -> target.run.accept(input))));
              return tests.stream();
            });
  }

  @TestFactory
  Stream<DynamicTest> holdsForDamagedInputs() {
    return TARGETS.stream()
        .map(target -> DynamicTest.dynamicTest(target.name, () -> damage(target)));
  }

  private static void damage(Target target) {
    var mutator = mutator(target.name);
    for (int i = 0; i < target.inputs; i++) {
      byte[] input = mutator.next();
      try {
        target.run.accept(input.clone());
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("input " + i + ":\n" + Check.shown(input), e);
      }
    }
  }

  private static Mutator mutator(String target) {
    Collection<byte[]> seeds = Corpus.seeds(target).values();
    assertTrue(seeds.size() >= 5, "seeds of " + target + ": " + seeds.size());
    return new Mutator(SEED, List.copyOf(seeds), Corpus.dictionary());
  }

  @Test
  void damagesTheSameWayEachTime() {
    Mutator first = mutator("request");
    Mutator second = mutator("request");
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      String input = Check.shown(first.next());
      assertEquals(input, Check.shown(second.next()));
      seen.add(input);
    }
    assertTrue(seen.size() > 800, "different inputs: " + seen.size());
  }
}
