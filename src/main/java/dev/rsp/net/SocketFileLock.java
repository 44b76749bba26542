// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import dev.rsp.log.IoReason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Lets one process at a time replace or remove the file of a Unix socket: a lock on a file beside
 * it, which exists only meanwhile. The kernel releases the lock of a process that is killed.
 */
final class SocketFileLock {
  /** What is done under the lock. */
  interface Step {
    void run() throws IOException;
  }

  /** Others hold it for some system calls, so a longer wait means that something is wrong. */
  private static final long PATIENCE_NANOS = 2_000_000_000;

  private static final long POLL_NANOS = 2_000_000;

  /** Sizes of the lock file, in bytes; it is sparse. */
  private static final int SIZES = 1 << 20;

  private final Path file;
  private final FileChannel channel;

  private SocketFileLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Takes the lock, runs a step, and releases the lock. Waits for some seconds at most.
   *
   * @param socket the path of the socket
   * @throws IOException if the lock cannot be had, or the step failed
   */
  static void holding(Path socket, Step step) throws IOException {
    SocketFileLock lock = of(socket);
    try {
      step.run();
    } finally {
      lock.release();
    }
  }

  private static SocketFileLock of(Path socket) throws IOException {
    Path file = socket.resolveSibling(socket.getFileName() + ".lock");
    long start = System.nanoTime();
    while (true) {
      String reason = "another program holds it";
      try {
        SocketFileLock lock = tryLock(file);
        if (lock != null) {
          return lock;
        }
      } catch (IOException e) {
        reason = IoReason.of(e);
      }
      if (System.nanoTime() - start >= PATIENCE_NANOS) {
        throw new IOException("cannot lock " + file + ": " + reason);
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  private static @Nullable SocketFileLock tryLock(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    SocketFileLock lock = null;
    try {
      FileLock held = channel.tryLock();
      if (held != null && isStill(file, channel)) {
        lock = new SocketFileLock(file, channel);
      }
    } catch (OverlappingFileLockException e) {
      // this process itself holds it
    } finally {
      if (lock == null) {
        channel.close();
      }
    }
    return lock;
  }

  /**
   * Whether the file that is locked is still the one of that name: the holder before has deleted
   * its own. Java offers no fstat(2), so the file gets a size that others do not have.
   */
  private static boolean isStill(Path file, FileChannel channel) throws IOException {
    int size = ThreadLocalRandom.current().nextInt(1, SIZES);
    channel.truncate(0);
    channel.write(ByteBuffer.allocate(1), size - 1L);
    try {
      return Files.size(file) == size;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** Deletes the file and releases the lock. */
  private void release() throws IOException {
    try {
      Files.deleteIfExists(file);
    } finally {
      channel.close();
    }
  }
}
