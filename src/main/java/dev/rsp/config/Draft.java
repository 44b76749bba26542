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

/** What a file says, checked, with names that are still to be resolved. */
record Draft(List<Written> listen, List<WrittenSlot> slots, Settings settings, Choosing choosing) {
  /** An address, and where the file writes it. */
  record Written(KeyPath path, String text, Address address) {}

  /** A slot: its name, and where the file writes that; and its address, if it has one. */
  record WrittenSlot(
      String name, KeyPath namedAt, @Nullable Written written, int weight, Slot.State state) {}

  /**
   * Resolves all names, and has the addresses to listen on looked at. Adds a problem for each that
   * is not as it should be, and throws if there is any.
   */
  Config resolved(NameLookup lookup, ListenCheck bind, Program program, Problems problems)
      throws ConfigException {
    Map<String, Answer> answers = lookup.ask(names());
    everyAddress().forEach(written -> check(written, answers, problems));
    listen.forEach(written -> check(written, answers, bind, problems));
    problems.throwIfAny();
    // Slots with the same address share its place, so that they share its connections as well.
    Map<String, Place> places = new HashMap<>();
    List<Slot> resolved = new ArrayList<>();
    for (WrittenSlot slot : slots) {
      Written at = slot.written;
      Place place = at == null ? null : places.computeIfAbsent(at.text, text -> place(at, answers));
      resolved.add(new Slot(resolved.size() + 1, slot.name, place, slot.weight, slot.state));
    }
    return new Config(
        listen.stream().map(written -> listenAddress(written, answers)).toList(),
        listen.stream().map(written -> problems.where(written.path)).toList(),
        resolved,
        settings,
        program,
        choosing);
  }

  private Stream<Written> everyAddress() {
    return Stream.concat(
        listen.stream(), slots.stream().map(WrittenSlot::written).filter(Objects::nonNull));
  }

  private Set<String> names() {
    Set<String> names = new HashSet<>();
    everyAddress()
        .forEach(
            written -> {
              if (written.address instanceof Address.Named named) {
                names.add(named.name());
              }
            });
    return names;
  }

  private static void check(Written written, Map<String, Answer> answers, Problems problems) {
    if (written.address instanceof Address.Named named
        && answers.get(named.name()) instanceof Answer.NotFound notFound) {
      problems.add(
          written.path, Shown.quoted(written.text), "a name that resolves: " + notFound.why());
    }
  }

  private static void check(
      Written written, Map<String, Answer> answers, ListenCheck bind, Problems problems) {
    boolean unresolved =
        written.address instanceof Address.Named named
            && answers.get(named.name()) instanceof Answer.NotFound;
    String problem = unresolved ? null : bind.problem(listenAddress(written, answers));
    if (problem != null) {
      problems.add(
          written.path, Shown.quoted(written.text), "an address that can be bound: " + problem);
    }
  }

  private static Place place(Written written, Map<String, Answer> answers) {
    return written.address instanceof Address.Unix unix
        ? Place.unix(Protocol.ofText(written.text), unix.path())
        : Place.tcp(written.text, socket(written, answers));
  }

  private static ListenAddress listenAddress(Written written, Map<String, Answer> answers) {
    return written.address instanceof Address.Unix unix
        ? new ListenAddress(written.text, null, unix.path())
        : new ListenAddress(written.text, socket(written, answers), null);
  }

  private static InetSocketAddress socket(Written written, Map<String, Answer> answers) {
    if (written.address instanceof Address.Literal literal) {
      return literal.socket();
    }
    if (written.address instanceof Address.Named named
        && answers.get(named.name()) instanceof Answer.Found found) {
      return new InetSocketAddress(found.address(), named.port());
    }
    throw new IllegalStateException(written.path + ": " + written.address);
  }
}
