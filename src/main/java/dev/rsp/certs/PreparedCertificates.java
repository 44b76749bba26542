// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificates that are ready for handshakes: a bounded number, chosen by W-TinyLFU, so that
 * many that are asked once do not displace those that are asked often. Thread-safe; nothing here
 * blocks a loop.
 */
final class PreparedCertificates<T> {
  private static final Logger log = LoggerFactory.getLogger(PreparedCertificates.class);

  /** So that clients that try again and again cost no reads: as DNS caches failures (RFC 9520). */
  private static final Duration FAILURES_LAST = Duration.ofSeconds(5);

  private static final int MAX_FAILURES = 10_000;

  private final Preparation<T> preparation;
  private final Executor off;
  private final Consumer<CertificateEntry> outdated;
  private final Cache<CertificateEntry, Slot> cache;
  private final Cache<CertificateEntry, String> failures;

  /** Those whose files are broken now: they cannot be read again. */
  private final Map<CertificateEntry, Slot> kept = new ConcurrentHashMap<>();

  private final Map<CertificateEntry, List<Waiter<T>>> loads = new ConcurrentHashMap<>();
  private final LongAdder loaded = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private volatile boolean ended;

  private record Waiter<T>(Executor loop, BiConsumer<@Nullable T, @Nullable String> answer) {}

  /** A prepared certificate, of which the cache is one user until it is closed. */
  private final class Slot {
    private final T value;
    private boolean closed;

    Slot(T value) {
      this.value = value;
    }

    /** The value, retained; null if it was closed meanwhile. */
    synchronized @Nullable T retained() {
      if (closed) {
        return null;
      }
      preparation.retain(value);
      return value;
    }

    synchronized void close() {
      if (!closed) {
        closed = true;
        preparation.release(value);
      }
    }
  }

  /**
   * Prepared certificates; none yet.
   *
   * @param most how many are kept
   * @param off where certificates are read and prepared
   * @param outdated hears of a certificate whose files have changed; on {@code off}
   */
  PreparedCertificates(
      Preparation<T> preparation, int most, Executor off, Consumer<CertificateEntry> outdated) {
    this.preparation = preparation;
    this.off = off;
    this.outdated = outdated;
    this.cache =
        Caffeine.newBuilder()
            .maximumSize(most)
            .executor(off)
            .removalListener(
                (@Nullable CertificateEntry entry, @Nullable Slot slot, RemovalCause cause) -> {
                  if (slot != null) {
                    slot.close();
                  }
                })
            .build();
    this.failures =
        Caffeine.newBuilder()
            .maximumSize(MAX_FAILURES)
            .expireAfterWrite(FAILURES_LAST)
            .executor(off)
            .build();
  }

  /** Changes how many are kept. */
  void resize(int most) {
    cache.policy().eviction().ifPresent(eviction -> eviction.setMaximum(most));
  }

  /** One that is ready, retained for the caller; null if it must be loaded. Any loop. */
  @Nullable T ready(CertificateEntry entry) {
    Slot slot = cache.getIfPresent(entry);
    if (slot == null && !kept.isEmpty()) {
      slot = kept.get(entry);
    }
    return slot == null ? null : slot.retained();
  }

  /** Why it could not be loaded a moment ago; null if it could, or was not tried. */
  @Nullable String failure(CertificateEntry entry) {
    return failures.getIfPresent(entry);
  }

  /**
   * Loads one off the loops, once for all who ask at the same time.
   *
   * @param answer gets the certificate, retained for the receiver, or the reason why there is none;
   *     called on {@code loop}
   */
  void load(
      CertificateEntry entry, Executor loop, BiConsumer<@Nullable T, @Nullable String> answer) {
    Waiter<T> waiter = new Waiter<>(loop, answer);
    boolean[] first = {false};
    loads.compute(
        entry,
        (key, waiting) -> {
          first[0] = waiting == null;
          List<Waiter<T>> all = waiting == null ? new ArrayList<>() : waiting;
          all.add(waiter);
          return all;
        });
    if (first[0]) {
      try {
        off.execute(() -> load(entry));
      } catch (RejectedExecutionException e) {
        answer(loads.remove(entry), null, "too many certificates are being read");
      }
    }
  }

