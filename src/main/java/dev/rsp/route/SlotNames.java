// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import dev.rsp.config.Place;
import dev.rsp.config.Slot;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the texts mean that a script answers: slots, by name or else by address, and places outside
 * the list, which are IP addresses with a port or Unix sockets.
 *
 * <p>Names of machines are not taken: resolving them would block the loop. The last {@value #KEPT}
 * places are kept, so that the same text is the same object and nothing is parsed twice. One event
 * loop's.
 */
final class SlotNames {
  private static final int KEPT = 4096;

  private final Map<String, Slot> byName = new HashMap<>();
  private final Map<String, Slot> byAddress = new HashMap<>();

  /** The slots whose address is an IP address, which has several spellings. */
  private final Map<InetSocketAddress, Slot> bySocket = new HashMap<>();

  private final Map<String, Place> outside =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Place> eldest) {
          return size() > KEPT;
        }
      };

  SlotNames(List<Slot> slots) {
    for (Slot slot : slots) {
      byName.put(slot.name(), slot);
      Place place = slot.place();
      if (place != null) {
        // Of two at one address, the one that is up says whether it may be contacted.
        byAddress.merge(place.text(), slot, SlotNames::theOneThatIsUp);
        InetSocketAddress socket = Place.ofLiteral(place.text()) == null ? null : place.address();
        // Addresses of two links compare as equal, and are not.
        if (socket != null && !socket.getAddress().isLinkLocalAddress()) {
          bySocket.merge(socket, slot, SlotNames::theOneThatIsUp);
        }
      }
    }
  }

  private static Slot theOneThatIsUp(Slot old, Slot other) {
    return old.isUp() ? old : other;
  }

  /** The slot of that name, or at that address; null if there is none. */
  @Nullable Slot find(String text) {
    Slot slot = byName.get(text);
    return slot == null ? byAddress.get(text) : slot;
  }

  /** The slot that answers at a place; null if there is none. */
  @Nullable Slot at(Place place) {
    Slot slot = byAddress.get(place.text());
    InetSocketAddress socket = place.address();
    return slot == null && socket != null ? bySocket.get(socket) : slot;
  }

  /** The place that a text means, or null if it is no address. */
  @Nullable Place outside(String text) {
    Place place = outside.get(text);
    if (place == null) {
      place = Place.ofLiteral(text);
      if (place != null) {
        outside.put(text, place);
      }
    }
    return place;
  }
}
