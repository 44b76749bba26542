// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ListenAddress;
import dev.rsp.config.SocketAccess;
import dev.rsp.net.Listener;
import dev.rsp.worker.Worker;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The addresses that the daemon listens on. A reload changes them in two steps: first {@link #open}
 * binds the new addresses, which can fail, then {@link #swap} closes those that the configuration
 * no longer names, which cannot.
 *
 * <p>Not thread-safe: {@link Daemon} calls it under its lock.
 */
final class Listeners {
  private static final Logger log = LoggerFactory.getLogger(Listeners.class);

  private final Map<String, Listener> byAddress = new LinkedHashMap<>();
  private final PassedSockets passed;

  /** Unix sockets to which {@link #open} gave other rights, and what they had before. */
  private final Map<Listener, ListenAddress> permitted = new LinkedHashMap<>();

  /**
   * None yet.
   *
   * @param passed sockets to use instead of binding their addresses
   */
  Listeners(PassedSockets passed) {
    this.passed = passed;
  }

  /**
   * Binds the addresses of a configuration that are not bound yet. No connection is accepted before
   * {@link #swap}.
   *
   * @param opened receives the new listeners; if something fails, the caller closes them
   * @throws ConfigException if an address cannot be bound; it lists all such addresses
   */
  void open(Config newer, List<Worker> loops, List<Listener> opened) throws ConfigException {
    List<String> problems = new ArrayList<>(passed.problemsOf(newer));
    for (int i = 0; i < newer.listen().size(); i++) {
      ListenAddress address = newer.listen().get(i);
      Listener same = byAddress.get(address.text());
      List<Listener> own = new ArrayList<>(byAddress.values());
      own.addAll(opened);
      Integer descriptor = passed.descriptorOf(address);
      try {
        if (descriptor != null && !address.access().equals(SocketAccess.DEFAULTS)) {
          throw new IOException("the service manager has opened it, with its own mode and owner");
        } else if (same == null && descriptor != null) {
          opened.add(Listener.taking(descriptor, address, loops));
        } else if (same == null) {
          opened.add(Listener.open(address, loops, own));
        } else if (!same.address().access().equals(address.access())) {
          ListenAddress before = same.address();
          same.permit(address);
          permitted.put(same, before);
        }
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

  /** Undoes what {@link #open} has changed at listeners that were open before. */
  void undo() {
    Map<Listener, ListenAddress> changed = new LinkedHashMap<>(permitted);
    permitted.clear();
    changed.forEach(
        (listener, before) -> {
          try {
            listener.permit(before);
          } catch (IOException e) {
            log.error("{}: {}", before.text(), e.getMessage());
          }
        });
  }

  /**
   * Accepts connections for these loops on all addresses of a configuration, and closes the other
   * listeners. A listener whose address is included in another one stays open: closing it would
   * reset the connections that wait in its queue or are being established.
   */
  void swap(Config newer, List<Worker> loops, List<Listener> opened) {
    permitted.clear();
    for (Listener listener : opened) {
      byAddress.put(listener.address().text(), listener);
    }
    for (ListenAddress address : newer.listen()) {
      Listener listener = byAddress.get(address.text());
      if (listener != null) {
        listener.speak(address.options());
      }
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

  /** Closes all listeners. */
  void close() {
    for (Listener listener : byAddress.values()) {
      try {
        listener.close();
      } catch (RuntimeException | Error e) {
        log.error("not closed: {}", listener.address().text(), e);
      }
    }
  }

  /** The active addresses, as the ready line shows them. */
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
