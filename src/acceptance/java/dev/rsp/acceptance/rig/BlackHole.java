// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.rig;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/** A port that neither accepts nor refuses: its queue is full, so the system drops what comes. */
public final class BlackHole implements Closeable {
  /** More than the queue holds: Linux accepts one more than the backlog. */
  private static final int FILL = 8;

  private final ServerSocket listener;
  private final List<SocketChannel> queue = new ArrayList<>();

  /** Listens on a free port of 127.0.0.1, and fills its queue. */
  public BlackHole() throws IOException {
    listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    for (int i = 0; i < FILL; i++) {
      SocketChannel channel = SocketChannel.open();
      queue.add(channel);
      channel.configureBlocking(false);
      channel.connect(new InetSocketAddress(listener.getInetAddress(), listener.getLocalPort()));
    }
  }

  /** The address as a configuration file writes it. */
  public String address() {
    return "127.0.0.1:" + listener.getLocalPort();
  }

  @Override
  public void close() throws IOException {
    for (SocketChannel channel : queue) {
      channel.close();
    }
    listener.close();
  }
}
