// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code rsp status}: prints the state of a running rsp. */
@Command(
    name = "status",
    description =
        "Prints the state of the running rsp: what is in force, and what each backend got.",
    mixinStandardHelpOptions = true)
final class StatusCommand extends ControlCommand {
  @Option(names = "--json", description = "Prints one line of JSON.")
  private boolean json;

  @Override
  public Integer call() {
    return ask("GET", json ? "/status.json" : "/status");
  }
}
