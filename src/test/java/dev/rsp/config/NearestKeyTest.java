// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestKeyTest {
  @ParameterizedTest
  @CsvSource({
    "lisen, listen",
    "listne, listen",
    "Listen, listen",
    "listenn, listen",
    "listeners,",
    "backend, backends",
    "upstreams,",
    "limit, limits",
    "loop, loops",
    "selekt, select",
    "defaulthost, default_host",
    "conect, timeouts.connect",
    "keep_alive, timeouts.keepalive",
    "head, timeouts.head",
    "hed, timeouts.head",
    "x,",
    "'',",
  })
  void aSlipOfTheHandIsUnderstood(String word, @Nullable String key) {
    assertEquals(key, NearestKey.to(word, Keys.all()));
  }

  @ParameterizedTest
  @CsvSource({
    "head, head, 0",
    "haed, head, 1",
    "hea, head, 1",
    "heads, head, 1",
    "heed, head, 1",
    "HEAD, head, 0",
    "'', head, 4",
    "deha, head, 3",
  })
  void aSwapIsOneSlip(String a, String b, int distance) {
    assertEquals(distance, NearestKey.distance(a, b));
    assertEquals(distance, NearestKey.distance(b, a));
  }
}
