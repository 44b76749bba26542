// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;

/** The body of one request, as far as it is read. Confined to one thread at a time. */
final class Body implements AutoCloseable {
  /** Most commands have none, so that nothing is allocated at first. */
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(0);

  private final int most;
  private final Runnable whenClosed;
  private boolean closed;

  Body(int most, Runnable whenClosed) {
    this.most = most;
    this.whenClosed = whenClosed;
  }

  /** Takes more; false if it is too much. */
  boolean add(ByteBuf more) {
    int length = more.readableBytes();
    if (length > most - bytes.size()) {
      return false;
    }
    byte[] part = new byte[length];
    more.getBytes(more.readerIndex(), part);
    bytes.writeBytes(part);
    return true;
  }

  /** All of it. */
  byte[] bytes() {
    return bytes.toByteArray();
  }

  /** It is not needed any more. May be called twice. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      whenClosed.run();
    }
  }
}
