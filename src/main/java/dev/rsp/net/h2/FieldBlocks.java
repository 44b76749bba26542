// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.h2;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.function.BiConsumer;
import java.util.function.LongConsumer;

/**
 * Decodes the field blocks of one connection (RFC 7541), and gives their fields to a reader, which
 * checks them.
 */
final class FieldBlocks extends DefaultHttp2HeadersDecoder {
  /**
   * A list that is larger than its limit is decoded up to so many times the limit, so that the peer
   * can be told why; a larger one resets its stream.
   */
  private static final int DECODED_TIMES = 4;

  private final LongConsumer start;
  private final long mostBytes;
  private final Sink sink;

  /** Takes each field as it is decoded, and keeps none itself. */
  private static final class Sink extends DefaultHttp2Headers {
    private final BiConsumer<AsciiString, AsciiString> reader;

    Sink(BiConsumer<AsciiString, AsciiString> reader) {
      super(false, false, 2); // the smallest table: it stays empty
      this.reader = reader;
    }

    @Override
    public Http2Headers add(CharSequence name, CharSequence value) {
      reader.accept((AsciiString) name, (AsciiString) value);
      return this;
    }
  }

  /**
   * A decoder.
   *
   * @param start is told the limit of the list when a field block begins
   * @param reader gets each field, in order
   * @param mostBytes how large a list may be, by the measure of RFC 9113 §6.5.2
   */
  FieldBlocks(LongConsumer start, BiConsumer<AsciiString, AsciiString> reader, long mostBytes) {
    super(false, false, DECODED_TIMES * mostBytes);
    this.start = start;
    this.mostBytes = mostBytes;
    this.sink = new Sink(reader);
  }

  @Override
  protected Http2Headers newHeaders() {
    start.accept(mostBytes);
    return sink;
  }
}
