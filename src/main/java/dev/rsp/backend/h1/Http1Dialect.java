// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend.h1;

import dev.rsp.backend.BackendConnection;
import dev.rsp.backend.ConnectionStream;
import dev.rsp.backend.Dialect;
import dev.rsp.exchange.Terms;
import dev.rsp.http.Hop;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.ResponseHead;
import dev.rsp.http.h1.HeadWriter;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP/1.1 of a loop's backends. The table of heads and the writer are used for one message at
 * a time, on the loop.
 */
public final class Http1Dialect implements Dialect {
  private final HeadWriter writer = new HeadWriter();
  private final ResponseHead head = new ResponseHead();
  private final ByteBufAllocator allocator;

  /**
   * The dialect of a loop. Any thread.
   *
   * @param allocator of the loop's buffers
   */
  public Http1Dialect(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  @Override
  public boolean needsLength() {
    return false;
  }

  @Override
  public @Nullable Refusal unfit(RequestHead request, Hop hop, Terms terms) {
    return null;
  }

  @Override
  public ConnectionStream session(BackendConnection connection) {
    return new Http1BackendStream(connection, head, writer, allocator);
  }
}
