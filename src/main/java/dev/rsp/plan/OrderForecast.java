// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import dev.rsp.acme.AcmeSettings;
import dev.rsp.acme.Forecast;
import dev.rsp.acme.StoredHosts;
import dev.rsp.certs.Catalogue;
import dev.rsp.config.CertificateOrders;
import dev.rsp.http.HostName;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether the limits of a certificate authority are enough for the certificates of a configuration:
 * how many orders the next days need, and how many there may be.
 *
 * @param stored what the store says
 * @param missing hosts that are expected, and have no certificate
 * @param forecast what follows
 */
public record OrderForecast(
    CertificateOrders orders, StoredHosts stored, int missing, Forecast forecast) {
  /**
   * Reads the store. Blocks.
   *
   * @param read all certificates of the configuration
   * @param hosts that are expected to need one
   * @throws IOException if the store cannot be read
   */
  public static OrderForecast of(CertificateOrders orders, Catalogue read, Collection<String> hosts)
      throws IOException {
    AcmeSettings settings = orders.settings();
    StoredHosts stored = StoredHosts.read(settings);
    int missing =
        (int)
            hosts.stream()
                .distinct()
                .filter(OrderForecast::isName)
                .filter(h -> !read.has(h))
                .count();
    Forecast forecast =
        Forecast.of(stored.hosts(), missing, settings, stored.renewalsAreFree(), Instant.now());
    return new OrderForecast(orders, stored, missing, forecast);
  }

  /** Authorities sign names with a dot, and no addresses. */
  private static boolean isName(String host) {
    int dot = host.lastIndexOf('.');
    return dot > 0
        && host.equals(HostName.canonicalise(host))
        && !host.startsWith("[")
        && !host.substring(dot + 1).matches("[0-9]+");
  }

  /** Whether all hosts get and keep their certificates. */
  public boolean fits() {
    return forecast.fits();
  }

  /** What the next days need, a line for each. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(line(forecast.week()));
    lines.add(line(forecast.quarter()));
    Instant filled = forecast.filled();
    if (missing > 0) {
      lines.add(
          filled == null
              ? missing + " host(s) without a certificate: not all get one within ten years"
              : "%d host(s) without a certificate: all have one by %s, if all are asked for now"
                  .formatted(missing, day(filled)));
    }
    return lines;
  }

  private static String line(Forecast.Need need) {
    return String.format(
        Locale.ROOT,
        "%2d days: %d order(s) of at most %d: %d renewal(s)%s, %d for hosts without a certificate",
        need.days(),
        need.counted(),
        need.given(),
        need.renewals(),
        need.free() ? ", which do not count" : "",
        need.first());
  }

  private static String day(Instant when) {
    return when.truncatedTo(ChronoUnit.DAYS).toString().substring(0, 10);
  }

  /** Why they do not all get and keep their certificates; null if they do. */
  public @Nullable String problem() {
    AcmeSettings settings = orders.settings();
    String limit =
        "acme.orders allows %d orders in %d seconds"
            .formatted(settings.orders(), settings.perSeconds());
    Instant expiring = forecast.expiring();
    if (expiring != null) {
      return "%s, too few for the renewals: the first certificate expires about %s"
          .formatted(limit, day(expiring));
    }
    if (forecast.quarter().fits()) {
      return null;
    }
    String few =
        "%s: %d in 90 days, and %d are needed: "
            .formatted(limit, forecast.quarter().given(), forecast.quarter().counted());
    Instant filled = forecast.filled();
    if (filled == null) {
      return few + "not all hosts get a certificate within ten years";
    }
    // Where the hosts have theirs sooner, it is the renewals that have to wait.
    return missing > 0 && forecast.quarter().first() > forecast.quarter().given()
        ? few + "not all hosts have a certificate before " + day(filled)
        : few + "certificates are renewed later than they should be, but before they expire";
  }

  /** For JSON. */
  public Map<String, @Nullable Object> values() {
    Map<String, @Nullable Object> values = new LinkedHashMap<>(forecast.values());
    values.put("budget_used", stored.budgetUsed());
    values.put("problem", problem());
    return values;
  }
}
