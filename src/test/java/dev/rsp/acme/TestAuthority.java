// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import dev.rsp.certs.TestCa;
import java.security.KeyPair;
import java.security.PublicKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/** A CA in memory, which issues at once, or fails as it is told. */
final class TestAuthority implements Authority {
  private final TestCa ca = TestCa.create();
  private final Clock clock;
  private final Deque<Failure> failures = new ArrayDeque<>();
  private final Map<String, Window> windows = new ConcurrentHashMap<>();

  /** What was ordered: the host, and the name of the certificate that was replaced. */
  final List<String> orders = Collections.synchronizedList(new ArrayList<>());

  final List<String> checks = Collections.synchronizedList(new ArrayList<>());

  /** Taken by each order; there are enough of them until {@link #hold}. */
  private final Semaphore permits = new Semaphore(1_000_000);

  volatile Duration life = Duration.ofDays(90);
  volatile @Nullable Window window;
  volatile boolean isClosed;
  volatile boolean isWrongKey;
  volatile @Nullable String otherName;

  TestAuthority(Clock clock) {
    this.clock = clock;
  }

  void fail(Failure failure) {
    synchronized (failures) {
      failures.add(failure);
    }
  }

  /** Orders wait until {@link #go}. */
  void hold() {
    permits.drainPermits();
  }

  void go(int orderCount) {
    permits.release(orderCount);
  }

  void announce(String id, Window next) {
    windows.put(id, next);
  }

  @Override
  public Answer order(
      String host, byte[] request, @Nullable String replaces, Challenges challenges) {
    orders.add(replaces == null ? host : host + " replaces " + replaces);
    try {
      permits.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Answer.of(Failure.ofAuthority("given up"));
    }
    synchronized (failures) {
      Failure failure = failures.poll();
      if (failure != null) {
        return Answer.of(failure);
      }
    }
    PublicKey key = isWrongKey ? TestCa.ecdsaKeys().getPublic() : TestAcmeCa.requestedKey(request);
    Instant now = clock.instant();
    String name = otherName == null ? host : otherName;
    return new Answer(
        ca.leaf(
                new KeyPair(key, TestCa.ecdsaKeys().getPrivate()),
                now.minusSeconds(60),
                now.plus(life),
                name)
            .chain(),
        null);
  }

  @Override
  public void close() {
    isClosed = true;
  }

  @Override
  public @Nullable Window window(String id) {
    checks.add(id);
    Window known = windows.get(id);
    return known == null ? window : known;
  }
}
