// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;

/** Where a loop has the channels of its connections to backends from: sockets, or a test's own. */
@FunctionalInterface
interface BackendChannels {
  /**
   * Makes a channel that is not connected yet.
   *
   * @param unix whether it is to lead to a Unix socket
   * @throws ChannelException if none could be had
   */
  Channel open(boolean unix);
}
