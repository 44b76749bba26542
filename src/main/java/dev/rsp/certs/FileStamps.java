// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.concurrent.TimeUnit;

/** Whether files have changed: by their sizes, their times of change, and their inodes. */
final class FileStamps {
  /** The multiplier of the 64-bit FNV-1a hash. */
  private static final long PRIME = 0x100000001b3L;

  private FileStamps() {}

  /**
   * One number for the state of all files of a certificate. Symbolic links are followed.
   *
   * @throws IOException if one cannot be found or is no regular file
   */
  static long of(CertificateFiles files) throws IOException {
    long stamp = mix(files.certificatePath(), 0xcbf29ce484222325L);
    if (files.key() != null) {
      stamp = mix(files.keyPath(), stamp);
    }
    String issuer = files.issuer();
    return issuer == null ? stamp : mix(files.folder().resolve(issuer), stamp);
  }

  private static long mix(Path file, long before) throws IOException {
    PosixFileAttributes now = attributes(file);
    long stamp = (before ^ now.size()) * PRIME;
    stamp = (stamp ^ now.lastModifiedTime().to(TimeUnit.NANOSECONDS)) * PRIME;
    Object inode = now.fileKey();
    return (stamp ^ (inode == null ? 0 : inode.hashCode())) * PRIME;
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
