// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import dev.rsp.log.IoReason;
import java.io.Closeable;
import java.io.IOException;
import java.security.KeyPair;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done for one order: first all that can fail at home, then the CA, then the store. All
 * methods block. Thread-safe.
 */
final class OrderRun implements Closeable {
  private static final Logger log = LoggerFactory.getLogger(OrderRun.class);

  /** The type dNSName in Java's list of subjectAltNames. */
  private static final int DNS_NAME = 2;

  /** Twice what the client of the CA waits for a validation and a certificate. */
  private static final int MOST_MINUTES = 8;

  private final AcmeSettings settings;
  private final String account;
  private final CertificateStore store;
  private final OrderLog orderLog;
  private final Authorities authorities;
  private final Challenges challenges;
  private final Clock clock;
  private final ScheduledExecutorService timer;
  private @Nullable Authority authority;

  /** Threads that wait for the CA. */
  private final Set<Thread> waiting = new HashSet<>();

  private boolean closed;

  /** How an order ends. */
  enum Kind {
    /** There is a new certificate. */
    ISSUED,
    /** There was one already. */
    PRESENT,
    HOST_FAILED,
    AUTHORITY_FAILED,
    STORE_FAILED
  }

  /**
   * The end of an order.
   *
   * @param certificate null if it has failed
   * @param ordered whether the CA has seen it
   * @param announces whether the CA has named the time of the renewal
   * @param againMillis how long until the CA is asked again for that time
   * @param failure null if it has not failed
   */
  record Outcome(
      Kind kind,
      @Nullable StoredCertificate certificate,
      boolean ordered,
      boolean announces,
      long againMillis,
      Authority.@Nullable Failure failure) {
    private static Outcome failed(Kind kind, boolean ordered, Authority.Failure failure) {
      return new Outcome(kind, null, ordered, false, 0, failure);
    }

    private static Outcome storeFailed(boolean ordered, String reason) {
      return failed(Kind.STORE_FAILED, ordered, Authority.Failure.ofHost(reason));
    }

    @Nullable String reason() {
      return failure == null ? null : failure.reason();
    }

    long retryMillis() {
      return failure == null ? 0 : failure.retryMillis();
    }

    @Nullable String domain() {
      return failure == null ? null : failure.domain();
    }
  }

  OrderRun(
      AcmeSettings settings,
      String account,
      CertificateStore store,
      OrderLog orderLog,
      Authorities authorities,
      Challenges challenges,
      Clock clock,
      ScheduledExecutorService timer) {
    this.settings = settings;
    this.account = account;
    this.store = store;
    this.orderLog = orderLog;
    this.authorities = authorities;
    this.challenges = challenges;
    this.clock = clock;
    this.timer = timer;
  }

  /** Has orders under way end soon. */
  @Override
  public synchronized void close() {
    closed = true;
    waiting.forEach(Thread::interrupt);
    if (authority != null) {
      authority.close();
    }
  }

  /** Whether the stored certificate of a host can be served now. */
  boolean isUsable(String host) {
    try {
      CertificateStore.Stored stored = store.check(host);
      return stored != null && stored.isUsable() && stored.notAfterMillis() > clock.millis();
    } catch (IOException e) {
      log.warn("cannot read the certificate of host={}: {}", host, IoReason.of(e));
      return false;
    }
  }

  /**
   * A certificate of a host that is in the store; null if there is none that can be served.
   *
   * @throws IOException if this is closed
   */
  @Nullable StoredCertificate adopt(String host) throws IOException {
    synchronized (this) {
      if (closed) {
        throw new IOException("closed");
      }
    }
    try {
      CertificateStore.Stored found = store.check(host);
      return found != null && found.isUsable() ? adopted(host, found) : null;
    } catch (IOException e) {
      log.warn("cannot read the certificate of host={}: {}", host, IoReason.of(e));
      return null;
    }
  }

  /** A certificate that was not ordered by rsp, or whose order is not in the log. */
  private static StoredCertificate adopted(String host, CertificateStore.Stored stored) {
    return new StoredCertificate(
        "",
        stored.notBeforeMillis(),
        stored.notAfterMillis(),
        RenewalTime.of(host, stored.notBeforeMillis(), stored.notAfterMillis()),
        false,
        null);
  }

  /** When the CA wants a certificate to be renewed; null if it does not say. */
  Authority.@Nullable Window window(StoredCertificate certificate) {
    String id = certificate.id();
    if (id == null || !certificate.account().equals(account)) {
      return null;
    }
    try {
      return window(authority(), id);
    } catch (IOException e) {
      log.debug("cannot ask for the time of a renewal", e);
    }
    return null;
  }

  private static Authority.@Nullable Window window(Authority of, String id) {
    try {
      return of.window(id);
    } catch (RuntimeException e) {
      log.error("cannot ask for the time of a renewal", e);
      return null;
    }
  }

  /**
   * Orders a certificate and stores it.
   *
   * @param replaces the name of the certificate before, for the CA; null for none
   * @param line for the log of orders; null if the order does not count
   */
  Outcome order(String host, boolean renewal, @Nullable String replaces, @Nullable String line) {
    try {
      return run(host, renewal, replaces, line);
    } catch (RuntimeException e) {
      log.error("order failed host={}", host, e);
      return Outcome.failed(
          Kind.HOST_FAILED, true, Authority.Failure.ofHost("an error of rsp: see its log"));
    }
  }

