// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client.h2;

import dev.rsp.http.h2.RequestFields;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;

/**
 * Decodes the field blocks of one connection (RFC 7541) into the loop's {@link RequestFields},
 * which check them.
 */
final class FieldBlocks extends DefaultHttp2HeadersDecoder {
  /**
   * A list that is larger than its limit is decoded up to so many times the limit, so that the
   * client gets a 431; a larger one resets its stream.
   */
  private static final int DECODED_TIMES = 4;

  private final RequestFields fields;
  private final long mostBytes;
  private final Sink sink;

  /** Takes each field as it is decoded, and keeps none itself. */
  private static final class Sink extends DefaultHttp2Headers {
    private final RequestFields fields;

    Sink(RequestFields fields) {
      super(false, false, 2); // the smallest table: it stays empty
      this.fields = fields;
    }

    @Override
    public Http2Headers add(CharSequence name, CharSequence value) {
      fields.add((AsciiString) name, (AsciiString) value);
      return this;
    }
  }

  /**
   * A decoder.
   *
   * @param mostBytes how large a list may be, by the measure of RFC 9113 §6.5.2
   */
  FieldBlocks(RequestFields fields, long mostBytes) {
    super(false, false, DECODED_TIMES * mostBytes);
    this.fields = fields;
    this.mostBytes = mostBytes;
    this.sink = new Sink(fields);
  }

  @Override
  protected Http2Headers newHeaders() {
    fields.start(mostBytes);
    return sink;
  }
}
