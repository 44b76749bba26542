// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.http.Parsed;
import dev.rsp.http.ResponseHead;
import dev.rsp.http.h1.HeadParser;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.StringJoiner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the fields of a response are in HTTP/2. */
@Timeout(10)
final class ResponseFieldsTest {
  private static final byte[] NOW =
      "Fri, 27 Nov 2026 00:00:00 GMT".getBytes(StandardCharsets.US_ASCII);

  private final ResponseFields fields = new ResponseFields();

  private String of(String lines, boolean hasLength) {
    ResponseHead head = new ResponseHead();
    byte[] bytes = (lines.replace("|", "\r\n") + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
    assertEquals(
        Parsed.DONE, new HeadParser(4096, 10, 100).response(Unpooled.wrappedBuffer(bytes), head));
    var said = new StringJoiner("|");
    fields.each(head, hasLength, NOW, (name, value) -> said.add(name + "=" + value));
    return said.toString();
  }

  @Test
  void namesAreInLowerCaseAndTheStatusIsAPseudoField() {
    assertEquals(
        ":status=200|x-name=Value|date=d", of("HTTP/1.1 200 OK|X-Name:  Value |Date: d", true));
    assertEquals(":status=200|date=d", of("HTTP/1.1 200 OK|Date: d", true));
  }

  @Test
  void fieldsOfOneHopStayBehind() {
    assertEquals(
        ":status=200|date=d",
        of(
            "HTTP/1.1 200 OK|Connection: x|X: 1|Keep-Alive: 5|Upgrade: h2c|Proxy-Connection: x"
                + "|Transfer-Encoding: chunked|Date: d",
            true));
  }

  @Test
  void theLengthIsThatOfTheHeadIfItIsKept() {
    String lines = "HTTP/1.1 200 OK|Content-Length: 005|Date: d";
    assertEquals(":status=200|date=d|content-length=5", of(lines, true));
    assertEquals(":status=200|date=d", of(lines, false));
    assertEquals(":status=205|date=d|content-length=0", of("HTTP/1.1 205 Reset|Date: d", false));
  }

  @Test
  void aChangeOfTheProtocolBecomesATunnel() {
    assertEquals(
        ":status=200|sec-websocket-protocol=chat|date=d",
        of(
            "HTTP/1.1 101 S|Connection: upgrade|Upgrade: websocket|Sec-WebSocket-Accept: x"
                + "|Sec-WebSocket-Protocol: chat|Date: d",
            false));
    assertEquals(
        ":status=200|date=Fri, 27 Nov 2026 00:00:00 GMT",
        of("HTTP/1.1 101 S|Connection: upgrade|Upgrade: websocket", false));
    assertEquals(
        ":status=200|sec-websocket-accept=x|date=d",
        of("HTTP/1.1 200 OK|Sec-WebSocket-Accept: x|Date: d", false));
  }

  @Test
  void aFinalHeadWithoutADateGetsOne() {
    String date = "date=Fri, 27 Nov 2026 00:00:00 GMT";
    assertEquals(":status=200|" + date, of("HTTP/1.1 200 OK", true));
    assertEquals(":status=404|" + date, of("HTTP/1.1 404 No", true));
    assertEquals(":status=103|link=x", of("HTTP/1.1 103 Early|Link: x", true));
  }
}
