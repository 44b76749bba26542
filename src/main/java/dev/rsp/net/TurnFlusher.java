// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Sends what is written during one turn of an event loop together, at the turn's end, and detects
 * peers that do not take it.
 *
 * <p>A peer then wakes once for several messages; otherwise it and the loop would both sleep in
 * between. The messages of one turn to one peer also leave in one system call.
 *
 * <p>A channel whose socket has not taken all that was sent is not writable ({@link
 * Channel#isWritable}) until it has. So its source is not read meanwhile, and at most one read is
 * held for it. With Netty's own water mark more buffers would queue, each as large as a read.
 */
public final class TurnFlusher implements Runnable {
  /**
   * This much of a read is sent at once: held until the end of the turn, it would leave the
   * processor's cache, and a fast sender could fill memory in one turn.
   */
  public static final int MOST_HELD_BYTES = 32 * 1024;

  /** Our flag for {@link ChannelOutboundBuffer#setUserDefinedWritability}. */
  private static final int FULL = 1;

  private final EventLoop eventLoop;
  private final FailureLog failureLog;

  /**
   * How many messages may be left behind a flush before a socket counts as full: none where a flush
   * writes, one where it only submits the write (io_uring). A small message may hold a large
   * buffer, so bytes do not count.
   */
  private final int mayBeLeft;

  private @Nullable Channel[] waiting = new Channel[64];
  private int count;

  /**
   * A flusher for the channels of a loop.
   *
   * @param writesAtOnce as of {@link Transport#writesAtOnce}
   */
  public TurnFlusher(EventLoop eventLoop, boolean writesAtOnce, FailureLog failureLog) {
    this.eventLoop = eventLoop;
    this.failureLog = failureLog;
    this.mayBeLeft = writesAtOnce ? 0 : 1;
  }

  /** Bytes written to a channel that the kernel has not taken yet. */
  public static long unsentBytes(Channel channel) {
    ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
    return out == null ? 0 : out.totalPendingWriteBytes() - out.currentProgress();
  }

  /**
   * Writes to a channel of this loop, and takes over the buffer.
   *
   * @param mostHeldBytes with so much or more, all that the channel holds is sent at once
   */
  public void send(Channel channel, ByteBuf bytes, int mostHeldBytes) {
    ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
    long unsent = out == null ? 0 : out.totalPendingWriteBytes() - out.currentProgress();
    if (bytes.readableBytes() + unsent >= mostHeldBytes) {
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
    // What a flush causes to be written is appended and sent in this run.
    try {
      for (int i = 0; i < count; i++) {
        Channel channel = waiting[i];
        ChannelOutboundBuffer out = channel == null ? null : channel.unsafe().outboundBuffer();
        // Nothing is unsent if an earlier message of this turn had the channel flushed. Another
        // flush would have a TLS handler encrypt nothing, at nearly the cost of a small record.
        if (channel != null && out != null && out.totalPendingWriteBytes() > 0) {
          try {
            channel.flush();
            flushed(channel);
          } catch (Throwable e) {
            // This one is closed; the others are still flushed.
            failureLog.failed("a flush failed", e);
            close(channel);
          }
        }
      }
    } finally {
      Arrays.fill(waiting, 0, count, null);
      count = 0;
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
    // An empty write completes when all writes before it have. It goes behind what a TLS handler
    // has written, and not through that.
    ChannelPromise all = channel.newPromise();
    channel.unsafe().write(Unpooled.EMPTY_BUFFER, all);
    channel.unsafe().flush();
    all.addListener(
        sent -> {
          if (sent.isSuccess()) {
            out.setUserDefinedWritability(FULL, true);
          }
        });
  }
}
