// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.ListenAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BindCheckTest {
  private static final String IN_USE = "Address already in use";

  @TempDir private Path directory;

  @Test
  void findsAPortThatIsInUseOnThisAddressOrOnAll() throws IOException {
    try (ServerSocket taken = new ServerSocket()) {
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      int port = taken.getLocalPort();
      assertEquals(IN_USE, problem("127.0.0.1", port));
      assertEquals(IN_USE, problem("0.0.0.0", port));
      assertNull(problem("127.0.0.2", port));
    }
    try (ServerSocket taken = new ServerSocket(0)) {
      assertEquals(IN_USE, problem("127.0.0.1", taken.getLocalPort()));
    }
  }

  @Test
  void leavesAPortThatIsFreeFree() throws IOException {
    int port;
    try (ServerSocket any = new ServerSocket(0)) {
      port = any.getLocalPort();
    }
    for (int i = 0; i < 3; i++) {
      assertNull(problem("127.0.0.1", port));
      assertNull(problem("0.0.0.0", port));
    }
    new ServerSocket(port).close();
  }

  /** RFC 5737: no machine has this one. */
  @Test
  void findsAnAddressThatIsNotOfThisMachine() {
    assertEquals("Cannot assign requested address", problem("192.0.2.1", 8080));
  }

  @Test
  void leavesNothingOfAUnixSocket() {
    Path socket = directory.resolve("a.sock");
    assertNull(problem(socket));
    assertFalse(Files.exists(socket));
  }

  @Test
  void leavesAUnixSocketThatNobodyListensOnToTheStart() throws IOException {
    Path socket = directory.resolve("dead.sock");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
    }
    assertNull(problem(socket));
    assertTrue(Files.exists(socket));
  }

  @Test
  void findsAUnixSocketThatCannotBeBound() throws IOException {
    Path socket = directory.resolve("live.sock");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      assertEquals(IN_USE, problem(socket));
    }
    assertEquals(
        "the file exists and is not a socket",
        problem(Files.writeString(directory.resolve("precious"), "all there is")));
    assertNotNull(problem(directory.resolve("missing").resolve("a.sock")));
  }

  private static @Nullable String problem(String address, int port) {
    return new BindCheck()
        .problem(
            new ListenAddress(address + ":" + port, new InetSocketAddress(address, port), null));
  }

  private static @Nullable String problem(Path socket) {
    return new BindCheck().problem(new ListenAddress("unix:" + socket, null, socket.toString()));
  }
}
