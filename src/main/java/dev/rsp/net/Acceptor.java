// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import dev.rsp.config.ListenOptions;
import io.netty.channel.Channel;

/** Serves the connections that a {@link Listener} accepts, on one loop. */
public interface Acceptor {
  /** Its loop. Any thread. */
  NetLoop net();

  /**
   * Takes over a connection that was accepted, on this loop or another. If it throws, the caller
   * closes the connection.
   *
   * @param options of the listen address
   */
  void adopt(Channel channel, ListenOptions options);
}
