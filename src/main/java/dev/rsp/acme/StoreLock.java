// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lock of a store: one process orders for it, and in this process one configuration.
 * Thread-safe.
 */
final class StoreLock implements Closeable {
  private static final Logger log = LoggerFactory.getLogger(StoreLock.class);

  /**
   * The locks of this process. A process loses its lock on a file when it closes any descriptor of
   * the file (fcntl(2)), so a second configuration must not even open it.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path file;
  private @Nullable FileChannel channel;
  private @Nullable Path held;

  /**
   * A lock that is not taken yet.
   *
   * @param file made by {@link #take}; its folder must be there by then
   */
  StoreLock(Path file) {
    this.file = file;
  }

  /**
   * Whether the lock is taken, now or before. Does not wait.
   *
   * @throws IOException if the file cannot be opened
   */
  synchronized boolean take() throws IOException {
    if (channel != null) {
      return true;
    }
    Path folder = file.toAbsolutePath().getParent();
    Path name = folder == null ? file : folder.toRealPath().resolve(file.getFileName());
    if (!HELD.add(name)) {
      return false;
    }
    try {
      channel = locked();
      held = name;
    } finally {
      if (channel == null) {
        HELD.remove(name);
      }
    }
    return channel != null;
  }

  private @Nullable FileChannel locked() throws IOException {
    FileChannel opened =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    boolean taken = false;
    try {
      taken = opened.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      log.debug("something else in this process holds the lock {}", file, e);
    } finally {
      if (!taken) {
        opened.close();
      }
    }
    return taken ? opened : null;
  }

  @Override
  public synchronized void close() throws IOException {
    FileChannel open = channel;
    Path name = held;
    channel = null;
    held = null;
    if (open != null && name != null) {
      try {
        open.close();
      } finally {
        HELD.remove(name);
      }
    }
  }
}
