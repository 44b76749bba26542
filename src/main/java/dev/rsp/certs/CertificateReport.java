// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What operators want to know of a certificate.
 *
 * @param path the file, or a folder that cannot be read
 * @param names that it covers; empty if that is not known
 * @param keyType such as {@code ECDSA P-256}; empty if that is not known
 * @param notBefore null if that is not known
 * @param notAfter null if that is not known
 * @param served whether it is served
 * @param problem why it is not served, or not accepted by clients; null if all is well
 * @param notes what else is doubtful
 */
public record CertificateReport(
    String path,
    List<String> names,
    String keyType,
    @Nullable Instant notBefore,
    @Nullable Instant notAfter,
    boolean served,
    @Nullable String problem,
    List<String> notes) {
  static final Comparator<CertificateEntry> ORDER =
      Comparator.comparingLong(CertificateEntry::notAfterMillis)
          .thenComparing(CertificateEntry::path);

  static CertificateReport of(CertificateEntry entry) {
    Instant now = Instant.now();
    Instant begin = Instant.ofEpochMilli(entry.notBeforeMillis());
    Instant end = Instant.ofEpochMilli(entry.notAfterMillis());
    String problem = null;
    if (end.isBefore(now)) {
      problem = "expired " + end.truncatedTo(ChronoUnit.SECONDS);
    } else if (begin.isAfter(now)) {
      problem = "not valid before " + begin.truncatedTo(ChronoUnit.SECONDS);
    }
    return new CertificateReport(
        entry.toString(), entry.names(), entry.keyType(), begin, end, true, problem, entry.notes());
  }

  /** One whose files are broken; the last good one may still be in memory. */
  static CertificateReport of(BrokenCertificate broken, @Nullable CertificateEntry last) {
    return last == null
        ? new CertificateReport(
            broken.path().toString(), List.of(), "", null, null, false, broken.reason(), List.of())
        : new CertificateReport(
            broken.path().toString(),
            last.names(),
            last.keyType(),
            Instant.ofEpochMilli(last.notBeforeMillis()),
            Instant.ofEpochMilli(last.notAfterMillis()),
            true,
            broken.reason(),
            List.of("the last good one is still served"));
  }

  /** Whole days until it expires, negative if it has; null if that is not known. */
  public @Nullable Long daysLeft() {
    return notAfter == null
        ? null
        : Math.floorDiv(notAfter.getEpochSecond() - Instant.now().getEpochSecond(), 86_400L);
  }

  /** For JSON. */
  public Map<String, @Nullable Object> values() {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("path", path);
    values.put("names", names);
    values.put("key_type", keyType.isEmpty() ? null : keyType);
    values.put("not_before", notBefore == null ? null : notBefore.toString());
    values.put("not_after", notAfter == null ? null : notAfter.toString());
    values.put("days_left", daysLeft());
    values.put("served", served);
    values.put("problem", problem);
    values.put("notes", notes);
    return values;
  }
}
