// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What the log of orders in a store says, for commands that do not order.
 *
 * @param hosts by name
 * @param budgetUsed orders of the window of the budget that ends now
 * @param renewalsAreFree whether the CA has announced renewals
 */
public record StoredHosts(List<HostReport> hosts, int budgetUsed, boolean renewalsAreFree) {
  public StoredHosts {
    hosts = List.copyOf(hosts);
  }

  /**
   * Reads a store; one that is missing is empty. Blocks; changes nothing.
   *
   * @throws IOException if it cannot be read
   */
  public static StoredHosts read(AcmeSettings settings) throws IOException {
    var budget = new Budget(settings.orders(), TimeUnit.SECONDS.toMillis(settings.perSeconds()));
    var hosts = new Hosts(AccountId.of(settings.directory()), budget, new Pause());
    OrderLog.read(new CertificateStore(settings.store()).log(), hosts::apply);
    return new StoredHosts(
        hosts.all().stream()
            .map(HostState::report)
            .sorted(Comparator.comparing(HostReport::host))
            .toList(),
        budget.used(System.currentTimeMillis()),
        hosts.announces());
  }
}
