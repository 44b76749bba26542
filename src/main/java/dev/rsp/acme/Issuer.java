// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import com.github.benmanes.caffeine.cache.Ticker;
import java.io.Closeable;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Gets certificates for hosts when they are needed, and renews them: one order per host at a time,
 * within a budget that survives restarts. Files, the CA and the question whether a host is allowed
 * are dealt with on threads of its own. Thread-safe; {@link #want}, {@link #keyAuthorization} and
 * {@link #alpnCredential} are for loops and never block.
 */
public final class Issuer implements Closeable {
  private final Consumer<Path> stored;
  private final Authorities authorities;
  private final Clock clock;
  private final Challenges challenges = new Challenges();
  private final Counts counts = new Counts();
  private volatile @Nullable Orders orders;

  /**
   * An issuer that orders nothing until {@link #use}.
   *
   * @param stored hears of each certificate that was written, by the path of its chain; on a thread
   *     of the issuer, before those who wait for it
   */
  public Issuer(Consumer<Path> stored) {
    this(stored, AcmeAuthority::new, Clock.systemUTC());
  }

  Issuer(Consumer<Path> stored, Authorities authorities, Clock clock) {
    this.stored = stored;
    this.authorities = authorities;
    this.clock = clock;
  }

  /**
   * Orders with these settings from now on. Orders under way go on if the settings are the same as
   * before. Does not block: the store is read elsewhere.
   */
  public synchronized void use(AcmeSettings settings, Allow allow) {
    Orders before = orders;
    if (before != null && before.settings().equals(settings)) {
      before.allow(allow);
      return;
    }
    if (before != null) {
      before.close();
    }
    Orders next =
        new Orders(
            settings, allow, authorities, challenges, counts, stored, clock, Ticker.systemTicker());
    next.start();
    orders = next;
  }

  /** Orders nothing any more; orders under way are given up. */
  public synchronized void useNone() {
    Orders before = orders;
    orders = null;
    if (before != null) {
      before.close();
    }
  }

  /**
   * Wishes a certificate for a host that has none, or whose certificate cannot be served or has
   * expired. Never blocks.
   *
   * @param host the server name of a handshake
   * @param done gets null when a certificate is in the store, else the reason why there is none; on
   *     any thread, at once if the reason is known
   */
  public void want(String host, Consumer<@Nullable String> done) {
    Orders now = orders;
    if (now == null) {
      done.accept("rsp orders no certificates");
    } else if (!CertifiableName.isOne(host)) {
      done.accept("no CA issues certificates for such a name");
    } else {
      now.want(host, done);
    }
  }

  /**
   * The answer to a challenge http-01 (RFC 8555 §8.3): the content of {@code
   * /.well-known/acme-challenge/TOKEN}. Constant time; any thread.
   *
   * @param host canonical, without a port
   * @return null if it is not the token of an order of this host
   */
  public @Nullable String keyAuthorization(String host, String token) {
    return challenges.file(host, token);
  }

  /** The answer to a challenge tls-alpn-01; null if there is none for this host. Any thread. */
  public @Nullable AlpnCredential alpnCredential(String host) {
    return challenges.certificate(host);
  }

  /**
   * All hosts that have a certificate in the store, wait for one, or have failed, by name. It may
   * block while the state is used: not for loops.
   */
  public List<HostReport> reports() {
    Orders now = orders;
    return now == null ? List.of() : now.reports();
  }

  /** What was ordered, and what waits. */
  public IssuerFigures figures() {
    Orders now = orders;
    return counts.figures(now == null ? IssuerFigures.NONE : now.figures());
  }

  /** Whether the CA announces renewals (RFC 9773), so that they do not count for its limits. */
  public boolean renewalsAreFree() {
    Orders now = orders;
    return now != null && now.announces();
  }

  @Override
  public void close() {
    useNone();
  }
}
