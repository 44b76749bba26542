// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.http.Refusal;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Routes are cached for a bounded number of hosts. */
final class HostCacheTest {
  private final HostCache cache = new HostCache(4, new SecureRandom());

  @Test
  void findsWhatWasPutIn() {
    Route route = route(1);
    assertNull(get("a"));
    put("a", route);
    assertSame(route, get("a"));
    assertNull(get("b"));
    assertNull(get("aa"));
    assertNull(get(""));
  }

  @Test
  void looksAtTheGivenLengthAlone() {
    byte[] longer = "a.example.and.more".getBytes(StandardCharsets.US_ASCII);
    Route route = route(1);
    cache.put(cache.hash(longer, 9), longer, 9, route);
    longer[9] = 'x'; // the buffer is reused for the next host
    assertSame(route, get("a.example"));
  }

  @Test
  void keepsACopyOfTheHost() {
    byte[] host = {'a'};
    cache.put(cache.hash(host, 1), host, 1, route(1));
    host[0] = 'b';
    assertNull(get("b"));
  }

  @Test
  void tellsHostsOfOneHashApart() {
    byte[] a = {'a'};
    byte[] b = {'b'};
    cache.put(42, a, 1, route(1));
    assertNull(cache.get(42, b, 1));
    Route second = route(2);
    cache.put(42, b, 1, second);
    assertSame(second, cache.get(42, b, 1));
  }

  /** The oldest entry is replaced first, and four entries of one set stay. */
  @Test
  void keepsTheLastFourOfASet() {
    for (int i = 0; i < 300; i++) {
      byte[] host = {(byte) i, (byte) (i >> 8)};
      cache.put(i << 2, host, 2, route(i));
      for (int j = 0; j <= i; j++) {
        byte[] other = {(byte) j, (byte) (j >> 8)};
        assertEquals(j > i - 4, cache.get(j << 2, other, 2) != null, i + ", " + j);
      }
    }
  }

  @Test
  void isBounded() {
    int count = 1000;
    for (int i = 0; i < count; i++) {
      put("host" + i, route(i));
    }
    int found = 0;
    for (int i = 0; i < count; i++) {
      found += get("host" + i) == null ? 0 : 1;
    }
    assertTrue(found <= 16, "found " + found);
  }

  @Test
  void hashesByAKeyOfItsOwn() {
    byte[] host = {'a'};
    assertTrue(
        new HostCache(4, new SecureRandom()).hash(host, 1) != cache.hash(host, 1),
        "two caches hash alike");
  }

  private @Nullable Route get(String host) {
    byte[] bytes = host.getBytes(StandardCharsets.US_ASCII);
    return cache.get(cache.hash(bytes, bytes.length), bytes, bytes.length);
  }

  private void put(String host, Route route) {
    byte[] bytes = host.getBytes(StandardCharsets.US_ASCII);
    cache.put(cache.hash(bytes, bytes.length), bytes, bytes.length, route);
  }

  private static Route route(int number) {
    return Route.refused(new Refusal(503, "route " + number));
  }
}
