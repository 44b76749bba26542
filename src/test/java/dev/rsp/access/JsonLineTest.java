// SPDX-License-Identifier: Apache-2.0
package dev.rsp.access;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.http.Client;
import dev.rsp.http.ClientTls;
import dev.rsp.http.RequestHead;
import dev.rsp.http.WireOptions;
import dev.rsp.http.h1.HeadParser;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class JsonLineTest {
  private static final Pattern KEY = Pattern.compile("[{,]\"([a-z_]+)\":");

  private static List<String> keys(Entry entry) {
    var out = new LineBuffer();
    JsonLine.put(entry, out, Format.newTimeText());
    String line = StandardCharsets.US_ASCII.decode(out.content()).toString();
    return KEY.matcher(line).results().map(found -> found.group(1)).toList();
  }

  private static RequestHead head() {
    var head = new RequestHead();
    String text =
        "GET / HTTP/1.1\r\nHost: a.example\r\nReferer: http://b/\r\nUser-Agent: c\r\n\r\n";
    new HeadParser(8192, 100, 4096, WireOptions.DEFAULTS)
        .request(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII), head);
    return head;
  }

  private static Entry entry() {
    var entry = new Entry(Format.of(Format.JSON).requestFields());
    entry.begin(1);
    return entry;
  }

  @Test
  void hasEachFieldOfPatternsInTheirOrderButTheLocalTimeAndThePath() {
    Entry entry = entry();
    entry.headCame(head());
    entry.routed("hash", 1);
    entry.queued();
    entry.connecting();
    entry.connected();
    entry.sent("live1", "192.0.2.1:80", "http");
    entry.answered(502);
    entry.refused(502, "a reason");
    entry.ended("served", overTls(), "an-id", 1);
    List<String> expected = new ArrayList<>();
    for (Field field : Field.values()) {
      if (field != Field.TIME_LOCAL && field != Field.PATH) {
        expected.add(field.label());
      }
    }
    expected.addAll(List.of("referer", "user_agent"));
    assertEquals(expected, keys(entry));
  }

  private static Client overTls() {
    return new Client() {
      @Override
      public String sender() {
        return "10.0.0.1";
      }

      @Override
      public String text() {
        return "192.0.2.9";
      }

      @Override
      public ClientTls tls() {
        return new ClientTls("TLSv1.3", "TLS_AES_128_GCM_SHA256", null, null, null);
      }
    };
  }

  @Test
  void leavesOutWhatIsNotKnown() {
    Entry entry = entry();
    entry.ended("client_gone_in_head", () -> "192.0.2.9", null, 0);
    assertEquals(
        List.of(
            "time",
            "client",
            "scheme",
            "ending",
            "generation",
            "request_bytes",
            "response_bytes",
            "body_bytes",
            "total_ms"),
        keys(entry));
  }
}
