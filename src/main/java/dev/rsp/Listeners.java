// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ListenAddress;
import dev.rsp.proxy.Listener;
import dev.rsp.proxy.ProxyLoop;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The addresses that the daemon listens on, and their change with a reload: first the new ones are
 * bound, which can fail, then those that are no longer named are closed, which cannot.
 *
 * <p>The {@link Daemon}'s, under its lock.
 */
final class Listeners {
  private static final Logger log = LoggerFactory.getLogger(Listeners.class);

  private final Map<String, Listener> byAddress = new LinkedHashMap<>();

  /**
   * Binds what a configuration names and is not bound yet. Nothing is accepted before {@link
   * #swap}.
   *
   * @param opened takes what was bound; it is the caller's to close if something fails
   * @throws ConfigException if an address cannot be bound; it tells of all such
   */
  void open(Config newer, List<ProxyLoop> loops, List<Listener> opened) throws ConfigException {
    List<String> problems = new ArrayList<>();
    for (int i = 0; i < newer.listen().size(); i++) {
      ListenAddress address = newer.listen().get(i);
      if (byAddress.containsKey(address.text())) {
        continue;
      }
      List<Listener> own = new ArrayList<>(byAddress.values());
      own.addAll(opened);
      try {
        opened.add(Listener.open(address, loops, own));
      } catch (IOException e) {
        problems.add(
            "%s: \"%s\" (expected: an address that can be bound: %s)"
                .formatted(newer.listenAt().get(i), address.text(), e.getMessage()));
      }
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
  }

  /**
   * Accepts on all that a configuration names, for these loops, and closes the others. One whose
   * connections would come by another from now on stays open: to close it would reset those that
   * wait in it, or are on their way.
   */
  void swap(Config newer, List<ProxyLoop> loops, List<Listener> opened) {
    for (Listener listener : opened) {
      byAddress.put(listener.address().text(), listener);
    }
    List<String> named = newer.listen().stream().map(ListenAddress::text).toList();
    List<Listener> all = List.copyOf(byAddress.values());
    List<Listener> kept =
        all.stream().filter(listener -> named.contains(listener.address().text())).toList();
    for (Listener listener : all) {
      if (kept.stream().anyMatch(other -> other == listener || other.includes(listener))) {
        listener.serveBy(loops);
      } else {
        byAddress.remove(listener.address().text());
        listener.close();
      }
    }
  }

  /** Accepts no more. */
  void close() {
    for (Listener listener : byAddress.values()) {
      try {
        listener.close();
      } catch (RuntimeException | Error e) {
        log.error("not closed: {}", listener.address().text(), e);
      }
    }
  }

  /** The addresses in force, as the ready line says them. */
  String text() {
    List<String> ports = new ArrayList<>();
    List<String> paths = new ArrayList<>();
    for (Listener listener : byAddress.values()) {
      String label = listener.label();
      List<String> list = label.startsWith("unix:") ? paths : ports;
      if (!list.contains(label)) {
        list.add(label);
      }
    }
    String text =
        ports.isEmpty() ? "" : (ports.size() == 1 ? "port " : "ports ") + String.join(", ", ports);
    return paths.isEmpty()
        ? text
        : text + (text.isEmpty() ? "" : " and ") + String.join(", ", paths);
  }
}
