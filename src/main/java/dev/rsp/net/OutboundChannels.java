// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;

/** Makes the channels of a loop's connections to backends: sockets, or a test's own. */
@FunctionalInterface
public interface OutboundChannels {
  /**
   * Makes a channel that is not connected yet.
   *
   * @param unix whether it leads to a Unix socket
   * @throws ChannelException if none can be created
   */
  Channel open(boolean unix);
}
