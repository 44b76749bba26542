// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where certificates are.
 *
 * @param paths files and folders, absolute
 * @param defaultName a host name or a file among them, for clients that name no host or one without
 *     a certificate; null for none
 * @param index the file in which facts about the certificates are kept for the next start; null for
 *     none
 * @param prepared how many certificates are kept in memory, ready for handshakes
 * @param store one of the paths, which may not be there or not be readable; null if all must be
 */
public record CertificateSettings(
    List<Path> paths,
    @Nullable String defaultName,
    @Nullable Path index,
    int prepared,
    @Nullable Path store) {
  /** About as many as have visitors at the same time on a platform of 24,000 sites. */
  public static final int DEFAULT_PREPARED = 2_000;

  public static final int MAX_PREPARED = 1_000_000;

  /** Paths that must be there. */
  public CertificateSettings(
      List<Path> paths, @Nullable String defaultName, @Nullable Path index, int prepared) {
    this(paths, defaultName, index, prepared, null);
  }

  /** The paths to read now: a store that is not there, or is that of another user, is left out. */
  List<Path> present() {
    Path made = store;
    return made == null || Files.isReadable(made)
        ? paths
        : paths.stream().filter(path -> !path.equals(made)).toList();
  }

  public CertificateSettings {
    paths = List.copyOf(paths);
    if (paths.isEmpty() || prepared < 1) {
      throw new IllegalArgumentException(
          "paths: %d, prepared: %d (expected: >= 1 each)".formatted(paths.size(), prepared));
    }
  }
}
