// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.config.NameLookup.Answer;
import dev.rsp.lua.Program;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A checked configuration whose host names are not resolved yet. */
record Draft(
    List<AddressEntry> listen,
    List<SlotEntry> slots,
    ServerSettings settings,
    SelectionSettings selection) {
  /** An address, and the key that sets it. */
  record AddressEntry(KeyPath path, String text, Address address) {}

  /** A slot: its name and the key that sets it, and its address, if it has one. */
  record SlotEntry(
      String name, KeyPath namedAt, @Nullable AddressEntry address, int weight, Slot.State state) {}

  /**
   * Resolves all host names and checks the listen addresses. Adds a problem for each that fails;
   * throws if there is any problem.
   */
  Config resolve(NameLookup lookup, ListenCheck bind, Program program, Problems problems)
      throws ConfigException {
    Map<String, Answer> answers = lookup.lookUp(names());
    everyAddress().forEach(entry -> check(entry, answers, problems));
    listen.forEach(entry -> check(entry, answers, bind, problems));
    problems.throwIfAny();
    // Slots with the same address share one Place, so that they share its connections.
    Map<String, Place> places = new HashMap<>();
    List<Slot> resolved = new ArrayList<>();
    for (SlotEntry slot : slots) {
      AddressEntry at = slot.address;
      Place place = at == null ? null : places.computeIfAbsent(at.text, text -> place(at, answers));
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

  private Stream<AddressEntry> everyAddress() {
    return Stream.concat(
        listen.stream(), slots.stream().map(SlotEntry::address).filter(Objects::nonNull));
  }

  private Set<String> names() {
    Set<String> names = new HashSet<>();
    everyAddress()
        .forEach(
            entry -> {
              if (entry.address instanceof Address.Named named) {
                names.add(named.name());
              }
            });
    return names;
  }

  private static void check(AddressEntry entry, Map<String, Answer> answers, Problems problems) {
    if (entry.address instanceof Address.Named named
        && answers.get(named.name()) instanceof Answer.NotFound notFound) {
      problems.add(
          entry.path, ValueText.quoted(entry.text), "a name that resolves: " + notFound.why());
    }
  }

  private static void check(
      AddressEntry entry, Map<String, Answer> answers, ListenCheck bind, Problems problems) {
    boolean unresolved =
        entry.address instanceof Address.Named named
            && answers.get(named.name()) instanceof Answer.NotFound;
    String problem = unresolved ? null : bind.problem(listenAddress(entry, answers));
    if (problem != null) {
      problems.add(
          entry.path, ValueText.quoted(entry.text), "an address that can be bound: " + problem);
    }
  }

  private static Place place(AddressEntry entry, Map<String, Answer> answers) {
    return entry.address instanceof Address.Unix unix
        ? Place.unix(Protocol.ofText(entry.text), unix.path())
        : Place.tcp(entry.text, socket(entry, answers));
  }

  private static ListenAddress listenAddress(AddressEntry entry, Map<String, Answer> answers) {
    return entry.address instanceof Address.Unix unix
        ? new ListenAddress(entry.text, null, unix.path())
        : new ListenAddress(entry.text, socket(entry, answers), null);
  }

  private static InetSocketAddress socket(AddressEntry entry, Map<String, Answer> answers) {
    if (entry.address instanceof Address.Literal literal) {
      return literal.socket();
    }
    if (entry.address instanceof Address.Named named
        && answers.get(named.name()) instanceof Answer.Found found) {
      return new InetSocketAddress(found.address(), named.port());
    }
    throw new IllegalStateException(entry.path + ": " + entry.address);
  }
}
