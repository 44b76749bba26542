// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend.uwsgi;

import dev.rsp.backend.BackendConnection;
import dev.rsp.backend.ConnectionStream;
import dev.rsp.backend.Dialect;
import dev.rsp.exchange.Terms;
import dev.rsp.http.Hop;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.ResponseHead;
import dev.rsp.http.h1.HeadWriter;
import dev.rsp.http.uwsgi.PathInfo;
import dev.rsp.http.uwsgi.UwsgiWriter;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * The uwsgi protocol of a loop's backends. The table of heads and the writer are used for one
 * message at a time, on the loop.
 */
public final class UwsgiDialect implements Dialect {
  /**
   * A head up to this length fits into a packet of 65,535 bytes: the packet has the target twice,
   * and a short field takes two and a half times its bytes.
   */
  private static final int SURELY_FITS_BYTES = 16 * 1024;

  private final UwsgiWriter writer = new UwsgiWriter();
  private final ResponseHead head = new ResponseHead();
  private final HeadWriter heads = new HeadWriter();
  private final ByteBufAllocator allocator;

  /**
   * The dialect of a loop. Any thread.
   *
   * @param allocator of the loop's buffers
   */
  public UwsgiDialect(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  @Override
  public boolean needsLength() {
    return true;
  }

  @Override
  public @Nullable Refusal unfit(RequestHead request, Hop hop, Terms terms) {
    Refusal path = PathInfo.refusal(request);
    if (path != null || request.length() <= SURELY_FITS_BYTES) {
      return path;
    }
    // A length that is not known yet may turn out to have the most digits.
    long length = request.chunked() ? Long.MAX_VALUE : Math.max(0, request.contentLength());
    return writer.request(request, length, hop, terms.viaName);
  }

  @Override
  public ConnectionStream session(BackendConnection connection) {
    return new UwsgiBackendStream(connection, head, heads, writer, allocator);
  }
}
