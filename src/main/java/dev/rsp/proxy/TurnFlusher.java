// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Sends what is written during one turn of an event loop together, at the turn's end.
 *
 * <p>A peer that is woken by the first of several messages finds the others when it comes to them;
 * woken by each alone, it and the loop would both go to sleep in between. The messages of one turn
 * to one peer also leave in one system call.
 */
final class TurnFlusher implements Runnable {
  /**
   * A message of this size leaves at once: to let it lie until the end of the turn would push it
   * out of the processor's cache.
   */
  private static final int LARGE_BYTES = 32 * 1024;

  private final EventLoop eventLoop;
  private final FailureLog failureLog;
  private @Nullable Channel[] waiting = new Channel[64];
  private int count;

  TurnFlusher(EventLoop eventLoop, FailureLog failureLog) {
    this.eventLoop = eventLoop;
    this.failureLog = failureLog;
  }

  /** Writes to a channel of this loop, and takes over the buffer. */
  void send(Channel channel, ByteBuf bytes) {
    if (bytes.readableBytes() >= LARGE_BYTES) {
      channel.writeAndFlush(bytes, channel.voidPromise());
      return;
    }
    channel.write(bytes, channel.voidPromise());
    if (count == 0) {
      eventLoop.execute(this);
    } else if (count == waiting.length) {
      waiting = Arrays.copyOf(waiting, count * 2);
    }
    waiting[count++] = channel;
  }

  @Override
  public void run() {
    // What a flush causes to be written is appended, and sent in this same run.
    try {
      for (int i = 0; i < count; i++) {
        Channel channel = waiting[i];
        if (channel != null) {
          flush(channel);
        }
      }
    } finally {
      Arrays.fill(waiting, 0, count, null);
      count = 0;
    }
  }

  /** One that fails is closed, and the others are flushed all the same. */
  private void flush(Channel channel) {
    try {
      channel.flush();
    } catch (Throwable e) {
      failureLog.failed("a flush failed", e);
      channel.close();
    }
  }
}
