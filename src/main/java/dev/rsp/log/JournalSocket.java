// SPDX-License-Identifier: Apache-2.0
package dev.rsp.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The socket of the systemd journal that takes entries with fields. Connects when the first entry
 * is sent, and again if the journal was restarted. Does not wait. Confined to one thread.
 */
final class JournalSocket {
  /** Where the journal listens: "Native Journal Protocol" of systemd. */
  static final String PATH = "/run/systemd/journal/socket";

  /** Far below what Linux takes in one datagram, 208 KiB: socket(7), wmem_default. */
  static final int MAX_BYTES = 65536;

  private final String path;
  private @Nullable UnixDatagrams socket;
  private @Nullable ByteBuffer datagram;

  JournalSocket(String path) {
    this.path = path;
  }

  /**
   * Sends an entry.
   *
   * @return false if it is not sent: it is too long, the journal does not listen, or its queue is
   *     full
   */
  boolean send(byte[] entry) {
    if (entry.length > MAX_BYTES) {
      return false;
    }
    try {
      UnixDatagrams open = socket == null ? UnixDatagrams.to(path) : socket;
      socket = open;
      ByteBuffer buffer = datagram == null ? ByteBuffer.allocateDirect(MAX_BYTES) : datagram;
      datagram = buffer;
      return open.send(buffer.clear().put(entry).flip());
    } catch (IOException | LinkageError e) {
      return false; // the caller writes a line instead; an error here could be logged nowhere else
    }
  }
}
