// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What of the orders survives a restart, and a log of orders that is damaged, lost or another's.
 */
@Timeout(60)
final class OrderBookTest extends OrdersRig {
  @Test
  void aRestartKeepsCertificatesAndOrdersNothing() {
    Orders orders = orders();
    get(want(orders, "a.example"));
    orders.close();
    Orders next = orders();
    assertEquals("", get(want(next, "a.example")));
    Eventually.holds(() -> next.figures().stored() == 1);
    assertEquals(1, ca.orders.size());
  }

  @Test
  void backOffSurvivesARestart() {
    Orders orders = orders();
    ca.fail(hostFailure("dns: no address\nfor it"));
    get(want(orders, "a.example"));
    Eventually.holds(
        () -> Files.readString(store().resolve("renewal/orders.log")).contains("fail "));
    orders.close();
    Orders next = orders();
    Eventually.holds(() -> !next.reports().isEmpty());
    String reason = get(want(next, "a.example"));
    assertTrue(reason.startsWith("dns: no address for it (failures: 1"), reason);
    assertEquals(1, ca.orders.size());
  }

  @Test
  void aCertificateWhoseOrderEndedUnloggedIsFoundAfterARestart() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    Path log = store().resolve("renewal/orders.log");
    Eventually.holds(() -> Files.readString(log).contains("cert "));
    orders.close();
    Files.writeString(log, Files.readString(log).replaceFirst("cert .*\n", ""));
    Orders next = orders();
    Eventually.holds(() -> next.figures().stored() == 1);
    assertNotNull(report(next, "a.example").renewal());
    assertEquals(1, next.figures().budgetUsed());
    assertEquals(1, ca.orders.size());
  }

  @Test
  void certificatesWithoutALogAreTakenOver() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    get(want(orders, "b.example"));
    orders.close();
    Eventually.holds(() -> Files.deleteIfExists(store().resolve("renewal/orders.log")));
    Files.writeString(chain("b.example"), "poison");
    Orders next = orders();
    Eventually.holds(() -> next.figures().stored() == 1);
    assertNotNull(report(next, "a.example").renewal());
    assertEquals("", get(want(next, "a.example")));
    assertEquals(2, ca.orders.size());
    assertEquals("", get(want(next, "b.example")));
    assertEquals(3, ca.orders.size());
  }

  @Test
  void aDamagedLogLosesOnlyTheDamagedLines() throws IOException {
    Orders orders = orders(DIRECTORY, 2, 100, allow);
    get(want(orders, "a.example"));
    Path log = store().resolve("renewal/orders.log");
    Eventually.holds(() -> Files.readString(log).contains("cert "));
    orders.close();
    Files.writeString(log, Files.readString(log) + "cert x\n\0\0\0\0\nfail " + "x".repeat(9_000));
    Orders next = orders(DIRECTORY, 2, 100, allow);
    Eventually.holds(() -> next.figures().stored() == 1);
    assertEquals(1, next.figures().budgetUsed());
    Eventually.holds(() -> Files.readString(log).lines().count() == 3); // it was written again
  }

  @Test
  void aLogOfALaterVersionIsNotChangedAndStopsOrders() throws IOException {
    Path log = store().resolve("renewal/orders.log");
    Files.createDirectories(log.getParent());
    Files.writeString(log, "# rsp orders 2\nsomething new\n");
    Orders orders = orders();
    String reason = get(want(orders, "a.example"));
    assertTrue(reason.endsWith("it was written by a later version of rsp"), reason);
    assertEquals("# rsp orders 2\nsomething new\n", Files.readString(log));
    assertEquals(List.of(), ca.orders);
  }

  @Test
  void aLogWithManyLinesIsReadInPieces() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    Path log = store().resolve("renewal/orders.log");
    Eventually.holds(() -> Files.readString(log).contains("cert "));
    orders.close();
    awaitEnd();
    String line =
        Files.readString(log).lines().filter(l -> l.startsWith("cert")).findFirst().orElseThrow();
    StringBuilder text = new StringBuilder(Files.readString(log));
    for (int i = 0; i < 3_000; i++) {
      text.append(line.replace("a.example", "h" + i + ".example")).append('\n');
    }
    Files.writeString(log, text);
    Orders next = orders();
    Eventually.holds(() -> next.figures().stored() == 3_001);
    assertEquals(text.toString(), Files.readString(log), "it is only added to");
    assertEquals(3_001, StoredHosts.read(next.settings()).hosts().size());
  }

  @Test
  void onlyOneProcessOrdersForAStore() {
    Orders orders = orders();
    get(want(orders, "a.example"));
    Orders other = orders();
    assertEquals(
        "another process orders certificates for " + store(), get(want(other, "b.example")));
    orders.close();
    Eventually.holds(() -> get(want(other, "b.example")).isEmpty());
  }
}