  private Outcome run(
      String host, boolean renewal, @Nullable String replaces, @Nullable String line) {
    CertificateStore.Prepared prepared;
    Authority with;
    try {
      CertificateStore.Stored found = renewal ? null : store.check(host);
      if (found != null && found.isUsable() && found.notAfterMillis() > clock.millis()) {
        return new Outcome(Kind.PRESENT, adopted(host, found), false, false, 0, null);
      }
      prepared = store.prepare(host);
    } catch (IOException e) {
      return notWritten(false, e);
    }
    try {
      with = authority();
    } catch (IOException e) {
      store.discard(host);
      return Outcome.storeFailed(false, "the store cannot be used: " + IoReason.of(e));
    }
    try {
      if (line != null) {
        orderLog.append(line); // before the order: it counts even if rsp ends now
      }
    } catch (IOException e) {
      store.discard(host);
      return Outcome.storeFailed(false, "the log of orders cannot be written: " + IoReason.of(e));
    }
    KeyPair keys = prepared.keys();
    Authority.Answer answer = ask(with, host, CertificateRequest.of(host, keys), replaces);
    Authority.Failure failure = answer.failure();
    if (failure == null) {
      failure = defect(host, keys, answer.chain());
    }
    if (failure != null) {
      store.discard(host);
      return Outcome.failed(
          failure.blame() == Authority.Blame.HOST ? Kind.HOST_FAILED : Kind.AUTHORITY_FAILED,
          true,
          failure);
    }
    try {
      store.store(prepared, answer.chain());
    } catch (IOException e) {
      store.discard(host);
      return notWritten(true, e);
    }
    return issued(host, with, answer.chain().get(0));
  }

  /** A host whose files cannot be written must not hold up the others. */
  private Outcome notWritten(boolean ordered, IOException e) {
    String reason = "the store cannot be written: " + IoReason.of(e);
    return store.isWritable()
        ? Outcome.failed(Kind.HOST_FAILED, ordered, Authority.Failure.ofHost(reason))
        : Outcome.storeFailed(ordered, reason);
  }

  /** Ends an order that hangs in spite of the time-outs of each request. */
  private Authority.Answer ask(
      Authority with, String host, byte[] request, @Nullable String replaces) {
    Thread thread = Thread.currentThread();
    ScheduledFuture<?> end = begin(thread);
    try {
      return end == null
          ? Authority.Answer.of(Authority.Failure.ofAuthority("the order was given up"))
          : with.order(host, request, replaces, challenges);
    } finally {
      end(thread, end);
    }
  }

  /** From now on, the thread may be interrupted; null if it must not begin. */
  private synchronized @Nullable ScheduledFuture<?> begin(Thread thread) {
    if (closed) {
      return null;
    }
    waiting.add(thread);
    return timer.schedule(() -> interrupt(thread), MOST_MINUTES, TimeUnit.MINUTES);
  }

  /** From now on it may not: an interrupt would close the files that follow. */
  private synchronized void end(Thread thread, @Nullable ScheduledFuture<?> end) {
    waiting.remove(thread);
    if (end != null) {
      end.cancel(false);
    }
    Thread.interrupted();
  }

  private synchronized void interrupt(Thread thread) {
    if (waiting.contains(thread)) {
      thread.interrupt();
    }
  }

  private Outcome issued(String host, Authority with, X509Certificate leaf) {
    long notBefore = leaf.getNotBefore().toInstant().toEpochMilli();
    long notAfter = leaf.getNotAfter().toInstant().toEpochMilli();
    String id = CertificateId.of(leaf);
    Authority.Window window = id == null ? null : window(with, id);
    long suggested =
        window == null
            ? RenewalTime.of(host, notBefore, notAfter)
            : RenewalTime.within(
                host, notBefore, notAfter, window.startMillis(), window.endMillis());
    long renewal = Math.max(suggested, RenewalTime.earliest(notAfter, clock.millis()));
    var certificate =
        new StoredCertificate(account, notBefore, notAfter, renewal, window != null, id);
    log.info(
        "certificate issued host={} until={} renewal={}",
        host,
        leaf.getNotAfter().toInstant(),
        Instant.ofEpochMilli(renewal));
    return new Outcome(
        Kind.ISSUED,
        certificate,
        true,
        window != null,
        RenewalTime.checkMillis(
            window == null ? RenewalTime.MOST_CHECK_MILLIS : window.againMillis()),
        null);
  }

  /** What is wrong with a new certificate: it must be of the host, of our key, and not expired. */
  private Authority.@Nullable Failure defect(
      String host, KeyPair keys, List<X509Certificate> chain) {
    X509Certificate leaf = chain.isEmpty() ? null : chain.get(0);
    if (leaf == null) {
      return Authority.Failure.ofAuthority("the CA has sent no certificate");
    }
    if (!leaf.getPublicKey().equals(keys.getPublic())) {
      return Authority.Failure.ofHost("the CA has sent the certificate of another key");
    }
    if (!names(leaf).contains(host)) {
      return Authority.Failure.ofHost("the CA has sent the certificate of another name");
    }
    return leaf.getNotAfter().toInstant().toEpochMilli() <= clock.millis()
        ? Authority.Failure.ofHost("the CA has sent a certificate that has expired")
        : null;
  }

  private static List<String> names(X509Certificate leaf) {
    try {
      Collection<List<?>> names = leaf.getSubjectAlternativeNames();
      return names == null
          ? List.of()
          : names.stream()
              .filter(name -> Integer.valueOf(DNS_NAME).equals(name.get(0)))
              .map(name -> String.valueOf(name.get(1)))
              .toList();
    } catch (CertificateParsingException e) {
      return List.of();
    }
  }

  /** The client of the CA; made for the first order. */
  private synchronized Authority authority() throws IOException {
    if (authority == null) {
      KeyPair keys = store.accountKeys(account, settings.directory().toString());
      authority = authorities.open(settings, keys);
    }
    return authority;
  }
}
