// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** For which hosts nothing is ordered because of a limit of their domain. */
@Timeout(60)
final class HeldDomainsTest extends OrdersRig {
  @Test
  void theLimitOfADomainHoldsItsHostsOnly() {
    Orders orders = orders();
    ca.fail(new Authority.Failure(Authority.Blame.HOST, "rateLimited", 7_200_000, "a.example"));
    get(want(orders, "1.a.example"));
    String reason = get(want(orders, "2.a.example"));
    assertTrue(reason.startsWith("the CA refuses orders for a.example until "), reason);
    assertEquals("", get(want(orders, "1.b.example")));
    assertEquals(2, ca.orders.size());
    clock.pass(Duration.ofHours(3));
    assertEquals("", get(want(orders, "2.a.example")));
  }

  @Test
  void aHostIsHeldByEachDomainThatItIsInAndByItself() {
    var held = new HeldDomains();
    held.hold("a.example", 2_000);
    for (String host : List.of("a.example", "1.a.example", "2.1.a.example")) {
      assertNotNull(held.reason(host, 1_000), host);
      assertNull(held.reason(host, 2_000), host);
    }
    for (String host : List.of("example", "ba.example", "a.example.net")) {
      assertNull(held.reason(host, 1_000), host);
    }
  }

  @Test
  void ofTooManyTheFirstIsForgotten() {
    var held = new HeldDomains();
    for (int i = 0; i <= 10_000; i++) {
      held.hold("d" + i + ".example", 2_000);
    }
    assertNull(held.reason("d0.example", 1_000));
    assertNotNull(held.reason("d1.example", 1_000));
  }
}
