// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import dev.rsp.config.ListenAddress;
import dev.rsp.config.ListenCheck;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Binds an address and releases it at once. It does not listen, so no client can get a connection
 * that is never served.
 */
public final class BindCheck implements ListenCheck {
  @Override
  public @Nullable String problem(ListenAddress address) {
    try {
      String unixPath = address.unixPath();
      if (unixPath != null) {
        bind(unixPath);
      } else {
        bind(Objects.requireNonNull(address.socket()));
      }
      return null;
    } catch (IOException e) {
      return e.getMessage();
    }
  }

  private static void bind(InetSocketAddress address) throws IOException {
    try (Socket socket = new Socket()) {
      // As Listener does: TIME_WAIT does not count. A listening socket still does.
      socket.setReuseAddress(true);
      socket.bind(address);
    }
  }

  private static void bind(String unixPath) throws IOException {
    // The listener would replace a dead one.
    if (UnixSocketFile.isDead(unixPath)) {
      return;
    }
    UnixSocketFile file = UnixSocketFile.prepare(unixPath);
    try (SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      socket.bind(UnixDomainSocketAddress.of(file.boundPath()));
    } finally {
      file.remove();
    }
  }
}
