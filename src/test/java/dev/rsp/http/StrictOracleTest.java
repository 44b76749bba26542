// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Compares with another strict reader, that of Netty's HTTP codec, on heads that were damaged at
 * random: what it refuses we refuse, and what we write it reads as one request with the fields that
 * we meant.
 */
final class StrictOracleTest {
  private static final int ROUNDS = 20_000;

  private static final List<String> SEEDS =
      List.of(
          "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
          "POST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX-A: b\r\n\r\n",
          "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
          "GET http://a/b HTTP/1.1\r\nHost: a\r\nConnection: close, X-A\r\nX-A: b\r\n\r\n",
          "HEAD / HTTP/1.0\r\nHost: [::1]:80\r\nX:  y \r\nVia: 1.0 b\r\n\r\n",
          "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");

  private static final List<String> SPLINTERS =
      List.of(
          "\r",
          "\n",
          "\r\n",
          "\0",
          " ",
          "\t",
          ":",
          ",",
          ";",
          "\"",
          "\u000b",
          "\f",
          "\u007f",
          "\u0085",
          "\u00a0",
          "\u00ff",
          "0",
          "1",
          "+",
          "-",
          "x",
          "chunked",
          "close",
          "Host: b\r\n",
          " \r\n",
          "Content-Length: 6\r\n",
          "Transfer-Encoding: chunked\r\n",
          "\r\n\r\n",
          "HTTP/1.1",
          "/",
          "#");

  private final Random random = new Random(20261121);

  @Test
  void refusesWhatTheOracleRefuses() {
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      String text = damaged();
      var head = new RequestHead();
      Parsed parsed = Heads.parse(Heads.PARSER, text, head);
      if (parsed == Parsed.REFUSED) {
        refused++;
      } else if (parsed == Parsed.DONE) {
        HttpRequest request = oracle(text.substring(0, head.length()));
        assertTrue(request != null && request.decoderResult().isSuccess(), () -> shown(text));
      }
    }
    // The damage is neither too small to find anything nor too large to pass.
    assertTrue(refused > ROUNDS / 4 && refused < ROUNDS * 9 / 10, "refused: " + refused);
  }

  @Test
  void writesOneRequestThatTheOracleReadsAlike() {
    byte[] forwarding = "Via: 1.1 rsp\r\nX-Forwarded-Host: ".getBytes(StandardCharsets.US_ASCII);
    var writer = new HeadWriter();
    var head = new RequestHead();
    for (int round = 0; round < ROUNDS; round++) {
      String text = damaged();
      if (Heads.parse(Heads.PARSER, text, head) != Parsed.DONE || head.hostLength() == 0) {
        continue;
      }
      writer.request(head, forwarding, false);
      String written = Heads.text(writer);
      HttpRequest request = oracle(written);
      assertTrue(request != null && request.decoderResult().isSuccess(), () -> shown(text));
      HttpHeaders fields = request.headers();
      assertEquals(1, fields.getAll("Host").size(), () -> shown(text));
      assertEquals(head.host(), HostName.canonicalise(String.valueOf(fields.get("Host"))));
      assertEquals(head.chunked(), fields.contains("Transfer-Encoding", "chunked", true));
      assertEquals(head.contentLength() >= 0, fields.contains("Content-Length"));
      assertEquals(head.upgrade(), fields.contains("Connection"));
      assertTrue(!head.chunked() || head.contentLength() < 0, () -> shown(text));
      assertEquals(head.methodText(), request.method().name());
      assertEquals("HTTP/1.1", request.protocolVersion().text());
      // What we write we would take.
      assertEquals(Parsed.DONE, Heads.parse(Heads.PARSER, written, new RequestHead()));
    }
  }

  private String damaged() {
    var text = new StringBuilder(SEEDS.get(random.nextInt(SEEDS.size())));
    for (int left = 1 + random.nextInt(2); left > 0; left--) {
      int at = random.nextInt(text.length());
      String splinter = SPLINTERS.get(random.nextInt(SPLINTERS.size()));
      switch (random.nextInt(4)) {
        case 0 -> text.insert(at, splinter);
        case 1 -> text.replace(at, at + 1, splinter);
        case 2 -> text.deleteCharAt(at);
        default -> text.insert(text.indexOf("\r\n") + 2, splinter);
      }
    }
    return text.toString();
  }

  /** What Netty's decoder takes a head for; null if it wants more. */
  private static @Nullable HttpRequest oracle(String head) {
    var channel = new EmbeddedChannel(new HttpRequestDecoder(16 << 10, 32 << 10, 8 << 10));
    channel.writeInbound(Unpooled.copiedBuffer(head, StandardCharsets.ISO_8859_1));
    List<Object> messages = new ArrayList<>();
    for (Object message = channel.readInbound(); message != null; message = channel.readInbound()) {
      messages.add(message);
    }
    channel.finishAndReleaseAll();
    messages.forEach(ReferenceCountUtil::release);
    return messages.isEmpty() ? null : (HttpRequest) messages.get(0);
  }

  private static String shown(String text) {
    return text.replace("\r", "\\r").replace("\n", "\\n").replace("\0", "\\0");
  }
}
