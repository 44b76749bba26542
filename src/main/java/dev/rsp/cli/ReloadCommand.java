// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import picocli.CommandLine.Command;

/** {@code rsp reload}: has a running rsp read its file again, and waits for the verdict. */
@Command(
    name = "reload",
    description = {
      "Has the running rsp read its file again, as HUP does, and waits.",
      "Exits with 0, or prints why it was refused and exits with 1."
    },
    mixinStandardHelpOptions = true)
final class ReloadCommand extends ControlCommand {
  @Override
  public Integer call() {
    return ask("POST", "/reload");
  }
}
