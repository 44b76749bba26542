// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A script whose results cannot be predicted is reported before it serves. */
final class ProbeTest {
  private static Probe probe(String source) throws ScriptException {
    return Probe.of(Scripts.compile(source), ScriptContext.NONE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "function select(r) return 1 end",
        "local sites = {a = 1} function select(r) return sites[r.host] or 2 end",
        "function select(r) local t = {} t[1] = r.host return #t end",
        "function select(r) return #r.path end",
        "function select(r) error('x') end",
        "function select(r) return nil, 'no' end",
      })
  void whatAlwaysAnswersTheSameIsFine(String source) throws Exception {
    assertEquals(new Probe(List.of(), true), probe(source));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "local n = 0\nfunction select(r)\nn = n % 3 + 1 return n end",
        "function select(r)\n\nlast = r.host return 1 end",
        "local seen = {}\nfunction select(r)\nseen[r.host] = true return 1 end",
        "local seen = {}\nfunction select(r)\ntable.insert(seen, r.host) return 1 end",
        "local turn = {n = 0}\nfunction select(r)\nturn.n = 1 - turn.n return turn.n + 1 end",
      })
  void whatKeepsStateIsReportedWithItsLine(String source) throws Exception {
    Probe probe = probe(source);
    assertFalse(probe.isCacheable());
    assertTrue(
        probe.warnings().get(0).startsWith("backends.lua:3: select keeps state"),
        probe.warnings().toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\nfunction select(r) return math.random(1000000) end",
        "local next = ('1 2 3'):rep(99):gmatch('%d')\nfunction select(r) return next() end",
      })
  void whatAnswersDifferentlyIsReported(String source) throws Exception {
    Probe probe = probe(source);
    assertFalse(probe.isCacheable());
    assertTrue(
        probe.warnings().stream()
            .anyMatch(line -> line.startsWith("backends.lua:2: select returns different results")),
        probe.warnings().toString());
  }
}
