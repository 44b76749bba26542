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
 * The thread that resolves the names of backends again and again, and tells their {@link Place}s.
 *
 * <p>A name that does not resolve keeps its last good address: a name server that is down must not
 * take backends with it. A name with several addresses keeps the one in use for as long as it is
 * among them, so that hosts stay where they are.
 */
public final class NameRefresher implements AutoCloseable {
  /** As long as the JDK keeps an answer (networkaddress.cache.ttl): more often hears the same. */
  private static final Duration INTERVAL = Duration.ofSeconds(30);

  private static final Logger log = LoggerFactory.getLogger(NameRefresher.class);

  private final Resolver resolver;
  private final Duration interval;
  private final Thread thread;

  /** Names that did not resolve when they were last asked for. The refreshing thread's own. */
  private final Set<String> failing = new HashSet<>();

  private volatile Map<String, List<Slot>> slotsByName = Map.of();
  private volatile boolean closed;

  /** Starts with no names: {@link #watch} gives it some. */
  public NameRefresher() {
    this(Resolver.SYSTEM, INTERVAL);
    thread.start();
  }

  /** Makes one whose thread has not started. */
  NameRefresher(Resolver resolver, Duration interval) {
    this.resolver = resolver;
    this.interval = interval;
    this.thread = NameLookup.daemon(this::run, "rsp-names");
  }

  /** Refreshes the backends of this configuration from here on, and no others. Any thread. */
  public void watch(Config config) {
    Map<String, List<Slot>> slots = new HashMap<>();
    for (Slot slot : config.slots()) {
      Place place = slot.place();
      if (place != null
          && Address.parse(Protocol.addressIn(place.text()), 1) instanceof Address.Named named) {
        slots.computeIfAbsent(named.name(), name -> new ArrayList<>()).add(slot);
      }
    }
    slotsByName = slots;
  }

  /** Stops. An answer that is still on its way changes nothing. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }

  /** For tests that watch the thread itself. */
  Thread thread() {
    return thread;
  }

  /** Asks for every name once. The refreshing thread only, as all below. */
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

  /** A name whose refresh fails must not keep the others from theirs, now or later. */
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
    place.resolvedTo(newer);
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
