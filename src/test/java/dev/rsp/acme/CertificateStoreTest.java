// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is done with a store whose files are broken, in the way, or of others. */
@Timeout(60)
final class CertificateStoreTest extends OrdersRig {
  @Test
  void aStoreThatCannotBeWrittenGetsNoOrder() throws IOException {
    Files.createDirectories(folder);
    Files.writeString(store(), "a file where the folder should be");
    Orders orders = orders();
    String reason = get(want(orders, "a.example"));
    assertTrue(reason.startsWith("the store " + store() + " cannot be used: "), reason);
    assertEquals(List.of(), asked);
    assertEquals(List.of(), ca.orders);
  }

  @Test
  void aStoreToWhichEveryUserCanWriteIsNotUsed() throws IOException {
    Path live = Files.createDirectories(store().resolve("live"));
    Files.setPosixFilePermissions(live, PosixFilePermissions.fromString("rwxrwxrwx"));
    Orders orders = orders();
    String reason = get(want(orders, "a.example"));
    assertTrue(reason.endsWith("can write to " + live + " (expected: chmod o-w)"), reason);
    assertEquals(List.of(), ca.orders);
  }

  @ParameterizedTest
  @ValueSource(strings = {"renewal/orders.log", "renewal/orders.lock", "accounts/ID.key"})
  void aFifoInThePlaceOfAFileBlocksNothing(String name) throws Exception {
    Path file = store().resolve(name.replace("ID", AccountId.of(DIRECTORY)));
    Files.createDirectories(file.getParent());
    assertEquals(0, new ProcessBuilder("mkfifo", file.toString()).start().waitFor());
    Orders orders = orders();
    String reason = get(want(orders, "a.example"));
    assertTrue(reason.contains(file + " is not a regular file"), reason);
    assertEquals(List.of(), ca.orders);
    orders.close();
    Files.delete(file);
  }

  @Test
  void anAccountKeyThatIsDamagedStopsOrders() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    Files.delete(store().resolve("accounts").resolve(AccountId.of(DIRECTORY) + ".key"));
    orders.close();
    Files.writeString(
        store().resolve("accounts").resolve(AccountId.of(DIRECTORY) + ".key"), "damaged");
    Orders next = orders();
    String reason = get(want(next, "b.example"));
    assertTrue(reason.contains("the account key") && reason.contains("is damaged"), reason);
    assertEquals(1, ca.orders.size());
  }

  @Test
  void aHostWhoseFolderCannotBeWrittenDoesNotHoldUpTheOthers() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    Files.writeString(store().resolve("live/b.example"), "in the way");
    String reason = get(want(orders, "b.example"));
    assertTrue(reason.startsWith("the store cannot be written: "), reason);
    assertEquals("", get(want(orders, "c.example")));
    assertEquals(List.of("a.example", "c.example"), ca.orders);
    assertEquals(2, orders.figures().budgetUsed(), "what was not ordered does not count");
    assertEquals(1, report(orders, "b.example").failures());
  }

  @Test
  void aFolderInThePlaceOfAFileGetsNoOrderAndDoesNotHoldUpTheOthers() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    for (String file : List.of("b.example/privkey.pem", "c.example/fullchain.pem")) {
      Files.createDirectories(store().resolve("live").resolve(file).resolve("in the way"));
      String reason = get(want(orders, file.substring(0, file.indexOf('/'))));
      assertTrue(reason.startsWith("the store cannot be written: "), reason);
    }
    assertEquals("", get(want(orders, "d.example")));
    assertEquals(List.of("a.example", "d.example"), ca.orders);
    assertEquals(2, orders.figures().budgetUsed());
  }

  @Test
  void aFolderThatAppearsWhileTheOrderIsUnderWayDoesNotHoldUpTheOthers() throws IOException {
    Orders orders = orders();
    ca.hold();
    CompletableFuture<String> done = want(orders, "a.example");
    Eventually.holds(() -> ca.orders.size() == 1);
    Files.createDirectories(store().resolve("live/a.example/privkey.pem/in the way"));
    ca.go(1_000);
    assertTrue(get(done).startsWith("the store cannot be written: "), get(done));
    assertEquals("", get(want(orders, "b.example")));
    assertEquals(List.of("a.example", "b.example"), ca.orders, "not again and again");
  }

  @Test
  void aHalfWrittenFileThatCannotBeReadDoesNotHoldUpTheOthers() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    Path folder = Files.createDirectories(store().resolve("live/b.example"));
    Files.writeString(folder.resolve(".fullchain.pem.new"), "complete");
    Files.createDirectories(folder.resolve("fullchain.pem/in the way"));
    String reason = get(want(orders, "b.example"));
    assertTrue(reason.startsWith("the store cannot be written: "), reason);
    assertEquals("", get(want(orders, "c.example")));
  }

  @Test
  void filesThatWereCompleteWhenAProcessEndedAreUsed() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    orders.close();
    Path chain = chain("a.example");
    Files.move(chain, chain.resolveSibling(".fullchain.pem.new"));
    Orders next = orders();
    assertEquals("", get(want(next, "a.example")));
    assertEquals(1, ca.orders.size());
    assertTrue(Files.exists(chain));
  }

  @Test
  void aPoisonedFileIsOrderedAgain() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    String good = Files.readString(chain("a.example"));
    Files.writeString(chain("a.example"), good.substring(0, good.length() / 3));
    assertEquals("", get(want(orders, "a.example")));
    assertEquals(2, ca.orders.size());
    Files.delete(chain("a.example").resolveSibling("privkey.pem"));
    assertEquals("", get(want(orders, "a.example")));
    assertEquals(3, ca.orders.size());
    assertEquals("", get(want(orders, "a.example")));
    assertEquals(3, ca.orders.size(), "well again");
  }

  @Test
  void aPoisonedFileIsNotOrderedFasterThanAHostThatFails() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    Files.writeString(chain("a.example"), "poison");
    ca.fail(hostFailure("dns"));
    assertEquals("dns", get(want(orders, "a.example")));
    for (int i = 0; i < 5; i++) {
      assertTrue(get(want(orders, "a.example")).startsWith("dns (failures: 1"));
    }
    assertEquals(2, ca.orders.size());
  }
}
