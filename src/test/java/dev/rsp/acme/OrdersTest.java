// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Wishes, and the orders that are made for them. */
@Timeout(60)
final class OrdersTest extends OrdersRig {
  @Test
  void aCertificateThatIsWantedIsOrderedAndStored() throws IOException {
    Orders orders = orders();
    assertEquals("", get(want(orders, "a.example")));
    assertEquals(List.of("a.example"), ca.orders);
    assertEquals(List.of(chain("a.example")), stored);
    assertEquals(
        Set.of("fullchain.pem", "privkey.pem"),
        names(store().resolve("live").resolve("a.example")));
    for (Path file :
        List.of(chain("a.example"), chain("a.example").resolveSibling("privkey.pem"))) {
      assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }
    for (String name : List.of("live", "live/a.example", "accounts", "renewal")) {
      assertEquals(
          "rwx------",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(store().resolve(name))),
          name);
    }
    HostReport report = report(orders, "a.example");
    assertEquals(HostReport.State.STORED, report.state());
    assertNotNull(report.notAfter());
    assertEquals(1, counts.figures(orders.figures()).issued());
  }

  private static Set<String> names(Path of) throws IOException {
    Set<String> names = new HashSet<>();
    try (var files = Files.list(of)) {
      files.forEach(file -> names.add(file.getFileName().toString()));
    }
    return names;
  }

  @Test
  void allWhoWantAHostWaitForTheSameOrder() {
    Orders orders = orders();
    ca.hold();
    List<CompletableFuture<String>> waiting = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      waiting.add(want(orders, "a.example"));
    }
    Eventually.holds(() -> ca.orders.size() == 1);
    waiting.add(want(orders, "a.example"));
    assertEquals(HostReport.State.ORDERING, report(orders, "a.example").state());
    ca.go(1);
    waiting.forEach(one -> assertEquals("", get(one)));
    assertEquals(List.of("a.example"), ca.orders);
    assertEquals(1, asked.size());
  }

  /** Else a handshake that comes at this moment is told that there is one, and finds none. */
  @Test
  void aCertificateIsNotKnownAsStoredBeforeItIsInUse() {
    Orders orders = orders();
    assertEquals("", get(want(orders, "a.example")));
    assertEquals(
        List.of(HostReport.State.ORDERING), seenWhileUsed.stream().map(HostReport::state).toList());
  }

  @Test
  void thoseWhoWaitAreAnsweredAlsoIfTheCertificateCannotBeUsedYet() {
    Orders orders = orders();
    isUseBroken = true;
    assertEquals("", get(want(orders, "a.example")));
    isUseBroken = false;
    assertEquals("", get(want(orders, "b.example")));
    assertEquals(0, orders.figures().running());
  }

  @Test
  void allWhoWaitAreAnsweredWhenItIsClosed() {
    rule.put("no.example", Allow.Answer.NO);
    Orders orders = orders();
    get(want(orders, "a.example"));
    ca.hold();
    List<CompletableFuture<String>> waiting = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      waiting.add(want(orders, "h" + i + ".example"));
      waiting.add(want(orders, "a.example"));
    }
    orders.close();
    waiting.add(want(orders, "late.example"));
    waiting.forEach(
        one -> assertTrue(get(one).isEmpty() || get(one).startsWith("rsp is stopping"), get(one)));
  }

  @Test
  void manyHostsAtOnceGetOneOrderEach() {
    Orders orders = orders();
    List<CompletableFuture<String>> waiting = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      waiting.add(want(orders, "h" + i + ".example"));
    }
    waiting.forEach(one -> assertEquals("", get(one)));
    assertEquals(200, ca.orders.size());
    assertEquals(200, new HashSet<>(ca.orders).size());
    assertEquals(200, orders.figures().stored());
  }

  @Test
  void aHostThatFailsIsLeftAloneForLongerAndLonger() {
    Orders orders = orders();
    long before = 0;
    for (int i = 1; i <= 8; i++) {
      ca.fail(hostFailure("dns: no address"));
      assertEquals("dns: no address", get(want(orders, "a.example")));
      assertEquals(i, ca.orders.size());
      String reason = get(want(orders, "a.example"));
      assertTrue(reason.startsWith("dns: no address (failures: " + i), reason);
      assertEquals(i, ca.orders.size(), "not yet again");
      Instant next = report(orders, "a.example").nextTry();
      assertNotNull(next);
      long millis = Duration.between(clock.instant(), next).toMillis();
      assertTrue(millis >= before && millis <= DAY.toMillis(), "millis: " + millis);
      before = millis;
      clock.pass(Duration.ofMillis(millis + 1));
    }
    assertEquals(DAY.toMillis(), before, "a day at most");
    assertEquals("", get(want(orders, "a.example")), "and then it succeeds");
  }

  @Test
  void aWrongCertificateIsNotStored() {
    Orders orders = orders();
    ca.isWrongKey = true;
    assertEquals("the CA has sent the certificate of another key", get(want(orders, "a.example")));
    ca.isWrongKey = false;
    ca.otherName = "other.example";
    assertEquals("the CA has sent the certificate of another name", get(want(orders, "b.example")));
    ca.otherName = null;
    ca.life = Duration.ofSeconds(-30);
    assertEquals("the CA has sent a certificate that has expired", get(want(orders, "c.example")));
    assertEquals(List.of(), stored);
    assertFalse(Files.exists(chain("a.example")));
  }
}
