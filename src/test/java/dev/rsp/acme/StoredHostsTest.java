// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.rsp.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What commands read of a store, beside the process that orders. */
@Timeout(60)
final class StoredHostsTest extends OrdersRig {
  @Test
  void theLogTellsCommandsWhatThereIs() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    ca.fail(hostFailure("dns"));
    get(want(orders, "b.example"));
    Eventually.holds(
        () -> Files.readString(store().resolve("renewal/orders.log")).contains("fail "));
    StoredHosts found = StoredHosts.read(orders.settings());
    assertEquals(orders.reports(), found.hosts());
    assertEquals(2, found.budgetUsed());
    assertFalse(found.renewalsAreFree());
    assertEquals(HostReport.State.FAILED, found.hosts().get(1).state());
    assertEquals("dns", found.hosts().get(1).values().get("problem"));
  }

  @Test
  void aStoreThatIsNotThereIsEmpty() throws IOException {
    Consumer<@Nullable String> nobody = reason -> {};
    Orders orders = orders();
    orders.close();
    orders.want("a.example", nobody);
    Path missing = folder.resolve("missing");
    assertEquals(
        List.of(),
        StoredHosts.read(
                AcmeAuthorityTest.settings(DIRECTORY, missing, null, ChallengeType.HTTP_01, 1))
            .hosts());
    assertFalse(Files.exists(missing));
  }
}
