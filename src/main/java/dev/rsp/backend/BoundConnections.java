// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend;

import dev.rsp.config.Place;
import dev.rsp.http.Hop;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The idle connections of one loop that belong to one client's connection each, because the backend
 * has authenticated the connection and not the request (NTLM, Negotiate), or a PROXY header has
 * named the client.
 *
 * @param <C> a connection to a backend
 */
final class BoundConnections<C> {
  private final Map<Hop, Map<C, Place>> byClient = new HashMap<>();
  private int size;

  void add(Hop client, Place place, C connection) {
    byClient.computeIfAbsent(client, c -> new LinkedHashMap<>()).put(connection, place);
    size++;
  }

  /** Removes a connection, if it is here. */
  void remove(Hop client, C connection) {
    Map<C, Place> own = byClient.get(client);
    if (own != null && own.remove(connection) != null) {
      size--;
      if (own.isEmpty()) {
        byClient.remove(client);
      }
    }
  }

  /**
   * Removes and returns the fitting connection of a client to a place that was used last, if any.
   */
  @Nullable C poll(Hop client, Place place, Predicate<C> fits) {
    Map<C, Place> own = byClient.getOrDefault(client, Map.of());
    C found = null;
    for (Map.Entry<C, Place> entry : own.entrySet()) {
      if (entry.getValue().equals(place) && fits.test(entry.getKey())) {
        found = entry.getKey();
      }
    }
    if (found != null) {
      remove(client, found);
    }
    return found;
  }

  /** The connections of a client: a copy. */
  List<C> of(Hop client) {
    return new ArrayList<>(byClient.getOrDefault(client, Map.of()).keySet());
  }

  /** The connection that a client has used least recently; null if it has no more than that. */
  @Nullable C oldestBeyond(int most, Hop client) {
    Map<C, Place> own = byClient.getOrDefault(client, Map.of());
    return own.size() > most ? own.keySet().iterator().next() : null;
  }

  /** All connections: a copy. */
  List<C> all() {
    List<C> all = new ArrayList<>(size);
    byClient.values().forEach(own -> all.addAll(own.keySet()));
    return all;
  }
}
