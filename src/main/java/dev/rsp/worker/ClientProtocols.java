// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import dev.rsp.client.Admission;
import dev.rsp.client.CountedRefusal;
import dev.rsp.client.Peer;
import dev.rsp.client.Protocols;
import dev.rsp.client.h1.Http1Connection;
import dev.rsp.client.h1.Http1Resources;
import dev.rsp.client.h2.Http2Connection;
import dev.rsp.client.h2.Http2Resources;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** The protocols in which one loop serves clients. Called on the loop. */
final class ClientProtocols implements Protocols {
  private final Http1Resources http1;
  private final Http2Resources http2;

  ClientProtocols(Http1Resources http1, Http2Resources http2) {
    this.http1 = http1;
    this.http2 = http2;
  }

  @Override
  public IntSupplier http1(
      Channel channel, Peer peer, Admission admission, @Nullable ByteBuf early) {
    return Http1Connection.serve(http1, channel, peer, admission, early);
  }

  @Override
  public IntSupplier http2(
      Channel channel, Peer peer, Admission admission, @Nullable ByteBuf early) {
    return Http2Connection.serve(http2, channel, peer, admission, early);
  }

  @Override
  public IntSupplier http1TooMany(
      Channel channel, Peer peer, Admission admission, CountedRefusal tooMany) {
    return Http1Connection.turnAway(http1, channel, peer, admission, tooMany);
  }
}
