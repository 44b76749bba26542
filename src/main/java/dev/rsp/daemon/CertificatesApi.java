// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.admin.ApiReply;
import dev.rsp.admin.ApiRequest;
import dev.rsp.certs.Catalogue;
import dev.rsp.certs.CertificateReport;
import dev.rsp.certs.Certificates;
import dev.rsp.metrics.Figures;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What operators and Prometheus are told of the certificates. Thread-safe. */
final class CertificatesApi {
  private static final int MOST = 10_000;
  private static final int USUAL = 100;

  private final Certificates<?> certificates;

  CertificatesApi(Certificates<?> certificates) {
    this.certificates = certificates;
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
    return ApiReply.ok(values);
  }

  private static @Nullable String nextExpiry(Catalogue now) {
    long next = now.nextExpiryMillis();
    return next == 0 ? null : Instant.ofEpochMilli(next).toString();
  }

  /** Adds the figures, if there are certificates. */
  void addTo(Figures figures) {
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
}
