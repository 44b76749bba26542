// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Resolves the names of backends periodically, on a thread of its own, and updates their {@link
 * Place}s.
 *
 * <p>A name that does not resolve keeps its last address: if a name server is down, backends must
 * stay reachable. A name with several addresses keeps the current one while the answer contains it,
 * so that hosts do not move.
 */
public final class NameRefresher implements AutoCloseable {
  /** The time for which the JDK caches an answer (networkaddress.cache.ttl). */
  private static final Duration INTERVAL = Duration.ofSeconds(30);

  private static final Logger log = LoggerFactory.getLogger(NameRefresher.class);

  private final Resolver resolver;
  private final Duration interval;
  private final Thread thread;

  /** Names whose last lookup failed. Used by the refreshing thread only. */
  private final Set<String> failing = new HashSet<>();

  private volatile Map<String, List<Slot>> slotsByName = Map.of();
  private volatile boolean closed;

  /** Starts the thread with no names; {@link #watch} sets them. */
  public NameRefresher() {
    this(Resolver.SYSTEM, INTERVAL);
    thread.start();
  }

  /** Creates a refresher whose thread is not started. */
  NameRefresher(Resolver resolver, Duration interval) {
    this.resolver = resolver;
    this.interval = interval;
    this.thread = NameLookup.daemon(this::run, "rsp-names");
  }

  /** Replaces the names with those of this configuration's backends. Any thread. */
  public void watch(Config config) {
    Map<String, List<Slot>> slots = new HashMap<>();
    for (Slot slot : config.slots()) {
      Place place = slot.place();
      // A place without an address is not contacted.
      if (place != null
          && place.isResolved()
          && Address.parse(Protocol.addressIn(place.text()), 1) instanceof Address.Named named) {
        slots.computeIfAbsent(named.name(), name -> new ArrayList<>()).add(slot);
      }
    }
    slotsByName = slots;
  }

  /** Stops. The answer of a pending lookup is ignored. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }

  /** For tests that check the thread itself. */
  Thread thread() {
    return thread;
  }

  /** Resolves every name once. Called by the refreshing thread only, as all methods below. */
  void refresh() {
    Map<String, List<Slot>> watched = slotsByName;
    failing.retainAll(watched.keySet());
    watched.forEach(this::refreshGuarded);
  }

  private void run() {
    while (!closed) {
      try {
        Thread.sleep(interval.toMillis());
        refresh();
      } catch (InterruptedException e) {
        return; // closed: nothing else interrupts this thread
      } catch (RuntimeException | Error e) {
        log.error("backend names not refreshed", e);
      }
    }
  }

  /** Refreshes one name; logs exceptions, so that they do not affect other names or later runs. */
  private void refreshGuarded(String name, List<Slot> slots) {
    try {
      refresh(name, slots);
    } catch (RuntimeException | Error e) {
      log.error("backend name not refreshed name={}", name, e);
    }
  }

  private void refresh(String name, List<Slot> slots) {
    List<InetAddress> answer;
    try {
      answer = resolver.resolve(name);
    } catch (UnknownHostException e) {
      if (failing.add(name)) {
        log.warn(
            "backend name does not resolve name={} slots={} kept={} reason={}",
            name,
            slots.stream().map(Slot::name).toList(),
            shown(slots.get(0)),
            Resolver.reason(name, e));
      }
      return;
    }
    if (failing.remove(name)) {
      log.info("backend name resolves again name={}", name);
    }
    if (!closed) {
      slots.forEach(slot -> update(slot, answer));
    }
  }

  private static void update(Slot slot, List<InetAddress> answer) {
    Place place = slot.place();
    InetSocketAddress old = place == null ? null : place.address();
    if (place == null || old == null || answer.contains(old.getAddress())) {
      return;
    }
    var newer = new InetSocketAddress(Resolver.first(answer), old.getPort());
    place.updateAddress(newer);
    log.info(
        "backend address changed slot={} from={} to={}", slot.name(), shown(old), shown(newer));
  }

  private static @Nullable String shown(Slot slot) {
    Place place = slot.place();
    return place == null ? null : shown(place.address());
  }

  private static @Nullable String shown(@Nullable InetSocketAddress address) {
    return address == null ? null : address.getAddress().getHostAddress() + ":" + address.getPort();
  }
}
