// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import dev.rsp.admin.Explanation;
import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import dev.rsp.lua.ScriptException;
import dev.rsp.route.Asked;
import dev.rsp.route.Chooser;
import dev.rsp.route.Decision;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says where a request would go. */
@Command(
    name = "explain",
    description = "Says where requests for a host go by a file, and why.",
    mixinStandardHelpOptions = true)
final class ExplainCommand extends FileCommand {
  private static final int MAX_SHOWN = 80;

  @Parameters(index = "0", paramLabel = "FILE", description = "The configuration.")
  private @Nullable Path file;

  @Parameters(index = "1", paramLabel = "HOST", description = "A host in any spelling.")
  private @Nullable String host;

  @Parameters(
      index = "2",
      arity = "0..1",
      paramLabel = "PATH",
      defaultValue = "/",
      description = "The path, perhaps with a query; / if none is given.")
  private String path = "/";

  @Option(names = "--json", description = "Answers with one line of JSON.")
  private boolean json;

  @Override
  int answer() throws ConfigException, ScriptException {
    if (file == null || host == null) {
      return 1;
    }
    // What a request line can carry: RFC 9112 §3.2.1, RFC 3986 §3.5 for the fragment.
    if (!path.startsWith("/") || !path.chars().allMatch(c -> c > ' ' && c <= '~' && c != '#')) {
      return failed(
          "\""
              + shown(path)
              + "\": no path (expected: it begins with / and is as in a request,"
              + " a space as %20)");
    }
    Asked request = Asked.get(host, path);
    if (request == null) {
      return failed(
          "\""
              + shown(host)
              + "\": no valid host (expected: a host name, in ASCII as xn--... if need be, an"
              + " IPv4 address or an IPv6 address in brackets, perhaps with a port)");
    }
    Config config = ConfigLoader.load(file);
    Decision decision = new Chooser(config, config.script()).decide(request);
    say(json ? Explanation.json(decision) + "\n" : Explanation.text(decision));
    return 0;
  }

  /** Nothing that drives a terminal, and no more than a line of it. */
  private static String shown(String argument) {
    String visible = argument.replaceAll("[^ -~]", "?");
    return visible.length() <= MAX_SHOWN ? visible : visible.substring(0, MAX_SHOWN) + "...";
  }
}
