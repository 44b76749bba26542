// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import dev.rsp.log.IoReason;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificates of the daemon: which there are for a name, and those that are ready for
 * handshakes. A name costs some hundred bytes; the certificate itself is read with its first
 * handshake.
 *
 * <p>{@link #find}, {@link #ready} and {@link #load} are for loops and never block. {@link #read}
 * and {@link #use} are for reloads. A thread finds changed files between reloads.
 *
 * @param <T> a certificate that is ready for handshakes
 */
public final class Certificates<T> implements Closeable {
  private static final Logger log = LoggerFactory.getLogger(Certificates.class);

  /** How long files must rest before they are read: programs write certificate and key in turn. */
  private static final int SETTLE_MILLIS = 500;

  /** When all files are compared after a start: the first handshakes need the processor more. */
  private static final int FIRST_PASS_MILLIS = 1_000;

  /** How often all files are compared at most, although the kernel says what changes. */
  private static final int WATCHED_PASS_MILLIS = 10_000;

  /** The same for folders that the kernel does not watch. */
  private static final int UNWATCHED_PASS_MILLIS = 2_000;

  /** Comparing takes a hundredth of one core at most. */
  private static final int REST_AFTER_PASS = 100;

  /** Reading what the kernel said has changed takes a fifth of one core at most. */
  private static final int REST_AFTER_CHANGE = 4;

  /** How often the index is written at most: it may have many megabytes. */
  private static final int INDEX_EVERY_MILLIS = 30_000;

  /** As many broken certificates are named in the log at once. */
  private static final int MAX_LOGGED = 20;

  private final Preparation<T> preparation;
  private final Executor off;

  /**
   * Made for the first catalogue: without certificates its cache would cost a tenth of the start.
   */
  private volatile @Nullable PreparedCertificates<T> prepared;

  private final FolderWatch watch = new FolderWatch();

  /** Held while folders are compared outside of a reload, or a catalogue is replaced. */
  private final Object comparing = new Object();

  private final AtomicBoolean outdated = new AtomicBoolean();
  private volatile @Nullable Catalogue catalogue;

  /** What was in use when {@link #read} was called the last time. */
  private volatile @Nullable Catalogue readAfter;

  private volatile boolean closed;
  private @Nullable Thread thread;
  private Set<String> logged = new HashSet<>();
  private @Nullable Catalogue written;
  private long indexNanos = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(INDEX_EVERY_MILLIS);
  private long passMillis;

  /**
   * Certificates of no folder yet.
   *
   * @param off where certificates are read and prepared; it may block
   */
  public Certificates(Preparation<T> preparation, Executor off) {
    this.preparation = preparation;
    this.off = off;
  }

  /** After {@link #use}. */
  private PreparedCertificates<T> prepared() {
    return Objects.requireNonNull(prepared, "there is a catalogue");
  }

  /**
   * Reads the folders of a configuration that is about to be used: what is new, and what has
   * changed since the last time. The first time, the index file may say what there is. Blocks.
   */
  public Catalogue read(CertificateSettings settings) {
    Catalogue before = catalogue;
    readAfter = before;
    if (before != null) {
      return CertificateScan.all(settings, before.entries(), prepared()::keep);
    }
    Path index = settings.index();
    List<CertificateEntry> known =
        index == null ? List.of() : IndexFile.readOrNothing(index, settings.paths());
    return known.isEmpty()
        ? CertificateScan.all(settings, known, entry -> false)
        : new Catalogue(settings, known, List.of(), List.of(), true);
  }

  /** Uses what {@link #read} has returned. Certificates that did not change stay ready. */
  public void use(Catalogue next) {
    synchronized (comparing) {
      int most = next.settings().prepared();
      if (prepared == null) {
        prepared = new PreparedCertificates<>(preparation, most, off, entry -> compareSoon());
      }
      prepared().resize(most);
      if (!Objects.equals(catalogue, readAfter)) {
        compareSoon(); // what was found meanwhile may be newer
      }
      replaceBy(next);
      watch.watch(next.folders());
      if (thread == null && !closed) {
        thread = new Thread(this::run, "certificates");
        thread.setDaemon(true);
        thread.start();
      }
    }
  }

  /** Ends the use of all, for a configuration without certificates. */
  public void useNone() {
    synchronized (comparing) {
      Catalogue before = catalogue;
      catalogue = null;
      if (before != null) {
        before.entries().forEach(prepared()::forget);
      }
      watch.watch(List.of());
    }
  }

  // For loops -------------------------------------------------------------------------------------

  /**
   * The certificates for a name: exact, wildcard of one label, or the default.
   *
   * @param serverName as the client sent it; null if it sent none
   * @return null if there is none: unrecognized_name (RFC 6066 §3)
   */
  public @Nullable Named find(@Nullable String serverName) {
    Catalogue now = catalogue;
    return now == null ? null : now.names().find(serverName);
  }

  /**
   * A certificate that is ready, retained for the caller.
   *
   * @param takesEcdsa whether the client verifies ECDSA signatures
   * @return null if it must be loaded
   */
  public @Nullable T ready(Named named, boolean takesEcdsa) {
    CertificateEntry entry = named.choose(takesEcdsa, System.currentTimeMillis());
    return entry == null ? null : prepared().ready(entry);
  }

  /**
   * Loads a certificate: off the loops, once for all who ask at the same time. A failure is
   * remembered for some seconds.
   *
   * @param answer gets the certificate, retained for the receiver, or the reason why there is none;
   *     called on {@code loop}
   */
  public void load(
      Named named,
      boolean takesEcdsa,
      Executor loop,
      BiConsumer<@Nullable T, @Nullable String> answer) {
    CertificateEntry entry = named.choose(takesEcdsa, System.currentTimeMillis());
    if (entry == null) {
      loop.execute(() -> answer.accept(null, "the client takes only RSA certificates"));
      return;
    }
    CertificateEntry other = takesEcdsa ? named.choose(false, 0) : null;
    if (other == null || !entry.isEcdsa()) {
      prepared().load(entry, loop, answer);
      return;
    }
    prepared()
        .load(
            entry,
            loop,
            (value, reason) -> {
              if (value == null) {
                prepared().load(other, loop, answer);
              } else {
                answer.accept(value, null);
              }
            });
  }

  // For operators ---------------------------------------------------------------------------------

  /** What there is now; null without a configuration. Any thread. */
  public @Nullable Catalogue catalogue() {
    return catalogue;
  }

  /** How many are ready for handshakes. */
  public long readyCount() {
    PreparedCertificates<T> made = prepared;
    return made == null ? 0 : made.size();
  }

  /** How many were read and prepared since the start. */
  public long loadCount() {
    PreparedCertificates<T> made = prepared;
    return made == null ? 0 : made.loads();
  }

  /** How many could not be read or prepared since the start. */
  public long failureCount() {
    PreparedCertificates<T> made = prepared;
    return made == null ? 0 : made.failures();
  }

  // Changes between reloads -----------------------------------------------------------------------

  private void run() {
    long nextPass = after(FIRST_PASS_MILLIS);
    while (!closed) {
      try {
        nextPass = step(nextPass);
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException | Error e) {
        log.error("cannot compare certificates with their folders", e);
        nextPass = after(UNWATCHED_PASS_MILLIS);
      }
    }
  }

  private long step(long nextPass) throws InterruptedException {
    Map<Path, Set<String>> changes = new HashMap<>();
    long wait = TimeUnit.NANOSECONDS.toMillis(nextPass - System.nanoTime());
    if (wait > 0) {
      watch.await(wait, changes);
    }
    if (closed) {
      return nextPass;
    }
    if (changes.isEmpty()) {
      return nextPass - System.nanoTime() > 0 ? nextPass : pass();
    }
    Thread.sleep(SETTLE_MILLIS);
    watch.await(0, changes);
    long start = System.nanoTime();
    boolean again = compare(changes);
    Thread.sleep(REST_AFTER_CHANGE * millisSince(start));
    return again ? soon(nextPass) : nextPass;
  }

  private static long soon(long nextPass) {
    return Math.min(nextPass - System.nanoTime(), after(UNWATCHED_PASS_MILLIS) - System.nanoTime())
        + System.nanoTime();
  }

  private static long after(long millis) {
    return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
  }

  private static long millisSince(long startNanos) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
  }

  /** Compares all; returns when to do it again. */
  private long pass() {
    long start = System.nanoTime();
    boolean again = compare(null);
    passMillis = millisSince(start);
    Catalogue now = catalogue;
    boolean watched = now != null && watch.isComplete(now.folders());
    long rest = again || !watched ? UNWATCHED_PASS_MILLIS : WATCHED_PASS_MILLIS;
    return after(Math.max(rest, REST_AFTER_PASS * passMillis));
  }

  /**
   * Compares files with what is known, and uses what they are now.
   *
   * @param changes the names of files that have changed, by their folders; null for all
   * @return whether it must be done again soon, because files are being written
   */
  private boolean compare(@Nullable Map<Path, Set<String>> changes) {
    Catalogue before = catalogue;
    if (before == null) {
      return false;
    }
    CertificateSettings settings = before.settings();
    Catalogue next =
        changes == null
            ? CertificateScan.all(settings, before.entries(), prepared()::keep)
            : CertificateScan.changed(settings, before.entries(), prepared()::keep, changes);
    synchronized (comparing) {
      if (!Objects.equals(catalogue, before)) {
        return true; // a reload was faster
      }
      if (!next.isLike(before)) {
        replaceBy(next);
      }
      boolean unheard = !watch.watch(next.folders()).isEmpty();
      writeIndex(false);
      return unheard || next.broken().stream().anyMatch(BrokenCertificate::isNew);
    }
  }

  /** A load found other files than expected. */
  private void compareSoon() {
    if (outdated.compareAndSet(false, true)) {
      try {
        off.execute(
            () -> {
              outdated.set(false);
              compare(null);
            });
      } catch (RejectedExecutionException e) {
        outdated.set(false); // the next pass does it
      }
    }
  }

  private void replaceBy(Catalogue next) {
    Catalogue before = catalogue;
    catalogue = next;
    Set<CertificateEntry> now = Collections.newSetFromMap(new IdentityHashMap<>());
    now.addAll(next.entries());
    int removed = 0;
    if (before != null) {
      for (CertificateEntry entry : before.entries()) {
        if (!now.contains(entry)) {
          prepared().forget(entry);
          removed++;
        }
      }
    }
    Set<Path> broken = new HashSet<>();
    next.broken().forEach(one -> broken.add(one.path()));
    for (CertificateEntry entry : prepared().keptEntries()) {
      if (!broken.contains(entry.path())) {
        prepared().forgetKept(entry);
      }
    }
    int added = before == null ? next.size() : next.size() - before.size() + removed;
    if (added > 0 || removed > 0) {
      log.info(
          "certificates={} new={} gone={} names={} broken={}",
          next.size(),
          added,
          removed,
          next.names().size(),
          next.brokenCount());
    }
    logProblems(next);
  }

  /** Each problem once, until it is solved; not those of files that are being written. */
  private void logProblems(Catalogue next) {
    Set<String> all = new HashSet<>();
    int lines = 0;
    int unnamed = 0;
    for (BrokenCertificate one : next.broken()) {
      String line = "certificate not used path=" + one.path() + ": " + one.reason();
      if (one.isNew() || !all.add(line) || logged.contains(line)) {
        continue;
      }
      if (++lines <= MAX_LOGGED) {
        log.warn("{}", line);
      } else {
        unnamed++;
      }
    }
    if (unnamed > 0) {
      log.warn("certificates not used: {} more (rsp certs FILE lists all)", unnamed);
    }
    if (!next.hasDefault() && logged.stream().noneMatch(String::isEmpty)) {
      log.warn(
          "no certificate for the default of the key certificates: {}",
          next.settings().defaultName());
    }
    if (!next.hasDefault()) {
      all.add("");
    }
    logged = all;
  }

  private void writeIndex(boolean now) {
    Catalogue current = catalogue;
    if (current == null || current.isFromIndex() || Objects.equals(current, written)) {
      return;
    }
    Path file = current.settings().index();
    if (file == null || (!now && millisSince(indexNanos) < INDEX_EVERY_MILLIS)) {
      return;
    }
    indexNanos = System.nanoTime();
    try {
      IndexFile.write(file, current.entries());
    } catch (IOException e) {
      log.warn("index of certificates not written file={}: {}", file, IoReason.of(e));
    }
    written = current;
  }

  @Override
  public void close() {
    closed = true;
    watch.close();
    synchronized (comparing) {
      writeIndex(true);
    }
    PreparedCertificates<T> made = prepared;
    if (made != null) {
      made.close();
    }
  }
}
