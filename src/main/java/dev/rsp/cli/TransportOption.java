// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option {@code --transport} of the commands that serve. */
final class TransportOption {
  @Option(
      names = "--transport",
      paramLabel = "NAME",
      description =
          "epoll, io_uring, nio, or auto: the best available. Default: RSP_TRANSPORT, or auto.")
  private @Nullable String given;

  /** The name that is given, or else the default. */
  String name() {
    String environment = System.getenv("RSP_TRANSPORT");
    if (given != null) {
      return given;
    }
    return environment == null ? "auto" : environment;
  }

  /** The same for a command: the option may also be given before the name of the command. */
  String name(@Nullable ParentOptions before) {
    return given == null && before != null ? before.transportName() : name();
  }
}
