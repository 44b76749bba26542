// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.certs.Catalogue;
import dev.rsp.config.CertificateOrders;
import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
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

  /** The forecast for a configuration; null if it orders no certificates. */
  static @Nullable OrderForecast of(Config config, Catalogue read) throws ConfigException {
    Path journal = config.safeguards().journal().file();
    List<SeenHost> hosts = List.of();
    if (config.orders() != null && journal != null && Files.exists(journal)) {
      try {
        hosts = HostList.read(journal, FileCommand.MAX_HOSTS).hosts();
      } catch (IOException e) {
        throw unreadable(journal, e);
      }
    }
    return of(config, read, hosts);
  }

  /** The same for these hosts. */
  static @Nullable OrderForecast of(Config config, Catalogue read, List<SeenHost> hosts)
      throws ConfigException {
    CertificateOrders orders = config.orders();
    if (orders == null) {
      return null;
    }
    try {
      return OrderForecast.of(orders, read, hosts.stream().map(SeenHost::host).toList());
    } catch (IOException e) {
      throw unreadable(orders.settings().store(), e);
    }
  }

  private static ConfigException unreadable(Path path, IOException e) {
    return new ConfigException(
        ConfigException.Kind.CANNOT_RUN, List.of("cannot read " + path + ": " + IoReason.of(e)));
  }
}
