// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import dev.rsp.config.HeapNeed;
import dev.rsp.config.ListenCheck;
import dev.rsp.net.BindCheck;
import dev.rsp.plan.SelectTrial;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rsp check}: reads a configuration file and prints every problem in it. */
@Command(
    name = "check",
    description =
        "Checks a configuration file. Exits with 0, or prints every problem and exits with 1.",
    mixinStandardHelpOptions = true)
final class CheckCommand implements Callable<Integer> {
  /** An estimate below that is not worth a line. */
  private static final long SHOWN_BYTES = 1 << 20;

  @Option(
      names = "--bind",
      description = "Also binds each listen address. Not for the file of a running rsp.")
  private boolean bind;

  @Parameters(paramLabel = "FILE", description = "The configuration to check.")
  private @Nullable Path file;

  @Override
  public Integer call() {
    if (file == null) {
      return 1;
    }
    try {
      Config config = ConfigLoader.load(file, bind ? new BindCheck() : ListenCheck.NONE);
      HeapNeed need = config.heapNeed(config.loops());
      String shortage = need.problem();
      if (shortage != null) {
        throw new ConfigException(ConfigException.Kind.CANNOT_RUN, List.of(file + ": " + shortage));
      }
      SelectTrial trial = SelectTrial.of(config);
      trial.throwIfProblem();
      System.out.printf(
          "%s: ok, %d backend(s), %s%n",
          file,
          config.slots().size(),
          config.hasSelect() ? "chosen by its select" : "chosen by hash.python of the host");
      if (need.bytes() >= SHOWN_BYTES) {
        System.out.println(file + ": memory: " + need + ", twice during a reload");
      }
      config.warnings().forEach(warning -> System.out.println(marked(warning)));
      trial.warnings().forEach(warning -> System.out.println(marked(warning)));
      return 0;
    } catch (ConfigException e) {
      return ConfigProblems.print(e);
    }
  }

  /** {@code file:line: warning: text}, as compilers print it, for {@code file:line: text}. */
  private String marked(String warning) {
    Matcher position =
        Pattern.compile(Pattern.quote(String.valueOf(file)) + "(?::[0-9]+)?: ").matcher(warning);
    int text = position.lookingAt() ? position.end() : 0;
    return warning.substring(0, text) + "warning: " + warning.substring(text);
  }
}
