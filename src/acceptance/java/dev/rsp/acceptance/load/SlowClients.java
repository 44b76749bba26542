// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.load;

import dev.rsp.Eventually;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Many clients at once that begin a head, a body or a download, and then do nothing until rsp
 * closes them. For each that is closed, another connects. One thread.
 */
final class SlowClients implements Runnable {
  private static final int HEADS = 500;
  private static final int BODIES = 400;
  private static final int READERS = 100;

  /** How many there are at once. */
  static final int COUNT = HEADS + BODIES + READERS;

  /**
   * They connect over some seconds, as an attack does, and not in one burst that fills the backlog.
   */
  private static final int NEW_PER_TURN = 20;

  private static final int TURN_MILLIS = 20;

  /**
   * A reader closes when rsp must have closed its side. It cannot see that before it has read all
   * that the kernel still holds for it. rsp counts those that it closed.
   */
  private static final long READER_SLEEP_NANOS = 5_000_000_000L;

  private static final int SMALL_BYTES = 1024;

  private enum Kind {
    HEAD(HEADS, "GET /slow HTTP/1.1\r\nHost: good.example\r\nX-Slow"),
    BODY(BODIES, "POST /slow HTTP/1.1\r\nHost: good.example\r\nContent-Length: 9000\r\n\r\nslow"),
    /** A body that is larger than the sockets and the buffers of rsp hold for a client. */
    READER(READERS, "GET /length/6291456 HTTP/1.1\r\nHost: good.example\r\n\r\n");

    final int count;
    final String text;

    Kind(int count, String text) {
      this.count = count;
      this.text = text;
    }
  }

  private record Slow(Kind kind, SocketChannel channel, long since) {}

  private final int port;
  private final long patienceNanos;
  private final List<Slow> open = new ArrayList<>();
  private final ByteBuffer buffer = ByteBuffer.allocate(64 << 10);
  private volatile boolean stopped;
  private volatile long closed;
  private volatile long late;
  private volatile int mostOpen;

  /**
   * Attackers of a port.
   *
   * @param patienceMillis a client that is not closed within this time counts as late, and closes
   *     itself
   */
  SlowClients(int port, int patienceMillis) {
    this.port = port;
    this.patienceNanos = patienceMillis * 1_000_000L;
  }

  @Override
  @SuppressWarnings("NonAtomicVolatileUpdate") // only this thread writes
  public void run() {
    try {
      while (!stopped) {
        open();
        mostOpen = Math.max(mostOpen, open.size());
        Eventually.pause(TURN_MILLIS);
        for (Iterator<Slow> all = open.iterator(); all.hasNext(); ) {
          Slow slow = all.next();
          long age = System.nanoTime() - slow.since;
          boolean reader = slow.kind == Kind.READER;
          boolean ended = reader ? age > READER_SLEEP_NANOS : ended(slow);
          if (ended || age > patienceNanos) {
            closed += ended ? 1 : 0;
            late += ended ? 0 : 1;
            slow.channel.close();
            all.remove();
          }
        }
      }
      for (Slow slow : open) {
        slow.channel.close();
      }
    } catch (IOException e) {
      throw new IllegalStateException("an attacker failed", e);
    }
  }

  private void open() throws IOException {
    int opened = 0;
    for (Kind kind : Kind.values()) {
      long missing = kind.count - open.stream().filter(slow -> slow.kind == kind).count();
      for (; missing > 0 && opened < NEW_PER_TURN; missing--) {
        opened++;
        SocketChannel channel = SocketChannel.open();
        if (kind == Kind.READER) {
          channel.setOption(StandardSocketOptions.SO_RCVBUF, SMALL_BYTES);
        }
        channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        channel.configureBlocking(false);
        channel.write(ByteBuffer.wrap(kind.text.getBytes(StandardCharsets.ISO_8859_1)));
        open.add(new Slow(kind, channel, System.nanoTime()));
      }
    }
  }

  /** Reads what has arrived; returns whether that was the end. */
  private boolean ended(Slow slow) {
    try {
      int count = 1;
      while (count > 0) {
        buffer.clear();
        count = slow.channel.read(buffer);
      }
      return count < 0;
    } catch (IOException e) {
      return true;
    }
  }

  void stop() {
    stopped = true;
  }

  /** Those that rsp has closed. */
  long closed() {
    return closed;
  }

  /** Those that rsp should have closed. */
  long late() {
    return late;
  }

  /** How many there were at once. */
  int mostOpen() {
    return mostOpen;
  }
}
