// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How sockets are served: an option of the commands that serve any. */
final class TransportOption {
  @Option(
      names = "--transport",
      paramLabel = "NAME",
      description =
          "epoll, io_uring, nio, or auto: the best that is there. Default: RSP_TRANSPORT, or auto.")
  private @Nullable String given;

  /** The name that is given, or else the default. */
  String name() {
    String environment = System.getenv("RSP_TRANSPORT");
    if (given != null) {
      return given;
    }
    return environment == null ? "auto" : environment;
  }

  /** The same, where it may be given before the command as well. */
  String name(@Nullable TransportOption before) {
    return given == null && before != null ? before.name() : name();
  }
}
