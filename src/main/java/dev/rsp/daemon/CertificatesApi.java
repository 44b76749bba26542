// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.acme.HostReport;
import dev.rsp.acme.Issuer;
import dev.rsp.acme.IssuerFigures;
import dev.rsp.admin.ApiReply;
import dev.rsp.admin.ApiRequest;
import dev.rsp.certs.Catalogue;
import dev.rsp.certs.CertificateReport;
import dev.rsp.certs.Certificates;
import dev.rsp.metrics.Figures;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What operators and Prometheus are told of the certificates. Thread-safe. */
final class CertificatesApi {
  private static final int MOST = 10_000;
  private static final int USUAL = 100;

  private static final Comparator<HostReport> HOSTS =
      Comparator.<HostReport>comparingInt(host -> host.problem() == null ? 1 : 0)
          .thenComparing(
              HostReport::renewal, Comparator.nullsFirst(Comparator.<Instant>naturalOrder()))
          .thenComparing(HostReport::host);

  private static final String ORDERS = "Orders of certificates, by how they ended.";
  private static final String ASKS = "Hosts that acme.allow was asked for, by its answer.";

  private final CurrentCertificates current;
  private final Certificates<?> certificates;
  private final CurrentIssuer orders;

  CertificatesApi(CurrentCertificates current, CurrentIssuer orders) {
    this.current = current;
    this.certificates = current.all();
    this.orders = orders;
  }

  /** Those with problems first, then in the order of expiry. */
  ApiReply list(ApiRequest request) {
    int limit = request.number("limit", USUAL, 1, MOST);
    String name = request.parameter("name", "");
    Catalogue now = certificates.catalogue();
    List<CertificateReport> found =
        now == null ? List.of() : now.reports(name.isEmpty() ? null : name, limit + 1);
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("total", now == null ? 0 : now.size());
    values.put("broken", now == null ? 0 : now.brokenCount());
    values.put("expired", now == null ? 0 : now.expiredCount());
    values.put("next_expiry", now == null ? null : nextExpiry(now));
    values.put("certificates", found.stream().limit(limit).map(CertificateReport::values).toList());
    values.put("more", found.size() > limit);
    values.put("orders", orders(name, limit));
    return ApiReply.ok(values);
  }

  /**
   * What is ordered; null if nothing is. Hosts with problems first, then in the order of renewal.
   */
  private @Nullable Map<String, @Nullable Object> orders(String name, int limit) {
    Issuer issuer = orders.issuer();
    if (issuer == null) {
      return null;
    }
    IssuerFigures now = issuer.figures();
    List<HostReport> found =
        issuer.reports().stream()
            .filter(host -> name.isEmpty() || host.host().equals(name))
            .sorted(HOSTS)
            .toList();
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("issued", now.issued());
    values.put("renewed", now.renewed());
    values.put("failed", now.failed());
    values.put("interrupted", now.interrupted());
    values.put("queued", now.queued());
    values.put("running", now.running());
    values.put("waiting_handshakes", current.waiting());
    values.put("stored", now.stored());
    values.put("budget", orders.budget());
    values.put("budget_used", now.budgetUsed());
    values.put("paused_until", text(now.pausedUntil()));
    values.put("pause_reason", now.pauseReason());
    values.put("hosts", found.stream().limit(limit).map(HostReport::values).toList());
    values.put("more", found.size() > limit);
    return values;
  }

  private static @Nullable String text(@Nullable Instant instant) {
    return instant == null ? null : instant.toString();
  }

  private static @Nullable String nextExpiry(Catalogue now) {
    long next = now.nextExpiryMillis();
    return next == 0 ? null : Instant.ofEpochMilli(next).toString();
  }

  /** Adds the figures, if there are certificates. */
  void addTo(Figures figures) {
    Issuer issuer = orders.issuer();
    if (issuer != null) {
      addOrders(figures, issuer.figures());
    }
    Catalogue now = certificates.catalogue();
    if (now == null) {
      return;
    }
    int expired = now.expiredCount();
    String help = "Certificates: valid, expired, or broken, which are files that cannot be served.";
    figures.gauge("rsp_certificates", help, now.size() - expired, "state", "valid");
    figures.gauge("rsp_certificates", help, expired, "state", "expired");
    figures.gauge("rsp_certificates", help, now.brokenCount(), "state", "broken");
    figures.gauge(
        "rsp_certificates_next_expiry_timestamp_seconds",
        "When the first certificate expires that has not expired yet, in seconds since 1970; 0 if"
            + " there is none.",
        now.nextExpiryMillis() / 1000.0);
    figures.gauge(
        "rsp_certificates_ready",
        "Certificates in memory, ready for handshakes.",
        certificates.readyCount());
    figures.count(
        "rsp_certificate_loads",
        "Certificates that were read for a handshake, by their result.",
        certificates.loadCount(),
        "result",
        "loaded");
    figures.count(
        "rsp_certificate_loads",
        "Certificates that were read for a handshake, by their result.",
        certificates.failureCount(),
        "result",
        "failed");
  }

  private void addOrders(Figures figures, IssuerFigures now) {
    figures.count("rsp_acme_orders", ORDERS, now.issued(), "result", "issued");
    figures.count("rsp_acme_orders", ORDERS, now.renewed(), "result", "renewed");
    figures.count("rsp_acme_orders", ORDERS, now.failed(), "result", "failed");
    figures.count("rsp_acme_orders", ORDERS, now.interrupted(), "result", "interrupted");
    figures.count("rsp_acme_asks", ASKS, now.allowed(), "answer", "allowed");
    figures.count("rsp_acme_asks", ASKS, now.denied(), "answer", "denied");
    figures.count("rsp_acme_asks", ASKS, now.unanswered(), "answer", "none");
    figures.count(
        "rsp_acme_refused",
        "Wishes for a certificate that were refused, because too many hosts wait.",
        now.refused());
    figures.gauge("rsp_acme_queue", "Hosts that wait for an order.", now.queued());
    figures.gauge("rsp_acme_running", "Orders that are under way.", now.running());
    figures.gauge(
        "rsp_acme_waiting_handshakes",
        "Handshakes that wait for their certificate.",
        current.waiting());
    figures.gauge("rsp_acme_stored", "Hosts with a certificate in the store.", now.stored());
    figures.gauge(
        "rsp_acme_budget", "Orders that acme.orders allows in its time.", orders.budget());
    figures.gauge("rsp_acme_budget_used", "Orders of that time so far.", now.budgetUsed());
    figures.gauge(
        "rsp_acme_paused",
        "1 if nothing was ordered since the authority or the store failed last.",
        now.pausedUntil() == null ? 0 : 1);
  }
}
