// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.config.KeyEntry;
import dev.rsp.config.KeyReference;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code rsp help}: explains a command, or a key of the configuration. */
@Command(
    name = "help",
    description = {
      "Explains a command, or a key of the configuration.",
      "Without TOPIC, prints the commands."
    },
    mixinStandardHelpOptions = true)
final class HelpCommand implements Callable<Integer> {
  /** The topic that lists all keys. */
  private static final String KEYS = "keys";

  @CommandLine.Spec private CommandLine.Model.@Nullable CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "TOPIC",
      description =
          "A command (check), a key (timeouts.connect, connect), a table of keys (limits), or keys"
              + " for all keys.")
  private @Nullable String topic;

  @Override
  public Integer call() {
    CommandLine root = Objects.requireNonNull(spec, "set by picocli").root().commandLine();
    if (topic == null) {
      root.usage(System.out);
      return 0;
    }
    CommandLine command = root.getSubcommands().get(topic);
    List<KeyEntry> keys = KeyReference.find(topic);
    // A word may be both, such as reload.
    if (command != null) {
      command.usage(System.out);
    }
    if (command != null && !keys.isEmpty()) {
      System.out.println();
    }
    if (topic.equals(KEYS)) {
      KeyReference.groups().forEach(group -> list(group.keys()));
    } else if (command == null && keys.isEmpty()) {
      System.err.println(unknown(topic));
      return CommandLine.ExitCode.USAGE;
    }
    for (int i = 0; i < keys.size(); i++) {
      FileCommand.print((i == 0 ? "" : "\n") + KeyText.of(keys.get(i)));
      List<KeyEntry> within = KeyReference.within(keys.get(i).path());
      if (!within.isEmpty()) {
        System.out.println();
        list(within);
      }
    }
    System.out.flush();
    return 0;
  }

  private static void list(List<KeyEntry> keys) {
    for (KeyEntry key : keys) {
      // Two columns as wide as the longest key and default of most tables.
      System.out.printf(
          "%-28s %-12s %s%n", key.path(), KeyEntry.plain(key.unset()), KeyEntry.plain(key.value()));
    }
  }

  private static String unknown(String topic) {
    String nearest = KeyReference.nearest(topic);
    String expected =
        nearest == null
            ? "a command, a key, or keys for all keys; see rsp --help"
            : nearest.replace("[]", "");
    return topic + ": no such command or key (expected: " + expected + ")";
  }
}
