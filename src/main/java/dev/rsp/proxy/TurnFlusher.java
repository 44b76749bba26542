// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Sends what is written during one turn of an event loop together, at the turn's end, and sees
 * which peers do not take it.
 *
 * <p>A peer that is woken by the first of several messages finds the others when it comes to them;
 * woken by each alone, it and the loop would both go to sleep in between. The messages of one turn
 * to one peer also leave in one system call.
 *
 * <p>A channel whose socket has not taken all that was sent is not writable ({@link
 * Channel#isWritable}) until it has. So what feeds it is not read meanwhile, and at most one read
 * is held for it. Netty's own mark would let buffers pile up behind the first, each as large as
 * what was read.
 */
final class TurnFlusher implements Runnable {
  /**
   * So much leaves at once: to let it lie until the end of the turn would push it out of the
   * processor's cache, and let a peer that sends fast fill memory in one turn.
   */
  private static final int LARGE_BYTES = 32 * 1024;

  /** The flag of {@link ChannelOutboundBuffer#setUserDefinedWritability} that is ours. */
  private static final int FULL = 1;

  private final EventLoop eventLoop;
  private final FailureLog failureLog;

  /**
   * How many messages may be left behind a flush before a socket counts as full: none where a flush
   * writes, one where it only asks the kernel to (io_uring). Each may be in a buffer that is much
   * larger, so it is not their bytes that count.
   */
  private final int mayBeLeft;

  private @Nullable Channel[] waiting = new Channel[64];
  private int count;

  /**
   * A flusher for the channels of a loop.
   *
   * @param writesAtOnce whether a flush has written what the socket takes when it returns
   */
  TurnFlusher(EventLoop eventLoop, boolean writesAtOnce, FailureLog failureLog) {
    this.eventLoop = eventLoop;
    this.failureLog = failureLog;
    this.mayBeLeft = writesAtOnce ? 0 : 1;
  }

  /** Writes to a channel of this loop, and takes over the buffer. */
  void send(Channel channel, ByteBuf bytes) {
    if (bytes.readableBytes() + Closing.unsent(channel) >= LARGE_BYTES) {
      channel.writeAndFlush(bytes, channel.voidPromise());
      flushed(channel);
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
      flushed(channel);
    } catch (Throwable e) {
      failureLog.failed("a flush failed", e);
      close(channel);
    }
  }

  private void close(Channel channel) {
    try {
      channel.close();
    } catch (Throwable e) {
      failureLog.failed("a channel was not closed", e);
    }
  }

  private void flushed(Channel channel) {
    ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
    if (out == null || out.size() <= mayBeLeft || !out.getUserDefinedWritability(FULL)) {
      return;
    }
    out.setUserDefinedWritability(FULL, false);
    // Nothing of its own to send: it is done when all before it is.
    channel
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(
            sent -> {
              if (sent.isSuccess()) {
                out.setUserDefinedWritability(FULL, true);
              }
            });
  }
}
