// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.journal.HostList;
import dev.rsp.journal.SeenHost;
import dev.rsp.lua.Probe;
import dev.rsp.lua.Script;
import dev.rsp.lua.ScriptException;
import dev.rsp.lua.Selection.Refused;
import dev.rsp.route.Decision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Calls the {@code select} of a configuration that does not serve yet, for many hosts: hosts that
 * are reserved for examples, those that the file names, and those that were served.
 *
 * <p>A {@code select} that fails for all of them is a problem, and one that fails for some gets a
 * warning. It is also a problem if the file, loaded a second time, sends a host to another slot:
 * then two machines, or one machine before and after a restart, would disagree.
 *
 * @param problems each {@code file:line: text}
 * @param warnings each {@code file:line: text}
 */
public record SelectTrial(List<String> problems, List<String> warnings) {
  private static final SelectTrial NOTHING = new SelectTrial(List.of(), List.of());

  /** An operator and a service manager wait for it. 10,000 hosts take about 0.2 s. */
  private static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** Enough to meet each branch of a select; all hosts of a journal may be 200,000. */
  private static final int MAX_HOSTS = 10_000;

  /** How many reasons of failures, and how many hosts that move, are listed. */
  private static final int MAX_LISTED = 5;

  /** Loads a script. */
  @FunctionalInterface
  interface Loading {
    /** A script with the configuration; null if the file has no functions that serve. */
    @Nullable Script load() throws ScriptException;
  }

  public SelectTrial {
    problems = List.copyOf(problems);
    warnings = List.copyOf(warnings);
  }

  /**
   * Tries a configuration with the hosts in its journal, if that exists. Blocks, up to some
   * seconds.
   */
  public static SelectTrial of(Config config) {
    return config.hasSelect() ? of(config, journal(config)) : NOTHING;
  }

  /**
   * Tries a configuration. Blocks, up to some seconds, because the file is loaded again.
   *
   * @param served hosts that are known to be served
   */
  public static SelectTrial of(Config config, List<SeenHost> served) {
    return config.hasSelect() ? of(config, served, config::scriptLoadedApart) : NOTHING;
  }

  /** Tries a configuration whose second script is loaded in another way. */
  static SelectTrial of(Config config, List<SeenHost> served, Loading apart) {
    List<String> problems = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    try {
      var answers = new Answers(config, hosts(config, served));
      answers.failures(problems, warnings);
      answers.nothing(warnings);
      if (config.canBeLoadedApart()) {
        answers.differences(apart, problems);
      } else {
        warnings.add(notCompared(config));
      }
    } catch (ScriptException e) {
      problems.add(e.message());
    } catch (OutOfMemoryError e) {
      warnings.add(notCompared(config));
    }
    return new SelectTrial(problems, warnings);
  }

  private static String notCompared(Config config) {
    return config.program().name()
        + ": not enough memory to load the file a second time, so it is not known whether that gives"
        + " each host the same slot";
  }

  /** Throws if there is any problem. */
  public void throwIfProblem() throws ConfigException {
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
  }

  private static List<SeenHost> journal(Config config) {
    Path file = config.safeguards().journal().file();
    try {
      return file != null && Files.isRegularFile(file)
          ? HostList.read(file, MAX_HOSTS).hosts()
          : List.of();
    } catch (IOException e) {
      return List.of(); // Another user may run the check, and the daemon reports this by itself.
    }
  }

  private static Set<String> hosts(Config config, List<SeenHost> served) {
    Set<String> hosts = new LinkedHashSet<>(Probe.hosts());
    hosts.addAll(config.program().hosts());
    served.stream().limit(MAX_HOSTS).forEach(seen -> hosts.add(seen.host()));
    return hosts;
  }

  /** The decisions for all hosts, or for those that were decided in time. */
  private static final class Answers {
    private final Config config;
    private final Collection<String> hosts;
    private final long deadline = System.nanoTime() + TIMEOUT_NANOS;
    private final List<Decision> decisions;

    Answers(Config config, Collection<String> hosts) throws ScriptException {
      this.config = config;
      this.hosts = hosts;
      this.decisions = decide(Preview.of(config, config.trialScript()));
    }

    private List<Decision> decide(Preview preview) {
      List<Decision> made = new ArrayList<>();
      for (String host : hosts) {
        if (System.nanoTime() - deadline > 0) {
          break;
        }
        made.add(preview.decide(host));
      }
      return made;
    }

    void failures(List<String> problems, List<String> warnings) {
      Map<String, List<String>> byReason = new LinkedHashMap<>();
      int failed = 0;
      for (Decision decision : decisions) {
        String error = decision.error();
        if (error != null) {
          failed++;
          byReason
              .computeIfAbsent(positioned(error, decision), e -> new ArrayList<>())
              .add(decision.host());
        }
      }
      List<String> into = failed == decisions.size() ? problems : warnings;
      int listed = 0;
      for (Map.Entry<String, List<String>> reason : byReason.entrySet()) {
        if (listed++ == MAX_LISTED) {
          into.add(
              config.program().name()
                  + ": and "
                  + (byReason.size() - MAX_LISTED)
                  + " more reasons");
          break;
        }
        into.add(
            "%s; select fails %s of %d hosts, such as %s"
                .formatted(
                    reason.getKey(),
                    reason.getValue().size() == decisions.size()
                        ? "for each"
                        : "for " + reason.getValue().size(),
                    decisions.size(),
                    reason.getValue().get(0)));
      }
    }

    /** Warns of a {@code select} that returns nothing for each host, as one without return does. */
    void nothing(List<String> warnings) {
      boolean always =
          decisions.stream()
              .map(Decision::refusal)
              .allMatch(refusal -> refusal != null && refusal.why().equals(Refused.NO_REASON));
      if (always && !decisions.isEmpty()) {
        Decision first = decisions.get(0);
        warnings.add(
            "%s: select returns nothing for each of %d hosts, such as %s, so they get 503 (expected:"
                    .formatted(first.where(), decisions.size(), first.host())
                + " a slot or an address, or nil and a reason)");
      }
    }

    /** An error with the line of {@code select}, if it has none of its own. */
    private String positioned(String error, Decision decision) {
      String file = config.program().name() + ": ";
      return error.startsWith(file) && !decision.where().isEmpty()
          ? decision.where() + ": " + error.substring(file.length())
          : error;
    }

    void differences(Loading apart, List<String> problems) throws ScriptException {
      Script second = apart.load();
      List<Decision> others = decide(Preview.of(config, second));
      int found = 0;
      for (int i = 0; i < Math.min(decisions.size(), others.size()); i++) {
        Decision one = decisions.get(i);
        Decision other = others.get(i);
        if (!isSteady(one) || !isSteady(other) || targets(one).equals(targets(other))) {
          continue;
        }
        if (found++ == MAX_LISTED) {
          problems.add(config.program().name() + ": and more hosts");
          return;
        }
        problems.add(
            one.where()
                + ": select sends "
                + one.host()
                + " to "
                + targets(one)
                + ", and to "
                + targets(other)
                + " when the file is loaded again (expected: the same slot each time)");
      }
    }

    /** Whether the answer should depend on the host alone; others get a warning of their own. */
    private boolean isSteady(Decision decision) {
      return decision.pure()
          || (decision.error() != null && config.selection().probe().isCacheable());
    }

    private static String targets(Decision decision) {
      return decision.targets().isEmpty()
          ? Preview.targetName(decision)
          : String.join(", ", decision.targets().stream().map(Decision.Target::name).toList());
    }
  }
}
