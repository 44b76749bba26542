// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

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
public final class UnixSocketFile {
  private static final Logger log = LoggerFactory.getLogger(UnixSocketFile.class);

  private UnixSocketFile() {}

  /**
   * Removes a dead socket, on which no process listens. Anything else stays.
   *
   * @throws IOException if a process listens on it, or may listen, or it is not a socket, or cannot
   *     be removed
   */
  public static void removeIfDead(String path) throws IOException {
    if (isDead(path)) {
      Files.deleteIfExists(Path.of(path));
    }
  }

  /**
   * Whether there is a dead socket, on which no process listens.
   *
   * @throws IOException if a process listens on it, or may listen, or it is not a socket
   */
  static boolean isDead(String path) throws IOException {
    Path file = Path.of(path);
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    if (!(Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS) instanceof Integer mode)
        || (mode & 0170000) != 0140000) { // S_IFMT, S_IFSOCK: inode(7)
      // Netty's bind would remove a file of any type.
      throw new IOException("the file exists and is not a socket");
    }
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      probe.configureBlocking(false); // else connect(2) blocks while its queue is full
      probe.connect(UnixDomainSocketAddress.of(file));
    } catch (ConnectException refused) {
      return true;
    } catch (IOException e) {
      // A datagram socket, no permission, or a full queue: it may be alive.
      throw new IOException("another program's socket exists: " + e.getMessage(), e);
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
