// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The rights of a Unix socket that the real process listens on. */
@Timeout(120)
final class SocketRightsIT {
  @TempDir private Path directory;

  private Path socket() {
    return directory.resolve("rsp.sock");
  }

  private String listening(RawBackend backend, String rights, String more) {
    return "listen = { { address = \"unix:%s\"%s }%s }\nbackends = { \"%s\" }\n"
        .formatted(socket(), rights, more, backend.address());
  }

  private String mode() throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(socket()));
  }

  @Test
  void aReloadChangesTheModeAndAnOpenConnectionNoticesNothing() throws IOException {
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, listening(backend, ", mode = \"0620\"", ""));
        SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket()))) {
      assertEquals("rw--w----", mode());
      assertTrue(get(client).startsWith("HTTP/1.1 200 "));
      rsp.reconfigure(listening(backend, ", mode = \"0666\"", ""));
      assertEquals("rw-rw-rw-", mode());
      assertTrue(get(client).startsWith("HTTP/1.1 200 "));
    }
  }

  @Test
  void aReloadThatIsRefusedForAnotherReasonLeavesTheModeAsItWas() throws IOException {
    try (ServerSocket taken = new ServerSocket(0);
        RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, listening(backend, ", mode = \"0600\"", ""))) {
      String other = ", \"127.0.0.1:" + taken.getLocalPort() + "\"";
      Rsp.write(rsp.file(), listening(backend, ", mode = \"0666\"", other));
      rsp.reloadRefused();
      assertEquals("rw-------", mode());
    }
  }

  @Test
  void checkNamesTheLineOfAUserThatDoesNotExist() throws IOException {
    try (RawBackend backend = RawBackend.named("b")) {
      Path file = directory.resolve("backends.lua");
      Rsp.write(file, listening(backend, ", owner = \"no-such-user\"", ""));
      Program check = Rsp.run("check", file.toString());
      assertEquals(1, check.awaitExit());
      assertTrue((check.out() + check.err()).contains(":1: listen[1].owner: "), check::toString);
    }
  }

  private static String get(SocketChannel client) throws IOException {
    client.write(
        ByteBuffer.wrap("GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
    ByteBuffer answer = ByteBuffer.allocate(4096);
    client.read(answer);
    return new String(answer.array(), 0, answer.position(), StandardCharsets.US_ASCII);
  }
}
