// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * A copy of the file as the daemon serves with it, beside the journal: a command can tell what a
 * reload would do, also when the file itself was changed. All methods block.
 */
public final class RunningCopy {
  private static final String SUFFIX = ".running";

  private RunningCopy() {}

  /** Where the copy is; null if the configuration has no journal in a file. */
  public static @Nullable Path path(Config config) {
    Path journal = config.safeguards().journal().file();
    return journal == null ? null : journal.resolveSibling(journal.getFileName() + SUFFIX);
  }

  /**
   * Writes the copy of a configuration that is in force from now on, for its owner only: it may
   * contain secrets.
   *
   * @throws IOException if that fails
   */
  public static void save(Config config) throws IOException {
    Path path = path(config);
    if (path == null) {
      return;
    }
    // A journal beside a file that was named without a folder has none either.
    Path draft =
        Files.createTempFile(
            path.toAbsolutePath().getParent(),
            path.getFileName() + ".",
            ".tmp",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    boolean moved = false;
    try {
      Files.write(draft, config.program().source());
      Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      moved = true;
    } finally {
      if (!moved) {
        Files.deleteIfExists(draft);
      }
    }
  }

  /**
   * Removes the copy of a configuration that is no longer in force.
   *
   * @throws IOException if that fails
   */
  public static void remove(Config config) throws IOException {
    Path path = path(config);
    if (path != null) {
      Files.deleteIfExists(path);
    }
  }

  /**
   * The configuration that is in force, by the copy beside the journal of a newer one.
   *
   * @return null if there is none: the daemon does not run, or has another journal
   * @throws ConfigException if it cannot be loaded now
   * @throws IOException if it cannot be read
   */
  public static @Nullable Config load(Config newer) throws ConfigException, IOException {
    Path path = path(newer);
    if (path == null) {
      return null;
    }
    byte[] source;
    try {
      source = Files.readAllBytes(path);
    } catch (NoSuchFileException e) {
      return null;
    }
    // Under the file's own name, to which the paths in it are relative.
    return ConfigLoader.load(
        newer.program().name(), new ByteArrayInputStream(source), ListenCheck.NONE);
  }
}
