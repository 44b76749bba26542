// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.certs.Catalogue;
import dev.rsp.certs.CertificateScan;
import dev.rsp.certs.CertificateSettings;
import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.HeapNeed;
import dev.rsp.config.ListenCheck;
import dev.rsp.lua.ScriptException;
import dev.rsp.net.BindCheck;
import dev.rsp.plan.OrderForecast;
import dev.rsp.plan.SelectTrial;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
final class CheckCommand extends FileCommand {
  /** An estimate below that is not worth a line. */
  private static final long SHOWN_BYTES = 1 << 20;

  /** rsp certs prints all. */
  private static final int SHOWN_CERTIFICATES = 10;

  @Option(
      names = "--bind",
      description = "Also binds each listen address. Not for the file of a running rsp.")
  private boolean bind;

  @Parameters(
      paramLabel = "FILE",
      description = "The configuration to check; - for standard input.")
  private @Nullable Path file;

  @Override
  int run() throws ConfigException, ScriptException {
    if (file == null) {
      return 1;
    }
    Config config = load(file, bind ? new BindCheck() : ListenCheck.NONE);
    HeapNeed need = config.heapNeed(config.loops());
    String shortage = need.problem();
    if (shortage != null) {
      throw new ConfigException(
          ConfigException.Kind.CANNOT_RUN, List.of(name(file) + ": " + shortage));
    }
    SelectTrial trial;
    Optional<RunningComparison> comparison;
    try (var line = ProgressLine.open()) {
      line.at("trying select");
      trial = SelectTrial.of(config);
      trial.throwIfProblem();
      line.at("comparing with the configuration in force");
      comparison = RunningComparison.with(config);
    }
    var out = new StringBuilder();
    out.append(name(file))
        .append(": ok, ")
        .append(config.slots().size())
        .append(" backend(s), ")
        .append(config.hasSelect() ? "chosen by its select" : "chosen by hash.python of the host")
        .append('\n');
    if (need.bytes() >= SHOWN_BYTES) {
      out.append(name(file)).append(": memory: ").append(need).append(", twice during a reload\n");
    }
    String checked = name(file);
    certificates(config, checked, out);
    comparison.ifPresent(compared -> out.append(compared.text(checked)));
    config.warnings().forEach(warning -> out.append(marked(name(file), warning)).append('\n'));
    trial.warnings().forEach(warning -> out.append(marked(name(file), warning)).append('\n'));
    print(out.toString());
    return 0;
  }

  /** Adds what is broken; refuses what a reload would refuse: certificates none of which serves. */
  private static void certificates(Config config, String checked, StringBuilder out)
      throws ConfigException {
    CertificateSettings settings = config.certificates();
    if (settings == null) {
      return;
    }
    Catalogue read;
    try (var line = ProgressLine.open()) {
      line.at("reading the certificates");
      read = CertificateScan.read(settings);
    }
    List<String> problems =
        read.reports().stream()
            .filter(one -> one.problem() != null)
            .map(one -> one.path() + ": " + one.problem())
            .toList();
    if (read.size() == 0 && read.brokenCount() > 0) {
      List<String> all = new ArrayList<>();
      all.add(checked + ": certificates: none of them can be served");
      problems.stream()
          .limit(SHOWN_CERTIFICATES)
          .forEach(problem -> all.add(checked + ": certificates: " + problem));
      throw new ConfigException(ConfigException.Kind.WRONG_VALUES, all);
    }
    out.append(checked).append(": certificates: ").append(read.size()).append('\n');
    String warning = checked + ": warning: certificates: ";
    OrderForecast orders = OrderPlan.of(config, read);
    String shortage = orders == null ? null : orders.problem();
    if (shortage != null) {
      out.append(warning).append(shortage).append('\n');
    }
    if (read.size() == 0 && orders == null) {
      out.append(warning).append("there is none yet, so no TLS handshake succeeds\n");
    }
    if (!read.hasDefault()) {
      out.append(warning).append("there is none for certificates.default\n");
    }
    problems.stream()
        .limit(SHOWN_CERTIFICATES)
        .forEach(problem -> out.append(warning).append(problem).append('\n'));
    if (problems.size() > SHOWN_CERTIFICATES) {
      out.append(warning)
          .append(problems.size() - SHOWN_CERTIFICATES)
          .append(" more with problems: rsp certs ")
          .append(checked)
          .append('\n');
    }
  }

  /** {@code file:line: warning: text}, as compilers print it, for {@code file:line: text}. */
  private static String marked(String file, String warning) {
    Matcher position = Pattern.compile(Pattern.quote(file) + "(?::[0-9]+)?: ").matcher(warning);
    int text = position.lookingAt() ? position.end() : 0;
    return warning.substring(0, text) + "warning: " + warning.substring(text);
  }
}
