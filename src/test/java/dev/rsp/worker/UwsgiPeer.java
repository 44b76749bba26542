// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.rsp.referee.Watch;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** A uwsgi backend that does what the test says: reads packets, and answers with bytes. */
final class UwsgiPeer implements AutoCloseable {
  private final ServerSocket socket;

  UwsgiPeer() throws IOException {
    socket = Rig.listen(OwnAddress.next(), 0);
  }

  /** The address as a configuration file writes it. */
  String address() {
    return "uwsgi:" + socket.getInetAddress().getHostAddress() + ":" + socket.getLocalPort();
  }

  /** The next connection. What comes on it is no HTTP, so that nobody else judges it. */
  Peer accept() throws IOException {
    return new Peer(socket.accept(), Watch.client());
  }

  /** Reads a packet to its end; no name may stand in it twice. */
  static Map<String, String> variables(Peer peer) throws IOException {
    byte[] head = peer.read(4);
    assertEquals(0, head[0]);
    assertEquals(0, head[3]);
    byte[] bytes = peer.read(size(head, 1));
    Map<String, String> found = new LinkedHashMap<>();
    int at = 0;
    while (at < bytes.length) {
      int nameSize = size(bytes, at);
      String name = text(bytes, at + 2, nameSize);
      at += 2 + nameSize;
      int valueSize = size(bytes, at);
      assertNull(found.put(name, text(bytes, at + 2, valueSize)), name);
      at += 2 + valueSize;
    }
    assertEquals(bytes.length, at);
    return found;
  }

  private static int size(byte[] bytes, int at) {
    return (bytes[at] & 0xFF) + ((bytes[at + 1] & 0xFF) << 8);
  }

  private static String text(byte[] bytes, int at, int size) {
    return new String(bytes, at, size, StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
