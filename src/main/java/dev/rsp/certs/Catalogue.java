// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All certificates of a configuration at one moment: facts, no keys. Immutable. */
public final class Catalogue {
  private final CertificateSettings settings;
  private final List<CertificateEntry> entries;
  private final List<BrokenCertificate> broken;
  private final List<Path> folders;
  private final NameIndex names;
  private final boolean fromIndex;

  Catalogue(
      CertificateSettings settings,
      List<CertificateEntry> entries,
      List<BrokenCertificate> broken,
      List<Path> folders,
      boolean fromIndex) {
    this.settings = settings;
    this.entries = List.copyOf(entries);
    this.broken = List.copyOf(broken);
    this.folders = List.copyOf(folders);
    this.names = NameIndex.of(entries, settings.defaultName(), settings.paths());
    this.fromIndex = fromIndex;
  }

  CertificateSettings settings() {
    return settings;
  }

  /** Those that can be served, in no order. */
  List<CertificateEntry> entries() {
    return entries;
  }

  List<BrokenCertificate> broken() {
    return broken;
  }

  List<Path> folders() {
    return folders;
  }

  NameIndex names() {
    return names;
  }

  /** Whether it is that of the index file, and not yet compared with the folders. */
  boolean isFromIndex() {
    return fromIndex;
  }

  /** Whether another one says the same of the same files, and will go on to do so. */
  boolean isLike(Catalogue other) {
    return settings.equals(other.settings)
        && entries.size() == other.entries.size()
        && folders.size() == other.folders.size()
        && broken.equals(other.broken)
        && !other.names.isOutdated()
        && new HashSet<>(other.entries).containsAll(entries)
        && new HashSet<>(other.folders).containsAll(folders);
  }

  /** How many certificates can be served, also expired ones. */
  public int size() {
    return entries.size();
  }

  public int brokenCount() {
    return broken.size();
  }

  /** Whether the configured default is among them, or none is configured. */
  public boolean hasDefault() {
    return settings.defaultName() == null || names.hasDefault();
  }

  /** How many that can be served have expired. */
  public int expiredCount() {
    long now = System.currentTimeMillis();
    return (int) entries.stream().filter(entry -> entry.notAfterMillis() < now).count();
  }

  /** When the first certificate expires that has not expired yet, in milliseconds; 0 for none. */
  public long nextExpiryMillis() {
    long now = System.currentTimeMillis();
    long next = Long.MAX_VALUE;
    for (CertificateEntry entry : entries) {
      if (entry.notAfterMillis() >= now) {
        next = Math.min(next, entry.notAfterMillis());
      }
    }
    return next == Long.MAX_VALUE ? 0 : next;
  }

  /** What operators want to know of each: broken ones first, then in the order of expiry. */
  public List<CertificateReport> reports() {
    List<CertificateReport> reports = new ArrayList<>();
    broken.forEach(one -> reports.add(CertificateReport.of(one, entryAt(one.path()))));
    entries.stream()
        .filter(entry -> broken.stream().noneMatch(one -> one.path().equals(entry.path())))
        .sorted(CertificateReport.ORDER)
        .forEach(entry -> reports.add(CertificateReport.of(entry)));
    return reports;
  }

  /** The same for the certificates that clients may get for a name. */
  public List<CertificateReport> reportsFor(String name) {
    Named named = names.find(name);
    return named == null
        ? List.of()
        : entries.stream()
            .filter(named::has)
            .sorted(CertificateReport.ORDER)
            .map(CertificateReport::of)
            .toList();
  }

  private @Nullable CertificateEntry entryAt(Path path) {
    return entries.stream().filter(entry -> entry.path().equals(path)).findFirst().orElse(null);
  }
}
