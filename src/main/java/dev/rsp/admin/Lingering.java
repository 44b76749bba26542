// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.socket.DuplexChannel;
import java.util.concurrent.TimeUnit;

/** Ends connections so that the last answer is not lost to a reset: RFC 9112 §9.6. */
final class Lingering {
  private static final int CLOSE_MILLIS = 1000;

  private Lingering() {}

  /** Closes our side when that is written, and the connection when the peer has, or soon. */
  static void closeAfter(ChannelFuture written) {
    written.addListener(done -> close(written.channel(), done.isSuccess()));
  }

  private static void close(Channel channel, boolean usable) {
    if (usable && channel instanceof DuplexChannel half) {
      half.shutdownOutput();
      channel.eventLoop().schedule(() -> channel.close(), CLOSE_MILLIS, TimeUnit.MILLISECONDS);
    } else {
      channel.close();
    }
  }
}
