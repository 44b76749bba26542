// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Option;

/** A command to a running rsp. Prints its answer; exits with 1 if it was not carried out. */
abstract class ControlCommand implements Callable<Integer> {
  @Option(
      names = "--control",
      paramLabel = "PATH",
      defaultValue = ControlClient.DEFAULT_PATH,
      description = "The control socket of the running rsp; by default ${DEFAULT-VALUE}.")
  private Path control = Path.of(ControlClient.DEFAULT_PATH);

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
      return ControlClient.ask(control, method, target);
    }
  }

  /**
   * What a path answers.
   *
   * @throws IOException if nobody answers, or not with 200, with a text for the operator
   */
  final String fetch(String target) throws IOException {
    ControlClient.Answer answer = ControlClient.ask(control, "GET", target);
    if (!answer.ok()) {
      throw new IOException(target + ": " + answer.text().strip());
    }
    return answer.text();
  }
}
