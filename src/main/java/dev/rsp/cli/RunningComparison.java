// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import dev.rsp.config.ListenAddress;
import dev.rsp.config.ListenCheck;
import dev.rsp.config.RunningCopy;
import dev.rsp.journal.HostList;
import dev.rsp.journal.KnownHosts;
import dev.rsp.journal.SeenHost;
import dev.rsp.log.IoReason;
import dev.rsp.lua.ScriptException;
import dev.rsp.net.BindCheck;
import dev.rsp.plan.ReloadGuard;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A file beside the configuration that a daemon serves with, as its copy beside the journal has it:
 * what a reload would do.
 *
 * @param running what is in force; null if it cannot be told, and {@code note} says why
 * @param moves which hosts a reload would move; empty for none
 * @param overrides lines about the slots to which operators have given another state than the file
 * @param note for the operator; empty for none
 */
record RunningComparison(
    @Nullable Config running, String moves, List<String> overrides, String note) {
  /**
   * Compares.
   *
   * @return empty if no daemon runs with the journal of this configuration
   * @throws ConfigException if a reload would be refused, by the guard or for a port
   */
  static Optional<RunningComparison> with(Config newer) throws ConfigException, ScriptException {
    Config running;
    try {
      running = running(newer);
    } catch (ConfigException e) {
      return Optional.of(unknown(e.problems().get(0)));
    } catch (IOException e) {
      return Optional.of(unknown(RunningCopy.path(newer) + ": " + IoReason.of(e)));
    }
    if (running == null) {
      return Optional.empty();
    }
    LiveOverrides overrides = overrides(newer);
    // A reload keeps the overrides.
    Config before = overrides.appliedTo(running);
    Config after = overrides.appliedTo(newer);
    // That of the daemon: the new file may name another one.
    KnownHosts known = known(running.safeguards().journal().file());
    ReloadGuard.check(before, after, () -> known);
    checkPorts(running, newer);
    String moves = ReloadGuard.effect(before, after, known.hosts());
    return Optional.of(new RunningComparison(running, moves, overrides.linesOf(newer), ""));
  }

  /** Those of the daemon, if it answers on the control socket of the new file. */
  private static LiveOverrides overrides(Config newer) {
    String control = newer.controlPath();
    try {
      return control == null ? LiveOverrides.NONE : LiveOverrides.of(Path.of(control));
    } catch (IOException e) {
      return LiveOverrides.NONE; // not running, or not for this user
    }
  }

  /**
   * What is in force, by the daemon itself if it answers on the control socket of the new file,
   * else by the copy beside the journal of the new file.
   */
  private static @Nullable Config running(Config newer) throws ConfigException, IOException {
    String control = newer.controlPath();
    if (control != null && Files.exists(Path.of(control))) {
      ControlClient.Answer answer = null;
      try {
        answer = ControlClient.ask(Path.of(control), "GET", "/config");
      } catch (IOException e) {
        // Not running, or not for this user. The copy may be there.
      }
      if (answer != null && answer.ok()) {
        // Under the file's own name, to which the paths in it are relative.
        return ConfigLoader.load(
            newer.program().name(), new ByteArrayInputStream(answer.body()), ListenCheck.NONE);
      }
    }
    return RunningCopy.load(newer);
  }

  private static RunningComparison unknown(String why) {
    return new RunningComparison(
        null,
        "",
        List.of(),
        "cannot say what a reload would do: the running configuration: " + why);
  }

  private static KnownHosts known(@Nullable Path journal) {
    List<SeenHost> none = List.of();
    if (journal == null || !Files.exists(journal)) {
      return new KnownHosts(none, "");
    }
    try {
      return new KnownHosts(HostList.read(journal, FileCommand.MAX_HOSTS).hosts(), "");
    } catch (IOException e) {
      return new KnownHosts(none, IoReason.of(e));
    }
  }

  /** New addresses must be free, unless the daemon itself has their port. */
  private static void checkPorts(Config running, Config newer) throws ConfigException {
    var bind = new BindCheck();
    List<String> problems = new ArrayList<>();
    for (int i = 0; i < newer.listen().size(); i++) {
      ListenAddress address = newer.listen().get(i);
      boolean own = running.listen().stream().anyMatch(other -> shares(address, other));
      String problem = own ? null : bind.problem(address);
      if (problem != null) {
        problems.add(
            "%s: \"%s\" (expected: an address that can be bound: %s)"
                .formatted(newer.listenAt().get(i), address.text(), problem));
      }
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
  }

  private static boolean shares(ListenAddress address, ListenAddress own) {
    return address.text().equals(own.text())
        || (address.socket() != null
            && own.socket() != null
            && address.socket().getPort() == own.socket().getPort());
  }

  /** Lines about a file. */
  String text(String file) {
    if (!note.isEmpty()) {
      return file + ": " + note + "\n";
    }
    var text = new StringBuilder();
    text.append(file)
        .append(": a reload would be accepted, and would move ")
        .append(moves.isEmpty() ? "no known host" : moves)
        .append('\n');
    for (String line : overrides) {
      text.append(file).append(": note: a reload keeps another state: ").append(line).append('\n');
    }
    return text.toString();
  }
}
