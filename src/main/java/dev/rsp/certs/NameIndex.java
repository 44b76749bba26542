// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which certificates cover which names. Immutable. A name costs about 100 bytes.
 *
 * <p>A map of Java: names that collide in it, which a tenant could choose, cost a tree of names and
 * no list. After a start it is the table of the index file.
 */
final class NameIndex {
  private final Function<String, @Nullable Named> byName;
  private final int size;
  private final @Nullable Named byDefault;

  /** When the next certificate begins to be valid. */
  private final long outdatedMillis;

  private NameIndex(
      Function<String, @Nullable Named> byName,
      int size,
      @Nullable Named byDefault,
      long outdatedMillis) {
    this.byName = byName;
    this.size = size;
    this.byDefault = byDefault;
    this.outdatedMillis = outdatedMillis;
  }

  static NameIndex of(
      Collection<CertificateEntry> entries, @Nullable String defaultName, List<Path> paths) {
    long now = System.currentTimeMillis();
    Map<String, Named> byName = new HashMap<>(entries.size() * 2);
    long begin = Long.MAX_VALUE;
    for (CertificateEntry entry : entries) {
      if (entry.notBeforeMillis() > now) {
        begin = Math.min(begin, entry.notBeforeMillis());
      }
      for (String name : entry.names()) {
        byName.computeIfAbsent(name, Named::new).offer(entry, now);
      }
    }
    return withDefault(byName::get, byName.size(), begin, defaultName, file -> entries, paths);
  }

  /** The same of an index file, which is to be compared with the folders soon. */
  static NameIndex of(IndexedCertificates indexed, @Nullable String defaultName, List<Path> paths) {
    return withDefault(
        indexed::named, indexed.names(), Long.MAX_VALUE, defaultName, indexed::inFilesNamed, paths);
  }

  private static NameIndex withDefault(
      Function<String, @Nullable Named> byName,
      int size,
      long outdatedMillis,
      @Nullable String defaultName,
      Function<String, Collection<CertificateEntry>> inFilesNamed,
      List<Path> paths) {
    NameIndex index = new NameIndex(byName, size, null, outdatedMillis);
    if (defaultName == null) {
      return index;
    }
    Named byDefault = index.defaultOf(defaultName, inFilesNamed, paths);
    return new NameIndex(byName, size, byDefault, outdatedMillis);
  }

  private @Nullable Named defaultOf(
      String text, Function<String, Collection<CertificateEntry>> inFilesNamed, List<Path> paths) {
    Named own = byName.apply(CertificateNames.canonical(text));
    Named named = own == null ? find(text) : own;
    if (named != null) {
      return named;
    }
    Path file = Path.of(text).getFileName();
    if (file == null) {
      return null;
    }
    Named byFile = null;
    for (CertificateEntry entry : inFilesNamed.apply(file.toString())) {
      Path path = entry.path();
      if (paths.stream().anyMatch(one -> one.resolve(text).equals(path))
          || paths.stream().anyMatch(one -> one.resolveSibling(text).equals(path))) {
        byFile = byFile == null ? new Named(text) : byFile;
        byFile.offer(entry, System.currentTimeMillis());
      }
    }
    return byFile;
  }

  /**
   * The certificates for a name: those that have it, else those of a wildcard, else the default. An
   * expired certificate is found only if the next ones are no better.
   *
   * @param serverName as the client sent it; null if it sent none
   * @return null if there is none
   */
  @Nullable Named find(@Nullable String serverName) {
    Named own = serverName == null ? null : findOwn(serverName);
    return own == null ? byDefault : own;
  }

  /** The same without the default. */
  @Nullable Named findOwn(String serverName) {
    String name = CertificateNames.canonical(serverName);
    boolean isPattern = name.startsWith("*"); // which no client may ask for
    Named exact = isPattern ? null : byName.apply(name);
    long now = System.currentTimeMillis();
    if (exact != null && exact.isValidAt(now)) {
      return exact;
    }
    String pattern = CertificateNames.wildcardOf(name);
    Named wildcard = pattern == null || isPattern ? null : byName.apply(pattern);
    if (wildcard != null && (exact == null || wildcard.isValidAt(now))) {
      return wildcard;
    }
    return exact;
  }

  /** Whether a certificate has become valid that may be a better choice. */
  boolean isOutdated() {
    return System.currentTimeMillis() >= outdatedMillis;
  }

  /** Whether there is a default. */
  boolean hasDefault() {
    return byDefault != null;
  }

  int size() {
    return size;
  }
}
