// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.config.Draft.SlotEntry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds lists of backends that are valid, but do not do what they seem to say: no slot is up, two
 * slots are one machine, rsp is its own backend, or weights change nothing.
 */
final class SlotCheck {
  private final List<SlotEntry> entries;
  private final Config config;
  private final Problems problems;

  /**
   * Creates a check.
   *
   * @param entries the slots of the configuration, in the same order, with the keys that set them
   */
  SlotCheck(List<SlotEntry> entries, Config config, Problems problems) {
    this.entries = entries;
    this.config = config;
    this.problems = problems;
  }

  /**
   * Checks the list.
   *
   * @param readsWeights whether the file has a {@code select} that may use the weights
   * @param isOriginal whether it is in the original's format, which only gets warnings
   */
  void check(boolean readsWeights, boolean isOriginal) {
    if (!config.hasSelect()) { // which may return addresses outside the list
      noneUp();
    }
    sameAddress();
    config.slots().forEach(slot -> ownAddress(slot, isOriginal));
    if (!readsWeights) {
      unusedWeights();
    }
  }

  private void noneUp() {
    List<Slot> slots = config.slots();
    if (slots.stream().anyMatch(Slot::isUp)) {
      return;
    }
    problems.warn(
        KeyPath.global(Keys.BACKENDS),
        slots.stream().anyMatch(Slot::isLastResort)
            ? "no backend is up, so requests go to those in state drain or spare"
            : "no backend is up, so each request gets 503");
  }

  private void sameAddress() {
    Map<Object, Slot> first = new HashMap<>();
    for (Slot slot : config.slots()) {
      Object machine = machine(slot.place());
      Slot other = machine == null ? null : first.putIfAbsent(machine, slot);
      if (other != null) {
        problems.warn(
            addressOf(slot),
            "the same address as " + other.name() + ", so both names are one backend");
      }
    }
  }

  /** What identifies the listening socket of a place; null if nothing is known. */
  private static @Nullable Object machine(@Nullable Place place) {
    if (place == null) {
      return null;
    }
    Object socket = place.unixPath() != null ? place.unixPath() : place.address();
    // Behind one socket with TLS there can be a backend for each name.
    return socket == null || place.tls() == null
        ? socket
        : List.of(socket, place.certificateName());
  }

  private void ownAddress(Slot slot, boolean isOriginal) {
    Place place = slot.place();
    if (place == null) {
      return;
    }
    for (ListenAddress listen : config.listen()) {
      String unixPath = listen.unixPath();
      boolean isSame = unixPath != null && unixPath.equals(place.unixPath());
      boolean isLocal = false;
      InetSocketAddress own = listen.socket();
      InetSocketAddress target = place.address();
      if (own != null && target != null && own.getPort() == target.getPort()) {
        boolean isAll = own.getAddress().isAnyLocalAddress();
        InetAddress to = target.getAddress();
        isSame =
            own.getAddress().equals(to)
                || to.isAnyLocalAddress()
                || (isAll && to.isLoopbackAddress());
        // The file may be for another machine than the one that checks it.
        isLocal = isAll && isOfThisMachine(to);
      }
      if (isSame && isOriginal) {
        problems.warn(addressOf(slot), "rsp listens on " + listen.text() + " itself");
      } else if (isSame) {
        problems.add(
            addressOf(slot),
            ValueText.quoted(place.text()),
            "another address: rsp listens on " + listen.text() + " itself");
      } else if (isLocal) {
        problems.warn(
            addressOf(slot),
            place.text() + " is an address of this machine, and rsp listens on " + listen.text());
      }
    }
  }

  private static boolean isOfThisMachine(InetAddress address) {
    try {
      return NetworkInterface.getByInetAddress(address) != null;
    } catch (SocketException e) {
      return false;
    }
  }

  private void unusedWeights() {
    List<Slot> slots = config.slots();
    boolean spreads = config.selection().failover() > 0 || !slots.stream().allMatch(Slot::isUp);
    if (spreads || slots.stream().mapToInt(Slot::weight).distinct().count() < 2) {
      return;
    }
    slots.stream()
        .filter(slot -> slot.weight() != 1)
        .findFirst()
        .ifPresent(
            slot ->
                problems.warn(
                    partOf(slot, Keys.WEIGHT.name()),
                    (config.hasSelect()
                            ? "select does not use weights"
                            : "hash.python ignores weights")
                        + ", so it only counts for hosts of slots that are not up (hash.rendezvous, ring,"
                        + " maglev and bounded use weights)"));
  }

  private KeyPath addressOf(Slot slot) {
    Draft.AddressEntry address = entry(slot).address();
    return address == null ? entry(slot).namedAt() : address.path();
  }

  private KeyPath partOf(Slot slot, String key) {
    KeyPath named = entry(slot).namedAt();
    KeyPath table = named.parent();
    return table == null ? named : table.key(key);
  }

  private SlotEntry entry(Slot slot) {
    return entries.get(slot.index() - 1);
  }
}
