// SPDX-License-Identifier: Apache-2.0
package dev.rsp.access;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Adds lines to the end of a file. A file that was renamed or removed, as logrotate does it, is
 * made again within a second, also without a signal.
 */
final class FileSink implements Sink {
  /** As Debian's packages of nginx and Apache make their logs: clients' addresses are in them. */
  private static final Set<PosixFilePermission> MODE = PosixFilePermissions.fromString("rw-r-----");

  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final ByteBuffer NEW_LINE = ByteBuffer.wrap(new byte[] {'\n'}).asReadOnlyBuffer();

  private final Path path;
  private FileChannel channel;
  private @Nullable Object key;
  private long lookedNanos = System.nanoTime();

  /** Whether the last write ended in the middle of a line, because the disk was full. */
  private boolean torn;

  /**
   * Opens the file, and makes it if it is missing.
   *
   * @throws IOException if that fails
   */
  FileSink(Path path) throws IOException {
    this.path = path;
    this.channel = open(path);
    this.key = keyOf(path);
  }

  private static FileChannel open(Path path) throws IOException {
    return FileChannel.open(
        path,
        EnumSet.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND),
        PosixFilePermissions.asFileAttribute(MODE));
  }

  /** The device and inode of what the path leads to; null if to nothing. */
  private static @Nullable Object keyOf(Path path) {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    } catch (IOException e) {
      return null;
    }
  }

  @Override
  public int write(LineBuffer lines) throws IOException {
    if (!channel.isOpen() || wasRenamed()) {
      reopen();
    }
    if (torn) {
      channel.write(NEW_LINE.duplicate());
      torn = false;
    }
    ByteBuffer content = lines.content();
    try {
      while (content.hasRemaining()) {
        channel.write(content);
      }
      return 0;
    } catch (IOException e) {
      torn = content.position() > 0;
      throw e;
    }
  }

  /** Looks once in a second whether the path leads to another file, or to none. */
  private boolean wasRenamed() {
    long now = System.nanoTime();
    if (now - lookedNanos < LOOK_NANOS) {
      return false;
    }
    lookedNanos = now;
    return !Objects.equals(key, keyOf(path));
  }

  @Override
  public void reopen() throws IOException {
    FileChannel before = channel;
    channel = open(path);
    key = keyOf(path);
    torn = false;
    before.close();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
