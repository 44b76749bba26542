// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.certs.Catalogue;
import dev.rsp.config.CertificateOrders;
import dev.rsp.config.Config;
import dev.rsp.journal.HostList;
import dev.rsp.journal.SeenHost;
import dev.rsp.log.IoReason;
import dev.rsp.plan.OrderForecast;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The forecast of orders for commands, with the hosts of the journal as those that need one. */
final class OrderPlan {
  private OrderPlan() {}

  /**
   * The forecast for a configuration; null if it orders no certificates, or if there is none
   * because a file cannot be read: standard error then says why. Only rsp's user can read the
   * store.
   */
  static @Nullable OrderForecast of(Config config, Catalogue read) {
    Path journal = config.safeguards().journal().file();
    List<SeenHost> hosts = List.of();
    if (config.orders() != null && journal != null && Files.exists(journal)) {
      try {
        hosts = HostList.read(journal, FileCommand.MAX_HOSTS).hosts();
      } catch (IOException e) {
        return unreadable(journal, e);
      }
    }
    return of(config, read, hosts);
  }

  /** The same for these hosts. */
  static @Nullable OrderForecast of(Config config, Catalogue read, List<SeenHost> hosts) {
    CertificateOrders orders = config.orders();
    if (orders == null) {
      return null;
    }
    try {
      return OrderForecast.of(orders, read, hosts.stream().map(SeenHost::host).toList());
    } catch (IOException e) {
      return unreadable(orders.settings().store(), e);
    }
  }

  private static @Nullable OrderForecast unreadable(Path path, IOException e) {
    System.err.println(
        "no forecast of the orders of certificates: cannot read " + path + ": " + IoReason.of(e));
    return null;
  }
}
