// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Who may ask over the control socket, whatever the mode of its file. */
@Timeout(60)
final class ControlSocketTest {
  private static final String REQUEST = "GET /status HTTP/1.0\r\n\r\n";

  /** nobody, on Debian and elsewhere. */
  private static final int NOBODY = 65534;

  /** Connects as another user, and prints the first bytes of the answer. */
  private static final String AS_NOBODY =
      """
      import os, socket, sys
      os.chdir(sys.argv[1])
      os.setgroups([])
      os.setgid(%d)
      os.setuid(%d)
      s = socket.socket(socket.AF_UNIX)
      s.connect("c.sock")
      try:
          s.sendall(sys.argv[2].encode())
          print(s.recv(12).decode())
      except (ConnectionResetError, BrokenPipeError):
          print("")
      """
          .formatted(NOBODY, NOBODY);

  @TempDir private Path directory;

  private final TestOperations operations = new TestOperations();

  private Endpoint open(int uid) throws IOException {
    String path = directory.resolve("c.sock").toString();
    return Endpoint.open("control", path, operations, Access.ofSocket(List.of(), null), uid);
  }

  private static int ownUid() throws IOException {
    return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
  }

  /** What comes back; empty if the connection is closed at once. */
  private String asked() {
    var address = UnixDomainSocketAddress.of(directory.resolve("c.sock"));
    try (SocketChannel channel = SocketChannel.open(address)) {
      ByteBuffer answer = ByteBuffer.allocate(12);
      try {
        channel.write(ByteBuffer.wrap(REQUEST.getBytes(StandardCharsets.US_ASCII)));
        channel.read(answer);
      } catch (IOException e) {
        return "";
      }
      return StandardCharsets.US_ASCII.decode(answer.flip()).toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String askedByNobody() throws IOException {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    Files.setPosixFilePermissions(
        directory.resolve("c.sock"), PosixFilePermissions.fromString("rwxrwxrwx"));
    Process child =
        new ProcessBuilder("python3", "-c", AS_NOBODY, directory.toString(), REQUEST)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var out = child.getInputStream()) {
      String said = new String(out.readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(said.endsWith("\n"), "the child did not get as far as its request: " + said);
      return said.strip();
    }
  }

  @Test
  void itsOwnUserMayAsk() throws IOException {
    try (Endpoint opened = open(ownUid())) {
      assertEquals("HTTP/1.1 200", asked());
      assertNull(opened.address(), "a Unix socket");
    }
  }

  @Test
  void anotherUserIsRefusedAlsoIfTheFileLetsHimConnect() throws IOException {
    Logger logger = (Logger) LoggerFactory.getLogger(Endpoint.class);
    var logged = new ListAppender<ILoggingEvent>();
    logged.start();
    logger.addAppender(logged);
    int own = ownUid();
    boolean isRoot = own == 0;
    // Only root can become somebody else. For others, the socket is that of somebody else.
    try (Endpoint opened = open(isRoot ? own : own + 1)) {
      assertNull(opened.address(), "a Unix socket");
      assertEquals("", isRoot ? askedByNobody() : asked());
      String line = logged.list.get(0).getFormattedMessage();
      int peer = isRoot ? NOBODY : own;
      assertTrue(line.matches("control refused uid=" + peer + " pid=[0-9]+"), line);
      assertEquals(1, logged.list.size(), logged.list::toString);
    } finally {
      logger.detachAppender(logged);
    }
  }
}
