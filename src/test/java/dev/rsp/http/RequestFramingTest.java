// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import static dev.rsp.http.h1.Heads.with;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Rule;
import dev.rsp.http.h1.Heads;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How requests say where their body ends, and that they say it once: rules 43 to 48. */
final class RequestFramingTest {
  @ParameterizedTest(name = "Content-Length \"{0}\" is {1}")
  @CsvSource({"0, 0", "5, 5", "005, 5", "123456789012345678, 123456789012345678"})
  @Rule({47, 48})
  void lengths(String field, long length) {
    assertEquals(length, Heads.request(with("Content-Length: " + field)).contentLength());
    assertEquals(length > 0, Heads.request(with("Content-Length: " + field)).hasBody());
  }

  @ParameterizedTest(name = "Content-Length \"{0}\" is refused") // rule 47
  @ValueSource(
      strings = {
        "",
        "+5",
        "-5",
        "0x5",
        "5 5",
        "5,6",
        "5, 5",
        "5;",
        "1e3",
        "5.0",
        "\"5\"",
        "five",
        "\u00b2",
        "9223372036854775808",
        "18446744073709551621",
        "000000000000000000005",
        "123456789012345678901234567890"
      })
  @Rule(47)
  void noLengths(String field) {
    Refusal refusal = new Refusal(400, "invalid Content-Length");
    assertEquals(refusal, Heads.refusedRequest(with("Content-Length: " + field)));
  }

  @Test
  @Rule(47)
  void takesOneLength() {
    Refusal refusal = new Refusal(400, "more than one Content-Length field");
    assertEquals(
        refusal, Heads.refusedRequest(with("Content-Length: 5\r\nX: y\r\ncontent-length: 5")));
    assertEquals(refusal, Heads.refusedRequest(with("Content-Length: 5\r\nContent-Length: 6")));
  }

  @ParameterizedTest(name = "Transfer-Encoding \"{0}\"")
  @ValueSource(strings = {"chunked", "Chunked", "CHUNKED", " \tchunked\t "})
  @Rule(44)
  void codings(String field) {
    assertTrue(Heads.request(with("Transfer-Encoding:" + field)).chunked());
    assertTrue(Heads.request(with("Transfer-Encoding:" + field)).hasBody());
  }

  @ParameterizedTest(name = "Transfer-Encoding \"{0}\" is refused") // rules 44 and 45
  @ValueSource(
      strings = {
        "",
        "gzip",
        "identity",
        "chunked, gzip",
        "chunked;q=1",
        "\"chunked\"",
        ",chunked",
        " ,chunked",
        "chunked,",
        ", chunked",
        "chunked chunked",
        "chunked, chunked",
        "chunked,chunked",
        "xchunked",
        "x-chunked",
        "chunke",
        "chunkedd",
        "chunked\u00a0",
        "\u00a0chunked",
        "gzip, chunked, chunked",
        "gzip chunked",
        "gzip\tchunked",
        "gzip;, chunked",
        "gzip;q, chunked",
        "gzip;q=, chunked",
        "gzip;=1, chunked",
        "gzip;q=1 x, chunked",
        "gzip;q=1",
        "gzip;q",
        "gzip;q=",
        "gzip;",
        "gzip,",
        "gzip,, chunked",
        "gzip, chunked;q=1",
        "gzip, chunked x",
        "gzip/1, chunked"
      })
  @Rule({44, 45})
  void noCodings(String field) {
    Refusal refusal = new Refusal(400, "invalid Transfer-Encoding");
    assertEquals(refusal, Heads.refusedRequest(with("Transfer-Encoding: " + field)));
  }

  @ParameterizedTest(name = "Transfer-Encoding \"{0}\" is not known")
  @ValueSource(
      strings = {
        "gzip, chunked",
        "gzip,chunked",
        "deflate;q=1, Chunked",
        "gzip,\tchunked",
        "gzip\t , \t chunked",
        "a;b=c ; d=e, f, chunked"
      })
  @Rule(45)
  void unknownCodings(String field) {
    Refusal refusal = new Refusal(501, "unknown transfer coding");
    assertEquals(refusal, Heads.refusedRequest(with("Transfer-Encoding: " + field)));
  }

  @Test
  @Rule({43, 45, 46})
  void takesOneFramingOnly() {
    assertEquals(
        new Refusal(400, "more than one Transfer-Encoding field"),
        Heads.refusedRequest(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked")));
    Refusal both = new Refusal(400, "both Content-Length and Transfer-Encoding"); // rule 43
    assertEquals(
        both, Heads.refusedRequest(with("Transfer-Encoding: chunked\r\nContent-Length: 5")));
    assertEquals(
        both, Heads.refusedRequest(with("Content-Length: 0\r\nTransfer-Encoding: chunked")));
    assertEquals(
        both,
        Heads.refusedRequest(
            "POST / HTTP/1.1\r\nContent-Length: 5\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
    assertEquals(
        new Refusal(400, "Transfer-Encoding in HTTP/1.0"), // rule 46
        Heads.refusedRequest("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"));
  }
}
