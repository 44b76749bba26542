// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.admin.Json;
import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import dev.rsp.config.ListenCheck;
import dev.rsp.config.RunningCopy;
import dev.rsp.http.Refusal;
import dev.rsp.lua.ScriptException;
import dev.rsp.plan.Explanation;
import dev.rsp.route.Chooser;
import dev.rsp.route.Decision;
import dev.rsp.route.RequestSnapshot;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rsp explain}: prints where a request would go, and why. */
@Command(
    name = "explain",
    description = "Prints where requests for a host go, and why.",
    mixinStandardHelpOptions = true)
final class ExplainCommand extends FileCommand {
  /** The most characters of an argument that an error message repeats: a line of a terminal. */
  private static final int MAX_SHOWN_CHARS = 80;

  @Parameters(
      index = "0",
      paramLabel = "FILE",
      description = "The configuration; - for standard input.")
  private @Nullable Path file;

  @Parameters(index = "1", paramLabel = "HOST", description = "The host, in any spelling.")
  private @Nullable String host;

  @Parameters(
      index = "2",
      arity = "0..1",
      paramLabel = "PATH",
      defaultValue = "/",
      description = "The path, with an optional query; by default /.")
  private String path = "/";

  @Option(names = "--json", description = "Prints one line of JSON.")
  private boolean json;

  @Option(
      names = "--live",
      description = "Explains by the configuration that the running rsp has in force.")
  private boolean live;

  @Option(
      names = "--control",
      paramLabel = "PATH",
      defaultValue = ControlClient.DEFAULT_PATH,
      description = "With --live, the control socket of rsp; by default ${DEFAULT-VALUE}.")
  private Path control = Path.of(ControlClient.DEFAULT_PATH);

  @Override
  int run() throws ConfigException, ScriptException {
    if (file == null || host == null) {
      return 1;
    }
    // What a request line may contain: RFC 9112 §3.2.1; no fragment: RFC 3986 §3.5.
    if (!path.startsWith("/") || !path.chars().allMatch(c -> c > ' ' && c <= '~' && c != '#')) {
      return failed(
          "\""
              + shown(path)
              + "\": no path (expected: as in a request line: starts with /,"
              + " a space as %20)");
    }
    RequestSnapshot request = RequestSnapshot.get(host, path);
    if (request == null) {
      return failed(
          "\""
              + shown(host)
              + "\": no valid host (expected: a host name, in ASCII (xn--...), an"
              + " IPv4 address or an IPv6 address in brackets, optionally with a port)");
    }
    Config fromFile = live ? loadInForce(file, control) : load(file);
    LiveOverrides overrides = live ? overrides(control) : LiveOverrides.NONE;
    Decision decision = decide(overrides.appliedTo(fromFile), request);
    print(json ? Json.of(Explanation.values(decision)) + "\n" : Explanation.text(decision));
    if (live) {
      noteIfOverridden(fromFile, overrides, decision, request);
    } else {
      noteIfNotInForce(fromFile, request);
    }
    return 0;
  }

  private static Decision decide(Config config, RequestSnapshot request) throws ScriptException {
    return new Chooser(config, config.script()).decide(request);
  }

  private static LiveOverrides overrides(Path control) throws ConfigException {
    try {
      return LiveOverrides.of(control);
    } catch (IOException e) {
      throw new ConfigException(
          ConfigException.Kind.CANNOT_RUN, List.of(String.valueOf(e.getMessage())));
    }
  }

  /** The states that operators have set may give another answer than the file in force. */
  private static void noteIfOverridden(
      Config fromFile, LiveOverrides overrides, Decision inForce, RequestSnapshot request)
      throws ScriptException {
    Decision byFile = decide(fromFile, request);
    String answer = Explanation.text(inForce);
    if (Explanation.text(byFile).equals(answer)) {
      return;
    }
    System.err.println(
        "note: overrides change this answer. By the file it goes to: " + target(byFile));
    List<String> lines = new ArrayList<>();
    for (LiveOverrides one : overrides.eachOf(fromFile)) {
      Decision without = decide(overrides.without(one).appliedTo(fromFile), request);
      if (!Explanation.text(without).equals(answer)) {
        lines.addAll(one.linesOf(fromFile));
      }
    }
    // Only several together change it: then each of them is named.
    (lines.isEmpty() ? overrides.linesOf(fromFile) : lines)
        .forEach(line -> System.err.println("note: " + line));
  }

  private static Config loadInForce(Path file, Path control) throws ConfigException {
    try {
      ControlClient.Answer answer = ControlClient.ask(control, "GET", "/config");
      return ConfigLoader.load(
          file.toString(), new ByteArrayInputStream(answer.body()), ListenCheck.NONE);
    } catch (IOException e) {
      throw new ConfigException(
          ConfigException.Kind.CANNOT_RUN, List.of(String.valueOf(e.getMessage())));
    }
  }

  /** A refused reload leaves another version in force than the one in the file. */
  private static void noteIfNotInForce(Config config, RequestSnapshot request)
      throws ScriptException {
    try {
      Config running = RunningCopy.load(config);
      if (running == null
          || running.program().fingerprint().equals(config.program().fingerprint())) {
        return;
      }
      Decision inForce = decide(running, request);
      System.err.println(
          "note: rsp serves with another version of this file (digest %s). There it goes to: %s"
              .formatted(running.program().fingerprint(), target(inForce)));
    } catch (ConfigException | IOException e) {
      System.err.println("note: the running configuration cannot be read: " + e.getMessage());
    }
  }

  private static String target(Decision decision) {
    Decision.Target target = decision.target();
    Refusal refusal = decision.refusal();
    return target != null
        ? target.name()
        : "no backend" + (refusal == null ? "" : ", status " + refusal.status());
  }

  /** The argument without control characters, and no longer than one line. */
  private static String shown(String argument) {
    String visible = argument.replaceAll("[^ -~]", "?");
    return visible.length() <= MAX_SHOWN_CHARS
        ? visible
        : visible.substring(0, MAX_SHOWN_CHARS) + "...";
  }
}
