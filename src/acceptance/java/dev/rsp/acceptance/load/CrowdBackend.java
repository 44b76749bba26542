// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.load;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;

/** A backend for thousands of connections that does the same on each. One thread. */
final class CrowdBackend implements Closeable {
  /** What it does on a connection. */
  enum Conduct {
    /** Reads nothing. */
    HANG,
    /** Answers a request with a head and then endless bytes, and reads nothing more. */
    FLOOD,
    /** Answers a request with a head, and reads nothing more. */
    ANSWER_AND_HANG,
    /** Answers each request with a small page. */
    PAGE
  }

  private static final byte[] PAGE =
      ("HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\n" + "x".repeat(600))
          .getBytes(StandardCharsets.ISO_8859_1);

  private static final String END_OF_HEAD = "\r\n\r\n";

  private final ServerSocketChannel listener = ServerSocketChannel.open();
  private final Selector selector = Selector.open();
  private final Conduct conduct;
  private final byte[] head;
  private final ByteBuffer in = ByteBuffer.allocate(64 * 1024);
  private final AtomicLong moved = new AtomicLong();

  /** The bytes that a connection still has to send, and how much of the end of a head has come. */
  private static final class State {
    ByteBuffer out = ByteBuffer.allocate(0);
    int matched;
    int due;
  }

  /**
   * Starts it.
   *
   * @param head the head of the responses, for a conduct that answers
   */
  CrowdBackend(Conduct conduct, String head) throws IOException {
    this.conduct = conduct;
    this.head = head.getBytes(StandardCharsets.ISO_8859_1);
    // As on another machine: what waits in its sockets is not in this machine's memory.
    listener.setOption(StandardSocketOptions.SO_RCVBUF, 64 * 1024);
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4096);
    listener.configureBlocking(false);
    listener.register(selector, SelectionKey.OP_ACCEPT);
    Thread thread = new Thread(this::run, "crowd backend");
    thread.setDaemon(true);
    thread.start();
  }

  String address() {
    return "127.0.0.1:" + listener.socket().getLocalPort();
  }

  /** A number that changes whenever a byte was taken or a connection accepted. */
  long moved() {
    return moved.get();
  }

  private void run() {
    try {
      while (true) {
        selector.select();
        for (SelectionKey key : selector.selectedKeys()) {
          handle(key);
        }
        selector.selectedKeys().clear();
      }
    } catch (ClosedSelectorException e) {
      return; // closed
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void handle(SelectionKey key) {
    try {
      if (!key.isValid()) {
        return;
      }
      if (key.isAcceptable()) {
        accept();
      } else {
        SocketChannel channel = (SocketChannel) key.channel();
        State state = (State) key.attachment();
        if (key.isReadable()) {
          read(key, channel, state);
        }
        if (key.isValid() && key.isWritable()) {
          write(key, channel, state);
        }
      }
    } catch (CancelledKeyException e) {
      return; // closed meanwhile, by the test
    } catch (IOException e) {
      close(key); // rsp has reset it
    }
  }

  private static void close(SelectionKey key) {
    try {
      key.channel().close();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void accept() throws IOException {
    for (SocketChannel channel = listener.accept(); channel != null; channel = listener.accept()) {
      moved.incrementAndGet();
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.SO_SNDBUF, 64 * 1024);
      int interest = conduct == Conduct.HANG ? 0 : SelectionKey.OP_READ;
      channel.register(selector, interest, new State());
    }
  }

  private void read(SelectionKey key, SocketChannel channel, State state) throws IOException {
    in.clear();
    int count = channel.read(in);
    if (count < 0) {
      channel.close();
      return;
    }
    moved.addAndGet(count);
    for (int i = 0; i < count; i++) {
      char c = (char) in.get(i);
      state.matched =
          c == END_OF_HEAD.charAt(state.matched) ? state.matched + 1 : c == '\r' ? 1 : 0;
      if (state.matched == END_OF_HEAD.length()) {
        state.matched = 0;
        state.due++;
      }
    }
    if (state.due > 0) {
      key.interestOps(
          conduct == Conduct.PAGE
              ? SelectionKey.OP_READ | SelectionKey.OP_WRITE
              : SelectionKey.OP_WRITE);
    }
  }

  private void write(SelectionKey key, SocketChannel channel, State state) throws IOException {
    if (!state.out.hasRemaining()) {
      if (conduct == Conduct.PAGE) {
        if (state.due-- == 0) {
          state.due = 0;
          key.interestOps(SelectionKey.OP_READ);
          return;
        }
        state.out = ByteBuffer.wrap(PAGE);
      } else if (state.due > 0) {
        state.due = 0;
        state.out = ByteBuffer.wrap(head);
      } else if (conduct == Conduct.FLOOD) {
        state.out = ByteBuffer.wrap(Crowd.FILLER);
      } else {
        key.interestOps(0);
        return;
      }
    }
    moved.addAndGet(channel.write(state.out));
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (SelectionKey key : selector.keys()) {
      key.channel().close();
    }
    selector.close();
  }
}
