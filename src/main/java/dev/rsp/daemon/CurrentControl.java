// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.admin.ControlSocket;
import dev.rsp.admin.Operations;
import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The control socket in use, from one configuration to the next. {@link Daemon} calls it under its
 * lock.
 */
final class CurrentControl {
  private @Nullable ControlSocket used;

  /**
   * The socket for a configuration: the one in use if it has the same path, else a new one.
   *
   * @return null if the configuration has none
   * @throws ConfigException if it cannot be opened
   */
  @Nullable ControlSocket open(Config newer, Operations operations) throws ConfigException {
    String path = newer.controlPath();
    ControlSocket current = used;
    if (path == null || (current != null && current.path().equals(path))) {
      return path == null ? null : current;
    }
    try {
      return ControlSocket.open(path, operations);
    } catch (IOException e) {
      throw new ConfigException(
          ConfigException.Kind.CANNOT_RUN,
          List.of(
              "%s: control: cannot listen on %s: %s"
                  .formatted(newer.program().name(), path, e.getMessage())));
    }
  }

  /** Uses a socket from now on, and closes the one before. */
  void use(@Nullable ControlSocket newer) {
    ControlSocket before = used;
    used = newer;
    discard(before, newer);
  }

  /** Closes a socket that {@link #open} made and that is not used. */
  void discard(@Nullable ControlSocket opened) {
    discard(opened, used);
  }

  @SuppressWarnings("ReferenceEquality") // the same socket, not an equal one
  private static void discard(@Nullable ControlSocket socket, @Nullable ControlSocket kept) {
    if (socket != null && socket != kept) {
      socket.close();
    }
  }
}
