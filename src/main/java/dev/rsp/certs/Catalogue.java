// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** All certificates of a configuration at one moment: facts, no keys. Immutable. */
public final class Catalogue {
  private final CertificateSettings settings;
  private final List<BrokenCertificate> broken;
  private final List<Path> folders;
  private final NameIndex names;
  private final int size;

  /** That of the index file, until somebody asks for all entries. */
  private final @Nullable IndexedCertificates indexed;

  private volatile @Nullable List<CertificateEntry> entries;

  /** What was found in the folders. */
  Catalogue(
      CertificateSettings settings,
      List<CertificateEntry> entries,
      List<BrokenCertificate> broken,
      List<Path> folders) {
    this.settings = settings;
    this.entries = List.copyOf(entries);
    this.broken = List.copyOf(broken);
    this.folders = List.copyOf(folders);
    this.names = NameIndex.of(entries, settings.defaultName(), settings.paths());
    this.size = entries.size();
    this.indexed = null;
  }

  /** What an index file knows. */
  Catalogue(CertificateSettings settings, IndexedCertificates indexed) {
    this.settings = settings;
    this.broken = List.of();
    this.indexed = indexed;
    if (indexed.areIn(settings.paths())) {
      this.folders = List.copyOf(indexed.folders());
      this.names = NameIndex.of(indexed, settings.defaultName(), settings.paths());
      this.size = indexed.size();
    } else {
      List<CertificateEntry> some = List.copyOf(indexed.entries(settings.paths()));
      this.folders = List.of();
      this.entries = some;
      this.names = NameIndex.of(some, settings.defaultName(), settings.paths());
      this.size = some.size();
    }
  }

  CertificateSettings settings() {
    return settings;
  }

  /** Those that can be served, in no order. */
  List<CertificateEntry> entries() {
    List<CertificateEntry> known = entries;
    if (known == null) {
      known = indexed == null ? List.of() : List.copyOf(indexed.entries(settings.paths()));
      entries = known;
    }
    return known;
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
    return indexed != null;
  }

  /** Whether another one says the same of the same files, and will go on to do so. */
  boolean isLike(Catalogue other) {
    return settings.equals(other.settings)
        && size == other.size
        && folders.size() == other.folders.size()
        && broken.equals(other.broken)
        && !other.names.isOutdated()
        && new HashSet<>(other.entries()).containsAll(entries())
        && new HashSet<>(other.folders).containsAll(folders);
  }

  /** How many certificates can be served, also expired ones. */
  public int size() {
    return size;
  }

  public int brokenCount() {
    return broken.size();
  }

  /** Whether one that is valid covers a host, which is canonical; the default does not count. */
  public boolean has(String host) {
    Named own = names.findOwn(host);
    return own != null && own.isValidAt(System.currentTimeMillis());
  }

  /** Whether the configured default is among them, or none is configured. */
  public boolean hasDefault() {
    return settings.defaultName() == null || names.hasDefault();
  }

  /** How many that can be served have expired. */
  public int expiredCount() {
    long now = System.currentTimeMillis();
    return (int) entries().stream().filter(entry -> entry.notAfterMillis() < now).count();
  }

  /** When the first certificate expires that has not expired yet, in milliseconds; 0 for none. */
  public long nextExpiryMillis() {
    long now = System.currentTimeMillis();
    long next = Long.MAX_VALUE;
    for (CertificateEntry entry : entries()) {
      if (entry.notAfterMillis() >= now) {
        next = Math.min(next, entry.notAfterMillis());
      }
    }
    return next == Long.MAX_VALUE ? 0 : next;
  }

  /** What operators want to know of each: broken ones first, then in the order of expiry. */
  public List<CertificateReport> reports() {
    return reports(null, Integer.MAX_VALUE);
  }

  /**
   * The first ones of these.
   *
   * @param name only those that have this name; null for all
   */
  public List<CertificateReport> reports(@Nullable String name, int most) {
    Map<Path, BrokenCertificate> problems = new HashMap<>();
    broken.forEach(one -> problems.put(one.path(), one));
    Map<Path, CertificateEntry> kept = new HashMap<>();
    List<CertificateEntry> good = new ArrayList<>();
    for (CertificateEntry entry : entries()) {
      if (!problems.isEmpty() && problems.containsKey(entry.path())) {
        kept.put(entry.path(), entry);
      } else if (name == null || entry.names().contains(name)) {
        good.add(entry);
      }
    }
    good.sort(CertificateReport.ORDER);
    return Stream.concat(
            broken.stream().map(one -> CertificateReport.of(one, kept.get(one.path()))),
            good.stream().map(CertificateReport::of))
        .filter(one -> name == null || one.names().contains(name))
        .limit(most)
        .toList();
  }

  /** The same for the certificates that clients may get for a name. */
  public List<CertificateReport> reportsFor(String name) {
    Named named = names.find(name);
    return named == null
        ? List.of()
        : entries().stream()
            .filter(named::has)
            .sorted(CertificateReport.ORDER)
            .map(CertificateReport::of)
            .toList();
  }
}
