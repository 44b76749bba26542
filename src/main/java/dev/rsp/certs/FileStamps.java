// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The state of the files of a certificate, as one number: of their sizes, times of change,
 * permissions and inodes. Symbolic links are followed.
 */
final class FileStamps {
  /** The multiplier of the 64-bit FNV-1a hash, and its first value. */
  private static final long PRIME = 0x100000001b3L;

  private static final long FIRST = 0xcbf29ce484222325L;

  /** The coarsest times that file systems keep: those of FAT. */
  private static final int RESOLUTION_MILLIS = 2_000;

  private static final List<PosixFilePermission> ALL_PERMISSIONS =
      List.of(PosixFilePermission.values());

  private long number = FIRST;
  private boolean recent;

  private FileStamps() {}

  /**
   * That of now.
   *
   * @throws IOException if a file cannot be found or is no regular file
   */
  static FileStamps of(CertificateFiles files) throws IOException {
    var stamps = new FileStamps();
    stamps.add(files.certificatePath());
    if (files.key() != null) {
      stamps.add(files.keyPath());
    }
    String issuer = files.issuer();
    if (issuer != null) {
      stamps.add(files.folder().resolve(issuer));
    }
    return stamps;
  }

  private void add(Path file) throws IOException {
    PosixFileAttributes now = attributes(file);
    mix(now.size());
    mix(now.lastModifiedTime().to(TimeUnit.NANOSECONDS));
    mix(bits(now.permissions()));
    Object inode = now.fileKey();
    mix(inode == null ? 0 : inode.hashCode());
    // Not so a time in the far future, which a wrong clock has left: it would be recent for long.
    long age = System.currentTimeMillis() - now.lastModifiedTime().toMillis();
    recent |= Math.abs(age) <= RESOLUTION_MILLIS;
  }

  private void mix(long value) {
    number = (number ^ value) * PRIME;
  }

  private static int bits(Set<PosixFilePermission> permissions) {
    int bits = 0;
    for (PosixFilePermission one : ALL_PERMISSIONS) {
      bits = 2 * bits + (permissions.contains(one) ? 1 : 0);
    }
    return bits;
  }

  /** Another number means that a file has changed. */
  long number() {
    return number;
  }

  /**
   * Whether a file was changed so short a time ago that it may change again without another number:
   * at the same time, as far as its file system says, and with the same size.
   */
  boolean areRecent() {
    return recent;
  }

  /** When a file was changed, in milliseconds. */
  static long changedMillis(Path file) throws IOException {
    return attributes(file).lastModifiedTime().toMillis();
  }

  /** Whether users who are neither the owner nor in its group may read a file. */
  static boolean isReadableByOthers(Path file) throws IOException {
    return attributes(file).permissions().contains(PosixFilePermission.OTHERS_READ);
  }

  private static PosixFileAttributes attributes(Path file) throws IOException {
    PosixFileAttributes now = Files.readAttributes(file, PosixFileAttributes.class);
    if (!now.isRegularFile()) {
      // A FIFO would block whoever opens it.
      throw new IOException(now.isDirectory() ? "Is a directory" : "not a regular file");
    }
    return now;
  }
}
