// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import dev.rsp.log.IoReason;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
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
  private final ReadGarbage garbage = new ReadGarbage();

  /** Held while folders are compared, so that none is compared twice at the same time. */
  private final Object comparing = new Object();

  /** Held while a catalogue is replaced; taken after {@link #comparing}. */
  private final Object replacing = new Object();

  /** Files of certificates that were just written, and are not in the catalogue yet. */
  private final Set<Path> added = new HashSet<>();

  private volatile @Nullable Catalogue catalogue;

  /** Whether the kernel has told of all changes since all were compared. */
  private volatile boolean heardAll;

  /** Whether all must be compared again soon, because files are being written. */
  private volatile boolean again;

  /** Whether all shall be compared without a wait. */
  private volatile boolean wanted;

  /** What was in use when {@link #read} was called the last time. */
  private volatile @Nullable Catalogue readAfter;

  private volatile boolean closed;
  private @Nullable Thread thread;
  private Set<String> logged = new HashSet<>();
  private volatile @Nullable Catalogue written;
  private long indexNanos = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(INDEX_EVERY_MILLIS);

  /** When all may be compared again. */
  private long rested = System.nanoTime();

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
    synchronized (comparing) {
      Catalogue before = catalogue;
      if (before != null && before.settings().equals(settings) && heardAll) {
        Map<Path, Set<String>> changes = watch.takeAll(before.folders());
        if (changes != null && useChanged(before, changes)) {
          compareSoon(); // not all file systems tell of changes
          Catalogue found = catalogue;
          readAfter = found;
          return found == null ? before : found;
        }
      }
      Catalogue known = catalogue;
      readAfter = known;
      return known == null
          ? readFirst(settings)
          : CertificateScan.all(settings, known.entries(), this::keep);
    }
  }

  /** Nobody is served yet, so that this is the best time for a collection. */
  private Catalogue readFirst(CertificateSettings settings) {
    Path file = settings.index();
    IndexedCertificates known = file == null ? null : IndexFile.read(file);
    if (known != null) {
      Catalogue indexed = new Catalogue(settings, known);
      if (indexed.size() > 0) {
        return indexed;
      }
    }
    Catalogue read = CertificateScan.all(settings, List.of(), entry -> false);
    garbage.collectAfter(read.size());
    return read;
  }

  /** Uses what {@link #read} has returned. Certificates that did not change stay ready. */
  @SuppressWarnings("ReferenceEquality") // the same, not an equal one
  public void use(Catalogue next) {
    synchronized (replacing) {
      int most = next.settings().prepared();
      if (prepared == null) {
        prepared = new PreparedCertificates<>(preparation, most, off, entry -> compareSoon());
      }
      prepared().resize(most);
      Catalogue before = catalogue;
      boolean outdated = !Objects.equals(before, readAfter); // what was found meanwhile is newer
      boolean isOlder = outdated && before != null && before.settings().equals(next.settings());
      if (next != before && !isOlder) {
        replaceBy(next);
      }
      boolean unheard = !next.isFromIndex() && !watch.watch(next.folders()).isEmpty();
      if (unheard) {
        heardAll = false;
      }
      if (before != null && (unheard || outdated)) {
        compareSoon();
      }
      if (thread == null && !closed) {
        thread = new Thread(this::run, "certificates");
        thread.setDaemon(true);
        thread.start();
      }
    }
    watch.wake(); // the thread collects the garbage: a reload need not wait for it
  }

  private void collectGarbage() {
    Catalogue now = catalogue;
    garbage.collectAfter(now == null ? 0 : now.size());
  }

  /** Ends the use of all, for a configuration without certificates. */
  public void useNone() {
    synchronized (replacing) {
      Catalogue before = catalogue;
      catalogue = null;
      heardAll = false;
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

  /** Whether a valid certificate has a name, or a wildcard for it; the default does not count. */
  public boolean covers(String serverName) {
    Catalogue now = catalogue;
    return now != null && now.has(serverName);
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
        heardAll = false; // what was heard is lost
        nextPass = after(UNWATCHED_PASS_MILLIS);
      }
    }
  }

  private long step(long nextPass) throws InterruptedException {
    long wait = TimeUnit.NANOSECONDS.toMillis(due(nextPass) - System.nanoTime());
    if (wait > 0) {
      watch.await(wait);
    }
    collectGarbage();
    if (!closed && watch.hasHeard()) {
      watch.settle(SETTLE_MILLIS);
      long start = System.nanoTime();
      compareHeard();
      writeIndex(false);
      collectGarbage();
      watch.settle(REST_AFTER_CHANGE * millisSince(start));
    }
    long next = due(nextPass);
    return closed || next - System.nanoTime() > 0 ? next : pass();
  }

  private long due(long nextPass) {
    long at = wanted ? rested : again ? after(UNWATCHED_PASS_MILLIS) : nextPass;
    return at - nextPass < 0 ? at : nextPass;
  }

  private static long after(long millis) {
    return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
  }

  private static long millisSince(long startNanos) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
  }

  /** Compares all; returns when to do it again. */
  private long pass() {
    wanted = false;
    long start = System.nanoTime();
    compareAll();
    long passMillis = millisSince(start);
    rested = after(REST_AFTER_CHANGE * passMillis);
    writeIndex(false);
    collectGarbage();
    Catalogue now = catalogue;
    boolean watched = now != null && watch.isComplete(now.folders());
    long rest = again || !watched ? UNWATCHED_PASS_MILLIS : WATCHED_PASS_MILLIS;
    return after(Math.max(rest, REST_AFTER_PASS * passMillis));
  }

  /** Compares all files with what is known, and uses what they are now. */
  private void compareAll() {
    synchronized (comparing) {
      Catalogue before = catalogue;
      if (before != null) {
        watch.watch(before.folders());
        watch.take(); // what has changed until now is compared with the rest
        useFound(
            before, CertificateScan.all(before.settings(), before.entries(), this::keep), true);
      }
    }
  }

  /** Compares the files of which the kernel says that they have changed. */
  private void compareHeard() {
    synchronized (comparing) {
      Catalogue before = catalogue;
      Map<Path, Set<String>> changes = watch.take();
      if (before != null && !changes.isEmpty()) {
        useChanged(before, changes);
      }
    }
  }

  private boolean useChanged(Catalogue before, Map<Path, Set<String>> changes) {
    return useFound(before, CertificateScan.changed(before, this::keep, changes), false);
  }

  /**
   * Takes a certificate into use that was just written, without comparing all others. If many are
   * written at the same time, the catalogue is made once for all of them. Blocks.
   *
   * @param file with the certificate, in one of the folders of the settings
   */
  public void added(Path file) {
    synchronized (added) {
      added.add(file);
    }
    synchronized (replacing) {
      List<Path> files;
      synchronized (added) {
        files = List.copyOf(added);
        added.clear();
      }
      Catalogue before = catalogue;
      if (before != null && !files.isEmpty()) {
        replaceBy(CertificateScan.added(before, files, this::keep));
      }
    }
    collectGarbage();
  }

  private boolean keep(CertificateEntry entry) {
    return prepared().keep(entry);
  }

  /** Uses what was found, unless the catalogue was replaced meanwhile; whether it is used. */
  @SuppressWarnings("ReferenceEquality") // the same, not an equal one
  private boolean useFound(Catalogue before, Catalogue next, boolean isAll) {
    synchronized (replacing) {
      if (catalogue != before) {
        again = true; // a reload or an order was faster
        heardAll = false; // who compares next must find what this one has found
        return false;
      }
      boolean same = next == before || next.isLike(before);
      if (!same || before.isFromIndex()) {
        replaceBy(next);
      }
      if (same && before.isFromIndex()) {
        written = next;
      }
      boolean unheard = !watch.watch(next.folders()).isEmpty();
      heardAll = !unheard && (isAll || heardAll);
      again = unheard || next.broken().stream().anyMatch(BrokenCertificate::isNew);
      return true;
    }
  }

  /** A load found other files than expected, or a reload wants to be sure. */
  private void compareSoon() {
    wanted = true;
    watch.wake();
  }

  private void replaceBy(Catalogue next) {
    Catalogue before = catalogue;
    catalogue = next;
    int removed = before == null ? 0 : forget(before, next);
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

  /** Ends the use of those that are no longer there; returns how many. */
  private int forget(Catalogue before, Catalogue next) {
    Set<CertificateEntry> now = Collections.newSetFromMap(new IdentityHashMap<>());
    now.addAll(next.entries());
    int removed = 0;
    for (CertificateEntry entry : before.entries()) {
      if (!now.contains(entry)) {
        prepared().forget(entry);
        removed++;
      }
    }
    return removed;
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

  private synchronized void writeIndex(boolean now) {
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
    writeIndex(true);
    PreparedCertificates<T> made = prepared;
    if (made != null) {
      made.close();
    }
  }
}
