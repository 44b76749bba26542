// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import dev.rsp.client.Admission;
import dev.rsp.client.Peer;
import dev.rsp.client.Protocols;
import dev.rsp.client.h1.Http1Connection;
import dev.rsp.client.h1.Http1Resources;
import dev.rsp.exchange.Ending;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** The protocols in which one loop serves clients. Called on the loop. */
final class ClientProtocols implements Protocols {
  private final Http1Resources http1;

  ClientProtocols(Http1Resources http1) {
    this.http1 = http1;
  }

  @Override
  public IntSupplier http1(
      Channel channel, Peer peer, Admission admission, @Nullable ByteBuf early) {
    return Http1Connection.serve(http1, channel, peer, admission, early);
  }

  @Override
  public IntSupplier http1TooMany(Channel channel, Peer peer, Admission admission, Ending tooMany) {
    return Http1Connection.turnAway(http1, channel, peer, admission, tooMany);
  }
}
