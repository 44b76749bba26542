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

/**
 * The addresses that the daemon listens on, and their change with a reload: first the new ones are
 * bound, which can fail, then those that are no longer named are closed, which cannot.
 *
 * <p>The {@link Daemon}'s, under its lock.
 */
final class Listeners {
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
      try {
        opened.add(Listener.open(address, loops));
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

  /** Accepts on all that a configuration names, for these loops, and closes the others. */
  void swap(Config newer, List<ProxyLoop> loops, List<Listener> opened) {
    for (Listener listener : opened) {
      byAddress.put(listener.address().text(), listener);
    }
    List<String> kept = newer.listen().stream().map(ListenAddress::text).toList();
    for (Listener listener : List.copyOf(byAddress.values())) {
      if (kept.contains(listener.address().text())) {
        listener.serveBy(loops);
      } else {
        byAddress.remove(listener.address().text());
        listener.close();
      }
    }
  }

  /** Accepts no more. */
  void close() {
    byAddress.values().forEach(Listener::close);
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
