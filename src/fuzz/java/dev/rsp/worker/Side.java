// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import dev.rsp.referee.End;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** A peer's end of a connection with the proxy, never waiting, and what came and went on it. */
final class Side {
  private final SocketChannel channel;
  private final ByteBuffer buffer = ByteBuffer.allocate(64 << 10);
  private final ByteArrayOutputStream received = new ByteArrayOutputStream();
  private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
  private End end = End.UNSEEN;
  private boolean outputEnded;
  private boolean closed;

  Side(SocketChannel channel) throws IOException {
    this.channel = channel;
    channel.configureBlocking(false);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
  }

  /** Sends what the kernel takes at once: inputs are smaller than its buffers. */
  void send(String text) {
    if (closed || outputEnded) {
      return;
    }
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    sent.writeBytes(bytes);
    try {
      channel.write(ByteBuffer.wrap(bytes));
    } catch (IOException e) {
      // The proxy has closed; what it sent before is still to be read.
      outputEnded = true;
    }
  }

  /** Takes in what has come; false if there was nothing new. */
  boolean read() {
    if (closed || end != End.UNSEEN) {
      return false;
    }
    boolean progress = false;
    try {
      while (true) {
        buffer.clear();
        int count = channel.read(buffer);
        if (count == 0) {
          return progress;
        }
        progress = true;
        if (count < 0) {
          end = End.FIN;
          return true;
        }
        received.write(buffer.array(), 0, count);
      }
    } catch (IOException e) {
      end = End.RESET;
      return true;
    }
  }

  void endOutput() {
    if (closed || outputEnded) {
      return;
    }
    outputEnded = true;
    try {
      channel.shutdownOutput();
    } catch (IOException e) {
      // It is closed already.
    }
  }

  void close() {
    closed = true;
    try {
      channel.close();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  void reset() {
    try {
      if (!closed) {
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
      }
    } catch (IOException e) {
      // It is reset already.
    }
    close();
  }

  /** Whether this side closed it. */
  boolean closed() {
    return closed;
  }

  /** How the proxy ended it, as far as this side has seen. */
  End end() {
    return end;
  }

  /** Whether nothing more can come. */
  boolean over() {
    return closed || end != End.UNSEEN;
  }

  String received() {
    return received.toString(StandardCharsets.ISO_8859_1);
  }

  String sent() {
    return sent.toString(StandardCharsets.ISO_8859_1);
  }
}
