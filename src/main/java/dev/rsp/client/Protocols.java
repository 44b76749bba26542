// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** Serves connections of clients when their protocol is known. Called on the loop. */
public interface Protocols {
  /**
   * Serves HTTP/1 on a connection that is open and counted. If this throws, the caller closes it.
   *
   * @param early what was read of it already; taken over; null if nothing
   * @return how large the next read may be
   */
  IntSupplier http1(Channel channel, Peer peer, Admission admission, @Nullable ByteBuf early);

  /** Serves HTTP/2 on a connection that is open and counted; as {@link #http1}. */
  IntSupplier http2(Channel channel, Peer peer, Admission admission, @Nullable ByteBuf early);

  /**
   * Answers an open connection over a limit in HTTP/1, and ends it. If this throws, the caller
   * closes it.
   *
   * @param tooMany the limit
   * @return how large the next read may be
   */
  IntSupplier http1TooMany(Channel channel, Peer peer, Admission admission, CountedRefusal tooMany);
}
