// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import dev.rsp.log.Logging;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A command to a running rsp. Prints its answer; exits with 1 if it was not carried out. */
abstract class ControlCommand implements Callable<Integer> {
  /** Where the package has it. */
  private static final String DEFAULT_FILE = "/etc/rsp/backends.lua";

  @Option(
      names = "--control",
      paramLabel = "PATH",
      description =
          "The control socket of the running rsp; by default that of --file, else "
              + ControlClient.DEFAULT_PATH
              + ", else that of "
              + DEFAULT_FILE
              + ".")
  private @Nullable Path control;

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "The configuration file of the running rsp, which says where it listens.")
  private @Nullable Path file;

  /** Where rsp listens for commands. */
  final Path control() throws IOException {
    Path usual = Path.of(ControlClient.DEFAULT_PATH);
    Path packaged = Path.of(DEFAULT_FILE);
    if (control != null) {
      return control;
    } else if (file != null) {
      return in(file);
    }
    return Files.exists(usual) || !Files.isReadable(packaged) ? usual : in(packaged);
  }

  private static Path in(Path file) throws IOException {
    Logging.Silence silence = Logging.silence();
    try {
      String path = ConfigLoader.load(file).controlPath();
      if (path == null) {
        throw new IOException(file + ": control is not set (expected: that, or --control PATH)");
      }
      return Path.of(path);
    } catch (ConfigException e) {
      throw new IOException(
          String.join("\n", e.problems()) + "\n(or give --control PATH instead of a file)", e);
    } finally {
      silence.close();
    }
  }

  /** Sends a request, and prints what is said. */
  final int ask(String method, String target) {
    try {
      ControlClient.Answer answer = await(method, target);
      (answer.ok() ? System.out : System.err).print(answer.text());
      System.out.flush();
      return answer.ok() ? 0 : 1;
    } catch (IOException e) {
      return FileCommand.failed(String.valueOf(e.getMessage()));
    }
  }

  /** A reload of a large file takes its time. */
  private ControlClient.Answer await(String method, String target) throws IOException {
    try (var line = ProgressLine.open()) {
      line.at("waiting for rsp");
      return ControlClient.ask(control(), method, target);
    }
  }

  /**
   * What a path answers.
   *
   * @throws IOException if nobody answers, or not with 200, with a text for the operator
   */
  final String fetch(String target) throws IOException {
    ControlClient.Answer answer = ControlClient.ask(control(), "GET", target);
    if (!answer.ok()) {
      throw new IOException(target + ": " + answer.text().strip());
    }
    return answer.text();
  }
}
