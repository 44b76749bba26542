// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.config.NameLookup.Answer;
import dev.rsp.lua.Program;
import dev.rsp.proxy.ProxyVersion;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A checked configuration whose host names are not resolved yet. */
record Draft(
    List<AddressEntry> listen,
    List<SlotEntry> slots,
    ServerSettings settings,
    SelectionSettings selection) {
  /** An address, and the key that sets it. */
  record AddressEntry(
      KeyPath path, String text, Address address, SocketAccess access, ListenOptions options) {
    AddressEntry(KeyPath path, String text, Address address) {
      this(path, text, address, SocketAccess.DEFAULTS, ListenOptions.PLAIN);
    }
  }

  /** A slot: its name and the key that sets it, its address, if it has one, and how it uses TLS. */
  record SlotEntry(
      String name,
      KeyPath namedAt,
      @Nullable AddressEntry address,
      @Nullable BackendTls tls,
      @Nullable ProxyVersion sendProxy,
      int weight,
      Slot.State state) {}

  /**
   * Resolves the host names that are used, and checks the listen addresses. Adds a problem for each
   * that fails; throws if there is any problem.
   *
   * <p>The name of a slot that is down is not looked up, because the slot is never contacted. A
   * spare whose name does not resolve gets no address, and a warning. A name for which the lookup
   * knows the address that is in use keeps it, with a warning.
   */
  Config resolve(NameLookup lookup, ListenCheck bind, Program program, Problems problems)
      throws ConfigException {
    Map<String, Answer> answers = lookup.lookUp(names());
    listen.forEach(entry -> check(entry, false, answers, problems));
    slots.forEach(slot -> check(slot, answers, problems));
    listen.forEach(entry -> check(entry, answers, bind, problems));
    problems.throwIfAny();
    // Slots with the same address share one Place, so that they share its connections.
    Map<Place, Place> places = new HashMap<>();
    List<Slot> resolved = new ArrayList<>();
    for (SlotEntry slot : slots) {
      AddressEntry at = slot.address;
      Place own = at == null ? null : place(at, slot.tls, answers).sending(slot.sendProxy);
      Place place = own == null ? null : places.computeIfAbsent(own, first -> own);
      resolved.add(new Slot(resolved.size() + 1, slot.name, place, slot.weight, slot.state));
    }
    return new Config(
        listen.stream().map(entry -> listenAddress(entry, answers)).toList(),
        listen.stream().map(entry -> problems.where(entry.path)).toList(),
        resolved,
        settings,
        program,
        selection);
  }

  private Set<String> names() {
    Set<String> names = new HashSet<>();
    listen.forEach(entry -> addName(entry, names));
    slots.stream()
        .filter(slot -> slot.state != Slot.State.DOWN)
        .map(SlotEntry::address)
        .forEach(entry -> addName(entry, names));
    return names;
  }

  private static void addName(@Nullable AddressEntry entry, Set<String> names) {
    if (entry != null && entry.address instanceof Address.Named named) {
      names.add(named.name());
    }
  }

  private static void check(SlotEntry slot, Map<String, Answer> answers, Problems problems) {
    if (slot.address != null && slot.state != Slot.State.DOWN) {
      check(slot.address, slot.state == Slot.State.SPARE, answers, problems);
    }
  }

  private static void check(
      AddressEntry entry, boolean isSpare, Map<String, Answer> answers, Problems problems) {
    Answer answer = answer(entry, answers);
    if (answer instanceof Answer.Kept kept) {
      problems.warn(
          entry.path,
          "%s does not resolve: %s; its address %s stays in use"
              .formatted(
                  ValueText.quoted(entry.text), kept.why(), kept.address().getHostAddress()));
    } else if (answer instanceof Answer.NotFound notFound && isSpare) {
      problems.warn(
          entry.path,
          "%s does not resolve: %s; rsp does not use this spare until a reload finds its address"
              .formatted(ValueText.quoted(entry.text), notFound.why()));
    } else if (answer instanceof Answer.NotFound notFound) {
      problems.add(
          entry.path, ValueText.quoted(entry.text), "a name that resolves: " + notFound.why());
    }
  }

  /** The answer for the name in an address; null if it has no name, or it was not looked up. */
  private static @Nullable Answer answer(AddressEntry entry, Map<String, Answer> answers) {
    return entry.address instanceof Address.Named named ? answers.get(named.name()) : null;
  }

  private static void check(
      AddressEntry entry, Map<String, Answer> answers, ListenCheck bind, Problems problems) {
    boolean unresolved = answer(entry, answers) instanceof Answer.NotFound;
    String problem = unresolved ? null : bind.problem(listenAddress(entry, answers));
    if (problem != null) {
      problems.add(
          entry.path, ValueText.quoted(entry.text), "an address that can be bound: " + problem);
    }
  }

  private static Place place(
      AddressEntry entry, @Nullable BackendTls tls, Map<String, Answer> answers) {
    return entry.address instanceof Address.Unix unix
        ? Place.unix(Protocol.ofText(entry.text), unix.path(), tls)
        : Place.tcp(entry.text, socket(entry, answers), tls);
  }

  private static ListenAddress listenAddress(AddressEntry entry, Map<String, Answer> answers) {
    return entry.address instanceof Address.Unix unix
        ? new ListenAddress(entry.text, null, unix.path(), entry.access, entry.options)
        : new ListenAddress(entry.text, socket(entry, answers), null, entry.access, entry.options);
  }

  /** The address to connect to or to bind; null if its name was not looked up or not found. */
  private static @Nullable InetSocketAddress socket(
      AddressEntry entry, Map<String, Answer> answers) {
    if (entry.address instanceof Address.Literal literal) {
      return literal.socket();
    }
    Answer answer = answer(entry, answers);
    InetAddress address = answer == null ? null : answer.usable();
    return address != null && entry.address instanceof Address.Named named
        ? new InetSocketAddress(address, named.port())
        : null;
  }
}
