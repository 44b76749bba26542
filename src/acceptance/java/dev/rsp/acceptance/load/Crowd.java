// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.load;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Thousands of clients at once, each of which sends the same bytes and reads nothing. All runs on
 * the thread of the caller.
 */
final class Crowd implements Closeable {
  /** Bytes that mean nothing. */
  static final byte[] FILLER = filler();

  /** How many may connect at once: as many as fit into the backlog of a listening socket. */
  private static final int CONNECTING = 200;

  private final Selector selector = Selector.open();
  private final List<SocketChannel> clients = new ArrayList<>();
  private final InetSocketAddress address;
  private final byte[] request;
  private final long filler;
  private int connecting;
  private int refused;
  private long moved;

  private static byte[] filler() {
    byte[] filler = new byte[64 * 1024];
    Arrays.fill(filler, (byte) 'x');
    return filler;
  }

  /** What one client has yet to send. */
  private static final class Sending {
    ByteBuffer out;
    long fillerLeft;

    Sending(ByteBuffer out, long fillerLeft) {
      this.out = out;
      this.fillerLeft = fillerLeft;
    }
  }

  /**
   * Clients of a port on 127.0.0.1.
   *
   * @param request what each sends first
   * @param fillerBytes how many bytes of {@link #FILLER} it sends after that, as far as rsp reads
   *     them
   */
  Crowd(int port, String request, long fillerBytes) throws IOException {
    this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    this.request = request.getBytes(StandardCharsets.ISO_8859_1);
    this.filler = fillerBytes;
  }

  /** Connects so many clients; those that are connected send as far as rsp reads. */
  void arrive(int count) throws IOException {
    while (clients.size() < count || connecting > 0) {
      while (clients.size() < count && connecting < CONNECTING) {
        connect();
      }
      send(10);
    }
  }

  private void connect() throws IOException {
    SocketChannel client = SocketChannel.open();
    client.configureBlocking(false);
    // A client that closes does so at once, not when rsp has read what it sent.
    client.setOption(StandardSocketOptions.SO_LINGER, 0);
    clients.add(client);
    connecting++;
    if (client.connect(address)) {
      connected(client.register(selector, 0));
    } else {
      client.register(selector, SelectionKey.OP_CONNECT);
    }
  }

  private void connected(SelectionKey key) {
    connecting--;
    moved++;
    key.attach(new Sending(ByteBuffer.wrap(request), filler));
    key.interestOps(SelectionKey.OP_WRITE);
  }

  /** Sends as far as rsp reads. */
  void send(int millis) throws IOException {
    selector.select(millis);
    for (SelectionKey key : selector.selectedKeys()) {
      SocketChannel client = (SocketChannel) key.channel();
      try {
        if (key.isConnectable()) {
          client.finishConnect();
          connected(key);
        } else if (key.isWritable()) {
          send(key, client, (Sending) key.attachment());
        }
      } catch (IOException e) {
        refused++;
        if (key.attachment() == null) {
          connecting--;
        }
        client.close();
      }
    }
    selector.selectedKeys().clear();
  }

  private void send(SelectionKey key, SocketChannel client, Sending sending) throws IOException {
    moved += client.write(sending.out);
    if (!sending.out.hasRemaining()) {
      int next = (int) Math.min(FILLER.length, sending.fillerLeft);
      sending.fillerLeft -= next;
      sending.out = ByteBuffer.wrap(FILLER, 0, next);
      if (next == 0) {
        key.interestOps(0);
      }
    }
  }

  /** A number that changes whenever a byte was sent. */
  long moved() {
    return moved;
  }

  /** How many clients rsp closed before they had sent all. */
  int refused() {
    return refused;
  }

  /** Closes all clients. */
  @Override
  public void close() throws IOException {
    for (SocketChannel client : clients) {
      client.close();
    }
    clients.clear();
    selector.close();
  }
}
