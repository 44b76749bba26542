// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import dev.rsp.config.BackendTls;
import dev.rsp.config.Place;
import dev.rsp.config.Slot;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Resolves the texts that a script returns: a slot's name or address, or an address outside the
 * list, which must be an IP address with a port or a Unix socket.
 *
 * <p>Host names are refused, because resolving them would block the loop. The last {@value #KEPT}
 * addresses are cached, so that the same text gives the same object without parsing. Confined to
 * one event loop.
 */
final class SlotNames {
  private static final int KEPT = 4096;

  private final Map<String, Slot> byName = new HashMap<>();
  private final Map<String, Slot> byAddress = new HashMap<>();

  /** The slots with an IP address, because one IP address has several spellings. */
  private final Map<InetSocketAddress, Slot> bySocket = new HashMap<>();

  private final Map<String, Place> outside =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Place> eldest) {
          return size() > KEPT;
        }
      };

  private final @Nullable BackendTls tls;

  /**
   * Names of slots.
   *
   * @param tls for addresses outside the list; null for none
   */
  SlotNames(List<Slot> slots, @Nullable BackendTls tls) {
    this.tls = tls;
    for (Slot slot : slots) {
      byName.put(slot.name(), slot);
      Place place = slot.place();
      if (place != null) {
        // If two slots have the same address, one that is up has priority.
        byAddress.merge(place.text(), slot, SlotNames::preferUp);
        InetSocketAddress socket =
            Place.ofLiteral(place.text(), place.tls()) == null ? null : place.address();
        // Link-local addresses of two links compare as equal but are different.
        if (socket != null && !socket.getAddress().isLinkLocalAddress()) {
          bySocket.merge(socket, slot, SlotNames::preferUp);
        }
      }
    }
  }

  private static Slot preferUp(Slot old, Slot other) {
    return old.isUp() ? old : other;
  }

  /** The slot with that name or address; null if there is none. */
  @Nullable Slot find(String text) {
    Slot slot = byName.get(text);
    return slot == null ? byAddress.get(text) : slot;
  }

  /** The slot with that address; null if there is none. */
  @Nullable Slot at(Place place) {
    Slot slot = byAddress.get(place.text());
    InetSocketAddress socket = place.address();
    if (slot != null || socket == null) {
      return slot;
    }
    Slot same = bySocket.get(socket);
    Place its = same == null ? null : same.place();
    // A script that asks for TLS must not get the slot that speaks without it at the same port.
    return its != null && its.protocol() == place.protocol() ? same : null;
  }

  /** Parses an address outside the list; null if the text is none. */
  @Nullable Place outside(String text) {
    Place place = outside.get(text);
    if (place == null) {
      place = Place.ofLiteral(text, tls);
      if (place != null) {
        outside.put(text, place);
      }
    }
    return place;
  }
}
