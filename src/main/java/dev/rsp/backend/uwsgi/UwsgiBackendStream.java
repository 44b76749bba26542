// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend.uwsgi;

import dev.rsp.backend.BackendConnection;
import dev.rsp.backend.h1.Http1BackendStream;
import dev.rsp.exchange.BackendEvents;
import dev.rsp.exchange.BodyKind;
import dev.rsp.exchange.Terms;
import dev.rsp.http.Hop;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.ResponseHead;
import dev.rsp.http.h1.HeadWriter;
import dev.rsp.http.uwsgi.UwsgiWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** The stream of a connection to a backend that speaks uwsgi, which carries one request. */
final class UwsgiBackendStream extends Http1BackendStream {
  private final UwsgiWriter packets;

  UwsgiBackendStream(
      BackendConnection connection,
      ResponseHead head,
      HeadWriter writer,
      UwsgiWriter packets,
      ByteBufAllocator allocator) {
    super(connection, head, writer, allocator);
    this.packets = packets;
  }

  @Override
  public boolean answersExpect() {
    return false;
  }

  @Override
  protected boolean mayReuse() {
    return false;
  }

  @Override
  protected boolean passesUpgrade() {
    return false;
  }

  @Override
  public boolean request(
      BackendEvents next,
      RequestHead request,
      Hop hop,
      Terms terms,
      BodyKind kind,
      ByteBuf body,
      boolean last) {
    try {
      begin(next, request, terms, last);
      // A body of unknown length is complete: the exchange has held it.
      long length =
          kind == BodyKind.LENGTH ? Math.max(0, request.contentLength()) : body.readableBytes();
      Refusal unfit = packets.request(request, length, hop, terms.viaName);
      if (unfit != null) {
        throw new IllegalStateException("the request became unfit: " + unfit.why());
      }
      int size = packets.length();
      connection.send(allocator.directBuffer(size).writeBytes(packets.bytes(), 0, size));
    } catch (Throwable e) {
      body.release();
      throw e;
    }
    body(body, last);
    return false;
  }
}
