// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import dev.rsp.log.IoReason;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears from the kernel (inotify) which files in folders change. Not all folders can be watched, so
 * whoever uses it must also look now and then. Thread-safe; one thread waits.
 */
final class FolderWatch implements Closeable {
  private static final Logger log = LoggerFactory.getLogger(FolderWatch.class);

  /** Half of the default of fs.inotify.max_user_watches before Linux 5.11, of all programs. */
  static final int MAX_FOLDERS = 4_096;

  private final @Nullable WatchService service;
  private final Map<Path, WatchKey> keys = new HashMap<>();
  private final Map<WatchKey, Path> folders = new HashMap<>();
  private boolean limitLogged;
  private boolean closed;

  FolderWatch() {
    WatchService opened = null;
    try {
      opened = FileSystems.getDefault().newWatchService();
    } catch (IOException e) {
      log.warn(
          "folders of certificates are not watched, only read now and then: {}", IoReason.of(e));
    }
    this.service = opened;
  }

  /** Whether all these folders are watched. */
  synchronized boolean isComplete(List<Path> all) {
    return keys.keySet().containsAll(all);
  }

  /**
   * Watches these folders and no others.
   *
   * @return those that are watched from now on: what changed in them until now was not heard
   */
  synchronized Set<Path> watch(List<Path> wanted) {
    Set<Path> added = new HashSet<>();
    WatchService with = service;
    if (with == null || closed) {
      return added;
    }
    Set<Path> all = new HashSet<>(wanted);
    keys.entrySet()
        .removeIf(
            entry -> {
              boolean gone = !all.contains(entry.getKey()) || !entry.getValue().isValid();
              if (gone) {
                entry.getValue().cancel();
                folders.remove(entry.getValue());
              }
              return gone;
            });
    for (Path folder : wanted) {
      if (keys.size() >= MAX_FOLDERS) {
        logLimit("more than " + MAX_FOLDERS + " folders");
        break;
      }
      if (!keys.containsKey(folder)) {
        if (!register(folder, with)) {
          break;
        }
        added.add(folder);
      }
    }
    return added;
  }

  private boolean register(Path folder, WatchService with) {
    try {
      WatchKey key =
          folder.register(
              with,
              StandardWatchEventKinds.ENTRY_CREATE,
              StandardWatchEventKinds.ENTRY_MODIFY,
              StandardWatchEventKinds.ENTRY_DELETE);
      keys.put(folder, key);
      folders.put(key, folder);
      return true;
    } catch (NoSuchFileException e) {
      return true; // removed meanwhile, which an event of the folder around it says
    } catch (IOException e) {
      logLimit(IoReason.of(e));
      return false;
    } catch (ClosedWatchServiceException e) {
      return false;
    }
  }

  private void logLimit(String reason) {
    if (!limitLogged) {
      limitLogged = true;
      log.info("some folders of certificates are not watched, only read now and then: {}", reason);
    }
  }

  /**
   * Waits for a change, or until the time is over, or until it is closed.
   *
   * @param changes gets the names of what changed, by their folders; an empty set if all may have
   *     changed
   */
  void await(long millis, Map<Path, Set<String>> changes) throws InterruptedException {
    WatchService from = service;
    if (from == null) {
      sleep(millis);
      return;
    }
    try {
      WatchKey key = from.poll(millis, TimeUnit.MILLISECONDS);
      while (key != null) {
        take(key, changes);
        key = from.poll();
      }
    } catch (ClosedWatchServiceException e) {
      log.debug("the watch of folders was closed", e);
    }
  }

  private synchronized void sleep(long millis) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    long left = end - System.nanoTime();
    while (!closed && left > 0) {
      wait(TimeUnit.NANOSECONDS.toMillis(left) + 1);
      left = end - System.nanoTime();
    }
  }

  private synchronized void take(WatchKey key, Map<Path, Set<String>> changes) {
    Path folder = folders.get(key);
    for (WatchEvent<?> event : key.pollEvents()) {
      if (folder == null) {
        continue;
      }
      Set<String> names = changes.get(folder);
      boolean isAll = names != null && names.isEmpty();
      if (event.context() instanceof Path name && isPlain(name) && !isAll) {
        changes.computeIfAbsent(folder, any -> new HashSet<>()).add(name.toString());
      } else if (event.kind() == StandardWatchEventKinds.OVERFLOW || !isHidden(event)) {
        changes.put(folder, new HashSet<>());
      }
    }
    if (!key.reset() && folder != null) {
      keys.remove(folder); // the folder was removed
      folders.remove(key);
    }
  }

  /**
   * Whether a name can be that of a certificate. Others may be folders, or what symbolic links of
   * certificates lead to, as Kubernetes changes them.
   */
  private static boolean isPlain(Path name) {
    String text = name.toString();
    return text.charAt(0) != '.' && CertificateFolders.isOfCertificate(text);
  }

  /**
   * New files that programs are about to rename begin with a dot; {@code ..data} is no such file.
   */
  private static boolean isHidden(WatchEvent<?> event) {
    String text = String.valueOf(event.context());
    return text.startsWith(".") && !text.startsWith("..");
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    try {
      if (service != null) {
        service.close();
      }
    } catch (IOException e) {
      log.debug("cannot close the watch of folders", e);
    }
  }
}
