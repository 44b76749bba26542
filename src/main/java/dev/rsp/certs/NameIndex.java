// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which certificates cover which names. Immutable. A name costs about 100 bytes.
 *
 * <p>A map of Java: names that collide in it, which a tenant could choose, cost a tree of names and
 * no list.
 */
final class NameIndex {
  private final Map<String, Named> byName;
  private final @Nullable Named byDefault;

  /** When the next certificate begins to be valid. */
  private final long outdatedMillis;

  private NameIndex(Map<String, Named> byName, @Nullable Named byDefault, long outdatedMillis) {
    this.byName = byName;
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
    NameIndex index = new NameIndex(byName, null, begin);
    return defaultName == null
        ? index
        : new NameIndex(byName, index.defaultOf(defaultName, entries, paths), begin);
  }

  private @Nullable Named defaultOf(
      String text, Collection<CertificateEntry> entries, List<Path> paths) {
    Named own = byName.get(CertificateNames.canonical(text));
    Named named = own == null ? find(text) : own;
    if (named != null) {
      return named;
    }
    Named byFile = null;
    for (CertificateEntry entry : entries) {
      Path file = entry.path();
      if (paths.stream().anyMatch(path -> path.resolve(text).equals(file))
          || paths.stream().anyMatch(path -> path.resolveSibling(text).equals(file))) {
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
    if (serverName == null) {
      return byDefault;
    }
    String name = CertificateNames.canonical(serverName);
    boolean isPattern = name.startsWith("*"); // which no client may ask for
    Named exact = isPattern ? null : byName.get(name);
    long now = System.currentTimeMillis();
    if (exact != null && exact.isValidAt(now)) {
      return exact;
    }
    String pattern = CertificateNames.wildcardOf(name);
    Named wildcard = pattern == null || isPattern ? null : byName.get(pattern);
    if (wildcard != null && (exact == null || wildcard.isValidAt(now))) {
      return wildcard;
    }
    return exact == null ? byDefault : exact;
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
    return byName.size();
  }
}
