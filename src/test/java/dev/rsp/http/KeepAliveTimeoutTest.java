// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.http.h1.HeadParser;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** For how long a response says that its connection stays open. */
@Timeout(20)
final class KeepAliveTimeoutTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Keep-Alive: timeout=5 | 5",
        "keep-alive: TIMEOUT=15, max=100 | 15",
        "Keep-Alive: max=100,\ttimeout=0 | 0",
        "Keep-Alive: max=100, , timeout=999999999999 | 86400",
        "Keep-Alive: max=100 | -1",
        "Keep-Alive: timeout= | -1",
        "Keep-Alive: timeout=5s | -1",
        "Keep-Alive: timeout=-5 | -1",
        "Keep-Alive: timeouts=5 | -1",
        "Keep-Alive: | -1",
        "X: timeout=5 | -1",
      })
  void isReadFromItsField(String field, int expected) {
    var head = new ResponseHead();
    var parser = new HeadParser(32768, 100, 8192, WireOptions.DEFAULTS);
    String text = "HTTP/1.1 200 OK\r\n" + field + "\r\n\r\n";
    assertEquals(
        Parsed.DONE,
        parser.response(Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.US_ASCII)), head));
    assertEquals(expected, head.keepAliveSeconds());
  }
}
