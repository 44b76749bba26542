// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Rule;
import dev.rsp.http.HostName;
import dev.rsp.http.Parsed;
import dev.rsp.http.RequestHead;
import dev.rsp.http.ResponseHead;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Compares with another strict parser, that of Netty's HTTP codec, on heads that were damaged at
 * random: rsp refuses what Netty refuses, and Netty parses what rsp writes as one request with the
 * same fields.
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

  private static final List<String> RESPONSE_SEEDS =
      List.of(
          "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nDate: x\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A : b\r\n\r\n",
          "HTTP/1.0 404 Not Found\r\nConnection: close\r\nSet-Cookie: a=b\r\n\r\n",
          "HTTP/1.1 304 \r\nETag: \"a\"\r\nConnection: X-A\r\nX-A: b\r\n\r\n");

  private static final List<String> BODY_SEEDS =
      List.of(
          "5\r\nhello\r\n0\r\n\r\n",
          "1;a=b\r\nx\r\nA\r\n0123456789\r\n0\r\n\r\n",
          "2;q=\"a\\\"b\"\r\nxy\r\n000\r\nX-A: b\r\n\r\n");

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
      String text = damaged(SEEDS);
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
  @Rule(31)
  void writesOneRequestThatTheOracleReadsAlike() {
    byte[] forwarding = "Via: 1.1 rsp\r\nX-Forwarded-Host: ".getBytes(StandardCharsets.US_ASCII);
    var writer = new HeadWriter();
    var head = new RequestHead();
    for (int round = 0; round < ROUNDS; round++) {
      String text = damaged(SEEDS);
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

  @Test
  @Rule({31, 69, 73})
  void refusesResponsesThatTheOracleRefusesAndWritesWhatItReadsAlike() {
    byte[] date = "Sat, 21 Nov 2026 00:00:00 GMT".getBytes(StandardCharsets.US_ASCII);
    var writer = new HeadWriter();
    var head = new ResponseHead();
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      String text = damaged(RESPONSE_SEEDS);
      Parsed parsed = Heads.parse(Heads.PARSER, text, head);
      if (parsed == Parsed.REFUSED) {
        refused++;
      } else if (parsed == Parsed.DONE) {
        boolean sized = head.contentLength() >= 0;
        writer.response(head, HeadWriter.Persistence.KEEP, sized, head.chunked(), date);
        HttpResponse response = responseOracle(Heads.text(writer));
        assertTrue(response != null && response.decoderResult().isSuccess(), () -> shown(text));
        assertEquals(head.status(), response.status().code());
        assertEquals(sized ? 1 : 0, response.headers().getAll("Content-Length").size());
        // Both parsers see the same lines: nothing is hidden from one of them. It refuses chunks of
        // HTTP/1.0 and two lines that name the coding; rsp reads these, and ends the connection. It
        // refuses control octets, too, over which rsp writes blanks.
        String raw =
            text.substring(0, head.length())
                .replaceAll("[\\x01-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]", " ");
        HttpResponse read = responseOracle(raw);
        assertNotNull(read, () -> shown(text));
        assertTrue(
            read.decoderResult().isSuccess()
                || (head.chunked() && (codingLines(raw) == 2 || raw.contains("HTTP/1.0 "))),
            () -> shown(text));
      }
    }
    assertTrue(refused > ROUNDS / 4 && refused < ROUNDS * 9 / 10, "refused: " + refused);
  }

  @Test
  @Rule({31, 53, 54, 55, 57})
  void findsTheSameContentInChunksAsTheOracle() {
    int done = 0;
    int malformed = 0;
    for (int round = 0; round < ROUNDS; round++) {
      String text = damaged(BODY_SEEDS);
      var framing = new BodyFraming();
      framing.startChunked(true);
      ByteBuf in = Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
      BodyFraming.Progress progress = framing.accept(in);
      if (progress == BodyFraming.Progress.MALFORMED) {
        malformed++;
      } else if (progress == BodyFraming.Progress.DONE) {
        done++;
        String whole = text.substring(0, framing.consumedEnd());
        String passed = in.toString(0, framing.forwardEnd(), StandardCharsets.ISO_8859_1);
        // It is stricter about the grammar of extensions, which are not passed on.
        String content = contentOracle(passed);
        assertNotNull(content, () -> shown(text));
        assertTrue(whole.contains(";") || content.equals(contentOracle(whole)), () -> shown(text));
      }
      in.release();
    }
    assertTrue(done > ROUNDS / 20 && malformed > ROUNDS / 4, done + " done, " + malformed);
  }

  private static long codingLines(String head) {
    return head.lines()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("transfer-encoding"))
        .count();
  }

  private String damaged(List<String> seeds) {
    var text = new StringBuilder(seeds.get(random.nextInt(seeds.size())));
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

  private static @Nullable HttpResponse responseOracle(String head) {
    var channel = new EmbeddedChannel(new HttpResponseDecoder(16 << 10, 32 << 10, 8 << 10));
    channel.writeInbound(Unpooled.copiedBuffer(head, StandardCharsets.ISO_8859_1));
    HttpResponse first = channel.readInbound();
    channel.finishAndReleaseAll();
    return first;
  }

  /** The content of a chunked body as Netty's decoder reads it; null if it is none to it. */
  private static @Nullable String contentOracle(String body) {
    var channel = new EmbeddedChannel(new HttpRequestDecoder(16 << 10, 32 << 10, 8 << 10));
    String head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    channel.writeInbound(Unpooled.copiedBuffer(head + body, StandardCharsets.ISO_8859_1));
    var content = new StringBuilder();
    boolean ended = false;
    boolean good = true;
    for (Object part = channel.readInbound(); part != null; part = channel.readInbound()) {
      good &= part instanceof HttpObject object && object.decoderResult().isSuccess();
      if (part instanceof HttpContent chunk) {
        content.append(chunk.content().toString(StandardCharsets.ISO_8859_1));
        ended |= part instanceof LastHttpContent;
      }
      ReferenceCountUtil.release(part);
    }
    channel.finishAndReleaseAll();
    return good && ended ? content.toString() : null;
  }

  private static String shown(String text) {
    return text.replace("\r", "\\r").replace("\n", "\\n").replace("\0", "\\0");
  }
}