  private void load(CertificateEntry entry) {
    T value = null;
    String reason = null;
    try {
      // Another load may have ended between the look into the cache and this one.
      value = ready(entry);
      reason = value == null ? failure(entry) : null;
      if (value == null && reason == null) {
        value = read(entry);
      }
    } catch (UnusableException e) {
      reason = e.reason();
    } catch (GeneralSecurityException | RuntimeException e) {
      reason = "the TLS library refuses it: " + e.getMessage();
    } catch (Error e) {
      // As when memory outside of the heap is used up: those who wait must be answered, and the
      // next ones must not wait for this load.
      reason = "it could not be loaded: " + e;
    }
    List<Waiter<T>> waiting = loads.remove(entry);
    if (value == null) {
      fail(entry, String.valueOf(reason));
    }
    answer(waiting, value, reason);
    if (value != null) {
      preparation.release(value);
    }
  }

  /** Reads it and keeps it; retained once for the caller. */
  private T read(CertificateEntry entry) throws UnusableException, GeneralSecurityException {
    Credential now = CredentialReader.read(entry.files());
    if (now == null) {
      throw new UnusableException("no certificate with a key in it any more");
    }
    boolean changed = entry.differsFrom(now.entry());
    if (!now.entry().names().containsAll(entry.names())) {
      entry.doubt(); // also if the stamp is the same: that of an index file is not trusted
      outdated.accept(entry);
      throw new UnusableException("it was replaced by one that does not cover the same names");
    }
    T value = preparation.prepare(new Credential(entry, now.key(), now.chain()));
    preparation.retain(value);
    cache.put(entry, new Slot(value));
    if (ended || entry.isRetired()) {
      cache.invalidate(entry);
    }
    loaded.increment();
    if (changed) {
      entry.doubt();
      outdated.accept(entry);
    }
    return value;
  }

  private void fail(CertificateEntry entry, String reason) {
    failed.increment();
    if (failures.asMap().put(entry, reason) == null) {
      log.warn("certificate not loaded path={}: {}", entry, reason);
      outdated.accept(entry);
    }
  }

  private void answer(
      @Nullable List<Waiter<T>> waiting, @Nullable T value, @Nullable String reason) {
    if (waiting == null) {
      return;
    }
    for (Waiter<T> waiter : waiting) {
      if (value != null) {
        preparation.retain(value);
      }
      try {
        waiter.loop.execute(() -> waiter.answer.accept(value, value == null ? reason : null));
      } catch (RejectedExecutionException e) {
        if (value != null) {
          preparation.release(value); // the loop has ended
        }
      }
    }
  }

  /** Keeps one whose files are broken, if it is in memory; whether it is. */
  synchronized boolean keep(CertificateEntry entry) {
    if (kept.containsKey(entry)) {
      return true;
    }
    if (ended || entry.isRetired()) {
      return false; // nobody would end its use
    }
    Slot slot = cache.getIfPresent(entry);
    T value = slot == null ? null : slot.retained();
    if (value == null) {
      return false;
    }
    kept.put(entry, new Slot(value)); // which is a user of its own
    return true;
  }

  /** Ends the use of one that was replaced, or is readable again. */
  synchronized void forgetKept(CertificateEntry entry) {
    Slot slot = kept.remove(entry);
    if (slot != null) {
      slot.close();
    }
  }

  /** Ends the use of one that is no longer among the certificates. */
  synchronized void forget(CertificateEntry entry) {
    entry.retire();
    forgetKept(entry);
    cache.invalidate(entry);
  }

  /** Those that are kept because their files are broken. */
  List<CertificateEntry> keptEntries() {
    return new ArrayList<>(kept.keySet());
  }

  /** How many are ready, about. */
  long size() {
    return cache.estimatedSize();
  }

  long loads() {
    return loaded.sum();
  }

  long failures() {
    return failed.sum();
  }

  synchronized void close() {
    ended = true;
    keptEntries().forEach(this::forgetKept);
    cache.asMap().values().forEach(Slot::close);
    cache.invalidateAll();
  }
}
