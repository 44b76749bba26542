// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.http;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;

/** Another reader of HTTP, that of Netty, which must accept all that rsp writes. */
final class StrictReader {
  private static final int MAX_BYTES = 64 << 10;

  private StrictReader() {}

  static void assertRequest(String bytes) {
    assertRead(new HttpRequestDecoder(MAX_BYTES, MAX_BYTES, MAX_BYTES), bytes);
  }

  static void assertResponse(String bytes) {
    assertRead(new HttpResponseDecoder(MAX_BYTES, MAX_BYTES, MAX_BYTES), bytes);
  }

  private static void assertRead(ChannelHandler decoder, String bytes) {
    var channel = new EmbeddedChannel(decoder);
    channel.writeInbound(Unpooled.copiedBuffer(bytes, StandardCharsets.ISO_8859_1));
    int count = 0;
    for (Object part = channel.readInbound(); part != null; part = channel.readInbound()) {
      boolean good = part instanceof HttpObject object && object.decoderResult().isSuccess();
      ReferenceCountUtil.release(part);
      assertTrue(good, bytes);
      count++;
    }
    assertTrue(count > 0, bytes);
    channel.finishAndReleaseAll();
  }
}
