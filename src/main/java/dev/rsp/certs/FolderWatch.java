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
 * Hears from the kernel (inotify) which files in folders change, and keeps their names until
 * somebody takes them. Not all folders can be watched, so whoever uses it must also look now and
 * then. Thread-safe; one thread waits.
 */
final class FolderWatch implements Closeable {
  private static final Logger log = LoggerFactory.getLogger(FolderWatch.class);

  /** Half of the default of fs.inotify.max_user_watches before Linux 5.11, of all programs. */
  static final int MAX_FOLDERS = 4_096;

  /**
   * How often what the kernel has is read at most before the folders are compared instead: 8 KiB
   * each time, some 100 events. The kernel keeps 16,384 (inotify(7), max_queued_events).
   */
  private static final int MAX_ROUNDS = 256;

  private final @Nullable WatchService service;
  private final Map<Path, WatchKey> keys = new HashMap<>();
  private final Map<WatchKey, Path> folders = new HashMap<>();

  /** The names of what has changed, by their folders; an empty set if all may have changed. */
  private Map<Path, Set<String>> heard = new HashMap<>();

  /** How many events there were. */
  private long events;

  private boolean limitLogged;
  private boolean closed;

  /** The thread that waits for events. */
  private @Nullable Thread waiting;

  private boolean woken;

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
      WatchKey key = key(folder, with);
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

  private static WatchKey key(Path folder, WatchService with) throws IOException {
    return folder.register(
        with,
        StandardWatchEventKinds.ENTRY_CREATE,
        StandardWatchEventKinds.ENTRY_MODIFY,
        StandardWatchEventKinds.ENTRY_DELETE);
  }

  private void logLimit(String reason) {
    if (!limitLogged) {
      limitLogged = true;
      log.info("some folders of certificates are not watched, only read now and then: {}", reason);
    }
  }

  /** Waits for a change that nobody has taken, or until the time is over, or {@link #wake}. */
  void await(long millis) throws InterruptedException {
    if (!hasHeard()) {
      listen(millis);
    }
  }

  /**
   * Listens for some time at least, so that programs finish what they write. Events must not wait
   * for it: Java keeps 512 for each folder.
   */
  void settle(long millis) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    for (long left = millis; left > 0 && !isClosed(); ) {
      listen(left);
      left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    }
  }

  /** Ends the wait of the thread that waits, or its next one. */
  synchronized void wake() {
    woken = true;
    notifyAll();
    if (waiting != null) {
      waiting.interrupt();
    }
  }

  private void listen(long millis) throws InterruptedException {
    WatchService from = service;
    if (from == null) {
      sleep(millis);
      return;
    }
    if (!beginWait()) {
      return;
    }
    WatchKey key = null;
    try {
      key = from.poll(millis, TimeUnit.MILLISECONDS);
    } catch (ClosedWatchServiceException e) {
      log.debug("the watch of folders was closed", e);
    } catch (InterruptedException e) {
      if (!isWoken()) {
        throw e;
      }
    } finally {
      endWait();
    }
    while (key != null) {
      hear(key);
      key = next(from);
    }
  }

  private static @Nullable WatchKey next(WatchService from) {
    try {
      return from.poll();
    } catch (ClosedWatchServiceException e) {
      return null;
    }
  }

  private synchronized boolean beginWait() {
    boolean now = !woken && !closed;
    woken = false;
    waiting = now ? Thread.currentThread() : null;
    return now;
  }

  private synchronized boolean isWoken() {
    return woken;
  }

  private synchronized void endWait() {
    if (woken) {
      woken = false;
      Thread.interrupted(); // which wake() has set
    }
    waiting = null;
  }

  /** Whether there are changes that nobody has taken. */
  synchronized boolean hasHeard() {
    return !heard.isEmpty();
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  /**
   * What has changed since the last call: the names of files, by their folders; an empty set if all
   * of a folder may have changed.
   */
  synchronized Map<Path, Set<String>> take() {
    keys.values().forEach(this::collect);
    Map<Path, Set<String>> taken = heard;
    heard = new HashMap<>();
    return taken;
  }

  /**
   * The same, with all that has changed in these folders until now.
   *
   * @return null if that is not certain
   */
  synchronized @Nullable Map<Path, Set<String>> takeAll(List<Path> all) {
    WatchService with = service;
    if (with == null || all.isEmpty() || !keys.keySet().containsAll(all)) {
      return null;
    }
    try {
      // The thread of Java reads what the kernel has, and then takes a request: one for a folder
      // that is watched changes nothing. Without events meanwhile it has read all.
      for (int round = 0; round < MAX_ROUNDS; round++) {
        long before = events;
        WatchKey same = key(all.get(0), with);
        keys.values().forEach(this::collect);
        if (!same.equals(keys.get(all.get(0)))) {
          return null; // another folder has this path now
        }
        if (events == before) {
          return take();
        }
      }
    } catch (IOException | ClosedWatchServiceException e) {
      log.debug("cannot hear what has changed", e);
    }
    return null;
  }

  private synchronized void sleep(long millis) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    long left = end - System.nanoTime();
    while (!closed && !woken && left > 0) {
      wait(TimeUnit.NANOSECONDS.toMillis(left) + 1);
      left = end - System.nanoTime();
    }
    woken = false;
  }

  private synchronized void hear(WatchKey key) {
    collect(key);
    Path folder = folders.get(key);
    if (!key.reset() && folder != null) {
      keys.remove(folder); // the folder was removed
      folders.remove(key);
    }
  }

  private void collect(WatchKey key) {
    Path folder = folders.get(key);
    for (WatchEvent<?> event : key.pollEvents()) {
      events++;
      if (folder == null) {
        continue;
      }
      Set<String> names = heard.get(folder);
      boolean isAll = names != null && names.isEmpty();
      if (event.context() instanceof Path name && isPlain(name)) {
        if (!isAll) {
          heard.computeIfAbsent(folder, any -> new HashSet<>()).add(name.toString());
        }
      } else if (event.kind() == StandardWatchEventKinds.OVERFLOW || !isHidden(event)) {
        heard.put(folder, new HashSet<>());
      }
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
