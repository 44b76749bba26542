// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The file of a listening Unix socket, which outlives a process that was killed. */
final class UnixSocketFile {
  private static final Logger log = LoggerFactory.getLogger(UnixSocketFile.class);

  private UnixSocketFile() {}

  /**
   * Removes a socket that nobody listens on. Anything else stays, and there can be no binding.
   *
   * @throws IOException if somebody does listen on it, or may, or it is no socket, or cannot be
   *     removed
   */
  static void removeIfDead(String path) throws IOException {
    if (isDead(path)) {
      Files.deleteIfExists(Path.of(path));
    }
  }

  /**
   * Whether there is a socket that nobody listens on.
   *
   * @throws IOException if somebody does listen on it, or may, or it is no socket
   */
  static boolean isDead(String path) throws IOException {
    Path file = Path.of(path);
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    if (!(Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS) instanceof Integer mode)
        || (mode & 0170000) != 0140000) { // S_IFMT, S_IFSOCK: inode(7)
      // Netty's own bind would remove it, whatever it is.
      throw new IOException("something that is no socket is there");
    }
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      probe.configureBlocking(false); // else connect(2) waits for room if its queue is full
      probe.connect(UnixDomainSocketAddress.of(file));
    } catch (ConnectException nobodyListens) {
      return true;
    } catch (IOException e) {
      // One for datagrams, or not for us to connect to, or a full queue: it may well be alive.
      throw new IOException("a socket that is not rsp's is there: " + e.getMessage(), e);
    }
    throw new IOException("Address already in use");
  }

  /** Removes the file after its listener has closed. */
  static void remove(String path) {
    try {
      Files.deleteIfExists(Path.of(path));
    } catch (IOException e) {
      log.warn("cannot remove {}: {}", path, e.toString());
    }
  }
}
