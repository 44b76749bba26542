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
import java.util.ArrayList;
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
 * then. Thread-safe.
 *
 * <p>A thread of its own listens, from the first folder on, and does nothing else: Java 17 keeps
 * 512 events for each folder, as many as 90 renewed files cause.
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

  private final Map<Path, Watched> watched = new HashMap<>();

  /** The paths of a folder that is watched: by symbolic links it may have several. */
  private final Map<WatchKey, Set<Path>> paths = new HashMap<>();

  /**
   * The names of what has changed, by their folders; an empty set if all in a folder and below may
   * have changed.
   */
  private Map<Path, Set<String>> heard = new HashMap<>();

  /** How many events there were. */
  private long events;

  /** Whether events were lost by a failure. */
  private boolean missed;

  private @Nullable WatchService service;
  private boolean opened;
  private boolean limitLogged;
  private boolean woken;
  private boolean closed;

  /**
   * A folder that is watched.
   *
   * @param identity which folder had the path then: the kernel watches that one, also under another
   *     name
   */
  private record Watched(WatchKey key, Object identity) {}

  /** Whether all these folders are watched. */
  synchronized boolean isComplete(List<Path> all) {
    return watched.keySet().containsAll(all);
  }

  /**
   * Watches these folders and no others.
   *
   * @return those that are watched from now on: what changed in them until now was not heard
   */
  synchronized Set<Path> watch(List<Path> wanted) {
    Set<Path> all = new HashSet<>(wanted);
    List<Path> gone = new ArrayList<>();
    watched.forEach(
        (path, one) -> {
          if (!all.contains(path) || !one.key.isValid() || !isStill(path, one)) {
            gone.add(path);
          }
        });
    gone.forEach(this::forget);
    Set<Path> added = new HashSet<>();
    WatchService with = wanted.isEmpty() ? null : service();
    if (with == null) {
      return added;
    }
    for (Path folder : wanted) {
      if (watched.size() >= MAX_FOLDERS) {
        logLimit("more than " + MAX_FOLDERS + " folders");
        break;
      }
      if (!watched.containsKey(folder)) {
        if (!register(folder, with)) {
          break;
        }
        added.add(folder);
      }
    }
    return added;
  }

  private void forget(Path path) {
    Watched one = watched.remove(path);
    Set<Path> same = one == null ? null : paths.get(one.key);
    if (one != null && same != null) {
      same.remove(path);
      if (same.isEmpty()) {
        paths.remove(one.key);
        one.key.cancel();
      }
    }
  }

  /** Whether a path still leads to the folder that is watched. */
  private static boolean isStill(Path path, Watched one) {
    try {
      return one.identity.equals(CertificateFolders.identity(path));
    } catch (IOException e) {
      return false;
    }
  }

  /** Made with the first folder: a start without certificates need not pay for it. */
  private @Nullable WatchService service() {
    if (!opened && !closed) {
      opened = true;
      try {
        WatchService made = FileSystems.getDefault().newWatchService();
        service = made;
        var thread = new Thread(() -> listen(made), "certificates-watch");
        thread.setDaemon(true);
        thread.start();
      } catch (IOException e) {
        log.warn(
            "folders of certificates are not watched, only read now and then: {}", IoReason.of(e));
      }
    }
    return closed ? null : service;
  }

  private boolean register(Path folder, WatchService with) {
    try {
      Object identity = CertificateFolders.identity(folder);
      WatchKey key = key(folder, with);
      watched.put(folder, new Watched(key, identity));
      paths.computeIfAbsent(key, any -> new HashSet<>()).add(folder);
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

  private void listen(WatchService from) {
    while (true) {
      try {
        hear(from.take());
      } catch (ClosedWatchServiceException | InterruptedException e) {
        log.debug("the watch of folders was closed", e);
        return;
      } catch (RuntimeException | Error e) {
        log.error("cannot hear which certificates change", e);
        miss();
      }
    }
  }

  private synchronized void hear(WatchKey key) {
    boolean isFirst = heard.isEmpty();
    collect(key);
    if (!key.reset()) {
      // The folder was removed; another one may have its path already.
      for (Path path : List.copyOf(paths.getOrDefault(key, Set.of()))) {
        forget(path);
        heard.put(path, new HashSet<>());
      }
    }
    if (isFirst && !heard.isEmpty()) {
      notifyAll();
    }
  }

  private synchronized void miss() {
    missed = true;
  }

  private void collect(WatchKey key) {
    Set<Path> folders = paths.getOrDefault(key, Set.of());
    for (WatchEvent<?> event : key.pollEvents()) {
      events++;
      folders.forEach(folder -> collect(folder, event));
    }
  }

  private void collect(Path folder, WatchEvent<?> event) {
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

  /** Waits for a change that was not taken yet, or until the time is over, or {@link #wake}. */
  synchronized void await(long millis) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    long left = millis;
    while (heard.isEmpty() && !woken && !closed && left > 0) {
      wait(left);
      left = left(end);
    }
    woken = false;
  }

  /** Waits for some time, so that programs finish what they write. */
  synchronized void settle(long millis) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    long left = millis;
    while (!closed && left > 0) {
      wait(left);
      left = left(end);
    }
  }

  /** At least a millisecond before the end: 0 would wait for ever. */
  private static long left(long endNanos) {
    long left = endNanos - System.nanoTime();
    return left <= 0 ? 0 : TimeUnit.NANOSECONDS.toMillis(left) + 1;
  }

  /** Ends the wait of the thread that waits, or its next one. */
  synchronized void wake() {
    woken = true;
    notifyAll();
  }

  /** Whether there are changes that were not taken yet. */
  synchronized boolean hasHeard() {
    return !heard.isEmpty();
  }

  /**
   * What has changed since the last call: the names of files, by their folders; an empty set if all
   * in a folder and below may have changed.
   */
  synchronized Map<Path, Set<String>> take() {
    paths.keySet().forEach(this::collect);
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
    if (with == null || all.isEmpty() || missed || !areStill(all)) {
      missed = false;
      return null;
    }
    try {
      // The thread of Java reads what the kernel has, and then takes a request: one for a folder
      // that is watched changes nothing. Without events meanwhile it has read all.
      for (int round = 0; round < MAX_ROUNDS; round++) {
        long before = events;
        WatchKey same = key(all.get(0), with);
        paths.keySet().forEach(this::collect);
        Watched first = watched.get(all.get(0));
        if (first == null || !same.equals(first.key)) {
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

  /** Whether all are watched, and each path leads to the folder that is. */
  private boolean areStill(List<Path> all) {
    for (Path path : all) {
      Watched one = watched.get(path);
      if (one == null || !isStill(path, one)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void close() {
    WatchService last;
    synchronized (this) {
      closed = true;
      last = service;
      notifyAll();
    }
    try {
      if (last != null) {
        last.close();
      }
    } catch (IOException e) {
      log.debug("cannot close the watch of folders", e);
    }
  }
}
