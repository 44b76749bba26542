// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.http.h1.Heads;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The copy of a request's bytes, for a request that is parsed again later, and its host. */
final class RequestHeadTest {
  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\n\r\nGET http://A:80/b?c HTTP/1.0\r\nX:y\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nX:\t\u00e4 \r\nConnection: x\r\nContent-Length: 3\r\n\r\n",
      })
  void copiesTheBytesThatTheClientSentAndNothingBehindThem(String request) {
    RequestHead head = Heads.request(request + "abc");
    ByteBuf out = Unpooled.buffer(4).writeByte('-');
    head.copyTo(out);
    assertEquals("-" + request, out.toString(StandardCharsets.ISO_8859_1));
    out.release();
  }

  @Test
  void parsesACopyToTheSameHeadAfterOtherRequests() {
    String request =
        "POST http://A/b?c HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nConnection: x-a\r\nContent-Length: 3\r\n\r\n";
    RequestHead head = Heads.request(request + "abc");
    ByteBuf out = Unpooled.buffer();
    head.copyTo(out);
    Heads.parse(Heads.PARSER, "GET / HTTP/1.0\r\n\r\n", head);
    assertEquals(Parsed.DONE, Heads.PARSER.request(out, head));
    assertEquals(request.length(), head.length());
    assertEquals("POST", head.methodText());
    assertEquals("/b", head.path());
    assertEquals("a", head.host());
    assertEquals(3, head.contentLength());
    assertEquals(FieldName.NOMINATED, head.name(1));
    out.release();
  }

  @Test
  void distinguishesAnAssumedHostFromOneOfTheClient() {
    RequestHead named = Heads.request("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
    assertTrue(named.namesHost());
    assertFalse(named.hostAssumed());
    RequestHead none = Heads.request("GET / HTTP/1.0\r\n\r\n");
    assertFalse(none.namesHost());
    assertFalse(none.hostAssumed());
    none.assumeHost("default.example".getBytes(StandardCharsets.US_ASCII));
    assertEquals("default.example", none.host());
    assertFalse(none.namesHost());
    assertTrue(none.hostAssumed());
    Heads.parse(Heads.PARSER, "GET / HTTP/1.0\r\n\r\n", none);
    assertFalse(none.hostAssumed());
  }
}
